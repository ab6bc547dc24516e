import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import { readEnv } from './env.ts';

/** How long AWS accepts a token for a new connection. An open connection stays open. */
const TOKEN_SECONDS = 900;

export interface TokenRequest {
  service: 'rds-db' | 'elasticache';
  /** The host that the token is for. A database also needs the port. */
  host: string;
  port?: number;
  query: Record<string, string>;
}

/**
 * A password for one connection: a request signed with the function's own credentials. Signing needs no call to AWS.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html and
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
 */
async function signToken({ service, host, port, query }: TokenRequest, now: Date): Promise<string> {
  const env = readEnv({
    AWS_REGION: z.string().min(1),
    AWS_ACCESS_KEY_ID: z.string().min(1),
    AWS_SECRET_ACCESS_KEY: z.string().min(1),
    AWS_SESSION_TOKEN: z.string().optional(),
  });
  const signer = new SignatureV4({
    service,
    region: env.AWS_REGION,
    sha256: Sha256,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    },
  });
  const address = port === undefined ? host : `${host}:${port}`;
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname: host,
    port,
    path: '/',
    query,
    headers: { host: address },
  };
  const signed = await signer.presign(request, { expiresIn: TOKEN_SECONDS, signingDate: now });
  const encoded = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${address}/?${encoded.join('&')}`;
}

/** A token for one user of a database server or of RDS Proxy. */
export const databaseToken = (host: string, port: number, user: string, now = new Date()): Promise<string> =>
  signToken({ service: 'rds-db', host, port, query: { Action: 'connect', DBUser: user } }, now);

/** A token for one user of a cache. `name` is the replication group's id in lower case. */
export const cacheToken = (name: string, user: string, now = new Date()): Promise<string> =>
  signToken({ service: 'elasticache', host: name, query: { Action: 'connect', User: user } }, now);
