import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ClientSettings } from '../../local/preflight/clients.ts';

/**
 * A response of AWS, with the shape of its API reference. A string is XML, and an object is JSON. `undefined` is no
 * response at all.
 */
export type Recorded = { status?: number; body: string | object } | undefined;
/** By operation, such as `DescribeStacks` or `GET /v2/email/account`. A function gets the request's parameters. */
export type Recordings = Record<string, Recorded | ((parameters: URLSearchParams) => Recorded)>;

export interface RecordedAws {
  url: string;
  settings: ClientSettings;
  close(): void;
}

/** Serves recorded responses, as the endpoint of SDK clients. An operation without a recording gets an error. */
export async function recordedAws(recordings: Recordings): Promise<RecordedAws> {
  const server = createServer(async (request, response) => {
    const parameters = new URLSearchParams(await text(request));
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    const address = new URL(request.url ?? '/', 'http://127.0.0.1');
    const operation = parameters.get('Action') ?? target ?? `${request.method} ${address.pathname.replace(/\/$/, '')}`;
    const recording = operation in recordings ? recordings[operation] : denied(`no recording of ${operation}`);
    const recorded = typeof recording === 'function' ? recording(parameters) : recording;
    if (!recorded) return;
    const { status = 200, body } = recorded;
    const isXml = typeof body === 'string';
    response.writeHead(status, { 'content-type': isXml ? 'text/xml' : 'application/json' });
    response.end(isXml ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'recorded', secretAccessKey: 'recorded' };
  return {
    url,
    settings: { endpoint: url, credentials },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The error of the query protocol. */
export const queryError = (code: string, message: string, status = 400): Recorded => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
const denied = (message: string) => queryError('AccessDenied', message, 403);

const members = (items: string[]) => items.map((item) => `<member>${item}</member>`).join('');

export const stackResponse = (name: string, status: string, isProtected = false): Recorded => ({
  body: `<DescribeStacksResponse><DescribeStacksResult><Stacks>${members([
    `<StackName>${name}</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-03-02T09:30:00Z</CreationTime>` +
      `<EnableTerminationProtection>${isProtected}</EnableTerminationProtection>`,
  ])}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
});
export const noStack = (name: string) => queryError('ValidationError', `Stack with id ${name} does not exist`);

export const engineVersions = (versions: [version: string, status: string][]): Recorded => ({
  body: `<DescribeDBEngineVersionsResponse><DescribeDBEngineVersionsResult><DBEngineVersions>${versions
    .map(
      ([version, status]) =>
        `<DBEngineVersion><Engine>aurora-postgresql</Engine><EngineVersion>${version}</EngineVersion><Status>${status}</Status></DBEngineVersion>`,
    )
    .join('')}</DBEngineVersions></DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>`,
});

export const cacheVersions = (versions: string[]): Recorded => ({
  body: `<DescribeCacheEngineVersionsResponse><DescribeCacheEngineVersionsResult><CacheEngineVersions>${versions
    .map(
      (version) =>
        `<CacheEngineVersion><Engine>valkey</Engine><EngineVersion>${version}</EngineVersion></CacheEngineVersion>`,
    )
    .join('')}</CacheEngineVersions></DescribeCacheEngineVersionsResult></DescribeCacheEngineVersionsResponse>`,
});

const items = (values: string[]) => values.map((value) => `<item>${value}</item>`).join('');

export const zonesResponse = (zones: [name: string, id: string, state?: string][]): Recorded => ({
  body: `<DescribeAvailabilityZonesResponse><requestId>r</requestId><availabilityZoneInfo>${items(
    zones.map(
      ([name, id, state = 'available']) =>
        `<zoneName>${name}</zoneName><zoneId>${id}</zoneId><zoneState>${state}</zoneState><optInStatus>opt-in-not-required</optInStatus>`,
    ),
  )}</availabilityZoneInfo></DescribeAvailabilityZonesResponse>`,
});

/** The endpoint services of a region, each with the letters of its zones. */
export const endpointServices = (region: string, services: Record<string, string>): Recorded => ({
  body: `<DescribeVpcEndpointServicesResponse><requestId>r</requestId><serviceNameSet/><serviceDetailSet>${items(
    Object.entries(services).map(
      ([name, letters]) =>
        `<serviceName>com.amazonaws.${region}.${name}</serviceName><serviceType>${items(['<serviceType>Interface</serviceType>'])}</serviceType>` +
        `<availabilityZoneSet>${items([...letters].map((letter) => region + letter))}</availabilityZoneSet>`,
    ),
  )}</serviceDetailSet></DescribeVpcEndpointServicesResponse>`,
});
/** What eu-central-1 offers, of the services that a stage calls. */
export const ALL_ENDPOINTS = {
  sqs: 'abc',
  kms: 'abc',
  email: 'abc',
  secretsmanager: 'abc',
  xray: 'abc',
  'execute-api': 'abc',
};

/** An account's quota, and what a stage's functions have reserved of it. */
export function lambdaQuota(quota: number, unreserved: number, reserved: Record<string, number> = {}): Recordings {
  const AccountLimit = { ConcurrentExecutions: quota, UnreservedConcurrentExecutions: unreserved };
  return {
    'GET /2016-08-19/account-settings': { body: { AccountLimit, AccountUsage: { FunctionCount: 0 } } },
    ...Object.fromEntries(
      Object.entries(reserved).map(([name, ReservedConcurrentExecutions]) => [
        `GET /2019-09-30/functions/${name}/concurrency`,
        { body: { ReservedConcurrentExecutions } },
      ]),
    ),
  };
}
