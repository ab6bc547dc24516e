import {
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  NoSuchHostedZone,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { mailFromDomain } from '../../lambdas/workers/email/email.construct.ts';
import { CERTIFICATE_AUTHORITY } from '../../lib/edge/dns.ts';
import { type AwsStage, type Check, PreflightError } from './check.ts';
import type { Clients } from './clients.ts';
import { isDeployed } from './stacks.ts';

/** Route 53 returns names with a dot at the end. */
const withoutDot = (name = '') => name.replace(/\.$/, '');

/** @throws PreflightError if the zone does not exist */
async function inZone<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NoSuchHostedZone)) throw error;
    throw new PreflightError(
      `${id} does not exist in this account. Set hostedZoneId to one that aws route53 list-hosted-zones prints`,
    );
  }
}

const zoneOf = async (route53: Route53Client, Id: string) => {
  const { HostedZone } = await inZone(Id, () => route53.send(new GetHostedZoneCommand({ Id })));
  return { name: withoutDot(HostedZone?.Name), isPrivate: HostedZone?.Config?.PrivateZone === true };
};

export const hostedZone: Check = {
  what: 'hosted zone',
  actions: ['route53:GetHostedZone'],
  run: async ({ route53 }, { aws: { domain, hostedZoneId } }) => {
    const { name, isPrivate } = await zoneOf(route53, hostedZoneId);
    if (isPrivate)
      throw new PreflightError(
        `${hostedZoneId} (${name}) is private, and a public zone is needed. Set hostedZoneId to the public zone`,
      );
    if (domain !== name && !domain.endsWith(`.${name}`))
      throw new PreflightError(
        `${hostedZoneId} is of ${name}, and the domain is ${domain}. Set hostedZoneId to the zone of ${domain} or of its parent`,
      );
    return `${hostedZoneId} (${name})`;
  },
};

/** The records of one name. */
async function recordsAt(route53: Route53Client, HostedZoneId: string, name: string): Promise<ResourceRecordSet[]> {
  const command = new ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: name });
  const { ResourceRecordSets = [] } = await inZone(HostedZoneId, () => route53.send(command));
  return ResourceRecordSets.filter(({ Name }) => withoutDot(Name) === name);
}

/** What the edge stack creates at the shop's name. */
const OUR_CAA = `0 issue "${CERTIFICATE_AUTHORITY}"`;
/** https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html */
const AMAZON = ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com'];
const ISSUE = /^\d+\s+issue\s+"\s*([^;"\s]*)/i;

const valuesOf = (record: ResourceRecordSet) => (record.ResourceRecords ?? []).map(({ Value = '' }) => Value);
const caaOf = (records: ResourceRecordSet[]) => records.find(({ Type }) => Type === 'CAA');

/** A record without `issue` restricts no authority. */
function allowsAmazon(values: string[]): boolean {
  const authorities = values.flatMap((value) => ISSUE.exec(value)?.[1]?.toLowerCase() ?? []);
  return !values.some((value) => ISSUE.test(value)) || authorities.some((each) => AMAZON.includes(each));
}

/** The names whose CAA record an authority reads for the stage's certificates: the nearest that has one decides. */
function namesAbove(name: string, zone: string): string[] {
  if (name === zone || !name.includes('.')) return [name];
  return [name, ...namesAbove(name.slice(name.indexOf('.') + 1), zone)];
}

export const caa: Check = {
  what: 'CAA record',
  actions: ['route53:GetHostedZone', 'route53:ListResourceRecordSets', 'cloudformation:DescribeStacks'],
  run: async (clients, stage) => {
    const { domain, hostedZoneId } = stage.aws;
    const origin = new URL(stage.internalOrigin).hostname;
    const { name: zone } = await zoneOf(clients.route53, hostedZoneId);
    const names = namesAbove(origin, zone);
    const found = await Promise.all(
      names.map(async (name) => ({ name, record: caaOf(await recordsAt(clients.route53, hostedZoneId, name)) })),
    );
    const nearest = found.find(({ record }) => record);
    if (nearest?.record && nearest.name !== domain) assertAllowsAmazon(nearest.name, valuesOf(nearest.record));
    const atDomain = found.find(({ name }) => name === domain)?.record;
    if (!atDomain) return `none at ${domain}. The edge stack creates one`;
    return assertOwn(clients, stage, valuesOf(atDomain));
  },
};

function assertAllowsAmazon(name: string, values: string[]): void {
  if (allowsAmazon(values)) return;
  throw new PreflightError(
    `${name} has ${values.join(', ')}, which keeps ${CERTIFICATE_AUTHORITY} from issuing the stage's certificates. ` +
      `Add the value ${OUR_CAA} to the record`,
  );
}

/** The edge stack cannot create a record that exists. */
async function assertOwn(clients: Clients, stage: AwsStage, values: string[]): Promise<string> {
  const { domain } = stage.aws;
  const isOwn = values.length === 1 && values[0] === OUR_CAA && (await isDeployed(clients, stage, 'edge'));
  if (isOwn) return `${OUR_CAA} at ${domain}, from an earlier deployment of the stage`;
  throw new PreflightError(
    `${domain} has ${values.join(', ')}, which the edge stack did not create. It creates ${OUR_CAA} and fails if ` +
      'the record exists. Delete the record',
  );
}

/** Other records that the stacks create, and the types that cannot exist before them. DKIM's names are the identity's own. */
export const recordsOf = (stage: AwsStage) => [
  { stack: 'edge' as const, name: stage.aws.domain, types: ['A', 'AAAA', 'CNAME'] },
  { stack: 'gateway' as const, name: new URL(stage.internalOrigin).hostname, types: ['A', 'CNAME'] },
  { stack: 'state' as const, name: mailFromDomain(stage), types: ['MX', 'TXT', 'CNAME'] },
];

export const records: Check = {
  what: 'DNS records',
  actions: ['route53:ListResourceRecordSets', 'cloudformation:DescribeStacks'],
  run: async (clients, stage) => {
    const wanted = recordsOf(stage);
    const found = await Promise.all(
      wanted.map(async ({ stack, name, types }) => ({
        stack,
        name,
        types: (await recordsAt(clients.route53, stage.aws.hostedZoneId, name))
          .map(({ Type = '' }) => Type)
          .filter((type) => types.includes(type)),
        deployed: await isDeployed(clients, stage, stack),
      })),
    );
    const colliding = found.filter(({ types, deployed }) => types.length > 0 && !deployed);
    if (colliding.length > 0)
      throw new PreflightError(
        `${colliding.map(({ name, types, stack }) => `${name} has ${types.join(', ')}, which the ${stack} stack did not create`).join('; ')}. ` +
          'The stack creates records there and fails if they exist. Delete them',
      );
    return `none of others at ${wanted.map(({ name }) => name).join(', ')}`;
  },
};
