import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { generate } from 'selfsigned';
import { CommandError, type Instance, inside, ROOT, writeFileAtomically } from '../instance.ts';
import { PLATFORM_PYTHON, pythonOf } from '../python/python.ts';
import { type Processes, waitUntil } from './processes.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'eu-central-1';
const START_TIMEOUT_MS = 30_000;
/** How long an idle Lambda process is kept, so that a break of the developer causes no cold start. */
const WARM_SECONDS = 900;

/** How to reach the AWS emulator: ours, or the one that AWS_ENDPOINT_URL names. */
export interface AwsEndpoint {
  url: string;
  /** The certificate authority that signed its certificate. Undefined for plain HTTP. */
  caFile?: string;
  /** Whether we started it. */
  ours: boolean;
}

export function awsEndpoint(instance: Instance): AwsEndpoint {
  const given = process.env.AWS_ENDPOINT_URL;
  if (given && instance.name === 'local')
    return { url: given.replace(/\/$/, ''), caFile: process.env.AWS_CA_BUNDLE, ours: false };
  return {
    url: `https://127.0.0.1:${instance.ports.emulator}`,
    caFile: inside(instance, 'tls', 'cert.pem'),
    ours: true,
  };
}

/** @throws CommandError if AWS_ENDPOINT_URL is not a URL, or if no server responds there */
export async function assertAnswers({ url, caFile }: AwsEndpoint): Promise<void> {
  const setting = `AWS_ENDPOINT_URL is ${url}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CommandError(`${setting}; it must be a URL such as http://127.0.0.1:4566. Correct or unset it.`);
  await getJson(url, agentFor({ url, caFile, ours: false })).catch((error: NodeJS.ErrnoException) => {
    // Any HTTP response shows that a server runs there.
    if (error.code || /does not answer/.test(error.message))
      throw new CommandError(
        `${setting}, and no emulator responds there (${error.code ?? error.message}). ` +
          "Start it, or unset the variable to use this project's emulator.",
      );
  });
}

/** Removes shell variables that would redirect the CDK's calls: a proxy, or another URL for a single AWS service. */
export const withoutProxies = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(https?_proxy|all_proxy|AWS_ENDPOINT_URL_\w+)$/i.test(name)),
  );

/** The environment variables with which another process, such as the CDK CLI, reaches the emulator. */
export function awsEnvironment({ url, caFile }: AwsEndpoint): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'test',
    ...(caFile && { AWS_CA_BUNDLE: caFile, NODE_EXTRA_CA_CERTS: caFile }),
  };
}

/** The same for an SDK client in this process. Its trust store was read before the certificate was created. */
export async function sdkSettings(endpoint: AwsEndpoint) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  return {
    endpoint: endpoint.url,
    region: REGION,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler({ httpsAgent: agentFor(endpoint) }),
  };
}

export function agentFor({ caFile }: AwsEndpoint): https.Agent {
  return new https.Agent({ keepAlive: true, maxSockets: 256, ...(caFile && { ca: readFileSync(caFile) }) });
}

/**
 * Creates the emulator's TLS certificate. TLS is necessary because the emulator enforces conditions on
 * `aws:SecureTransport`. The certificate stays on this machine.
 */
export async function ensureCertificate(instance: Instance): Promise<void> {
  const folder = inside(instance, 'tls');
  if (existsSync(path.join(folder, 'cert.pem'))) return;
  mkdirSync(folder, { recursive: true });
  const altNames = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Throughline emulator' }], {
    keyType: 'ec',
    notAfterDate: new Date(Date.now() + 3650 * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  // The certificate is written last. If it exists, the key is complete.
  writeFileAtomically(path.join(folder, 'key.pem'), key);
  writeFileAtomically(path.join(folder, 'cert.pem'), cert);
}

/** Starts MiniStack with IAM enforced. It saves its state at a clean stop and loads it at the next start. */
export async function startEmulator(instance: Instance, endpoint: AwsEndpoint, processes: Processes): Promise<void> {
  await ensureCertificate(instance);
  const temporary = inside(instance, 'emulator', 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  // The saved state contains keys and passwords.
  mkdirSync(inside(instance, 'emulator'), { recursive: true, mode: 0o700 });
  mkdirSync(temporary, { recursive: true });
  // The emulator's Node worker is CommonJS. The package.json of this repository would make it an ES module.
  writeFileSync(inside(instance, 'emulator', 'package.json'), '{"type":"commonjs"}');
  processes.start('emulator', pythonOf(PLATFORM_PYTHON), ['-m', 'ministack'], {
    cwd: inside(instance, 'emulator'),
    env: emulatorEnvironment(instance, temporary),
  });
  const agent = agentFor(endpoint);
  const ready = async () => {
    if (!processes.isRunning('emulator'))
      throw new CommandError(
        `The emulator ended while it started; its log is ${inside(instance, 'logs', 'emulator.log')}`,
      );
    return (await getJson(`${endpoint.url}/_ministack/ready`, agent).catch(() => undefined)) !== undefined;
  };
  await waitUntil(ready, START_TIMEOUT_MS, 50).catch((error) => {
    throw error instanceof CommandError
      ? error
      : new CommandError(`The emulator does not answer; its log is ${inside(instance, 'logs', 'emulator.log')}`);
  });
}

function emulatorEnvironment(instance: Instance, temporary: string): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(AWS_|npm_|NODE_OPTIONS|MINISTACK|LOCALSTACK|PYTHON)/i.test(name),
    ),
  );
  const tls = (file: string) => inside(instance, 'tls', file);
  return {
    ...inherited,
    PATH: `${path.join(ROOT, 'node_modules', 'node', 'bin')}${path.delimiter}${process.env.PATH}`,
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    GATEWAY_PORT: String(instance.ports.emulator),
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    AUTH: 'true',
    USE_SSL: '1',
    MINISTACK_SSL_CERT: tls('cert.pem'),
    MINISTACK_SSL_KEY: tls('key.pem'),
    NODE_EXTRA_CA_CERTS: tls('cert.pem'),
    PERSIST_STATE: '1',
    STATE_DIR: inside(instance, 'emulator', 'state'),
    S3_PERSIST: '1',
    S3_DATA_DIR: inside(instance, 'emulator', 's3'),
    TMPDIR: temporary,
    LAMBDA_WARM_TTL_SECONDS: String(WARM_SECONDS),
    LAMBDA_EXECUTOR: 'local',
  };
}

export function getJson(url: string, agent: https.Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:')
      ? https.get.bind(https, url, { agent, timeout: 2_000 })
      : http.get.bind(http, url, { timeout: 2_000 });
    const request = get(async (response: http.IncomingMessage) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      if (response.statusCode !== 200) return reject(new Error(`${url} answered ${response.statusCode}`));
      try {
        resolve(JSON.parse(Buffer.concat(parts).toString('utf8')));
      } catch (error) {
        reject(error);
      }
    });
    request.once('timeout', () => request.destroy(new Error(`${url} does not answer`)));
    request.once('error', reject);
  });
}
