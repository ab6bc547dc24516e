import { createPublicKey } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { derToRaw, type TokenSigner } from './access-token.ts';

/** The longest that a request waits for KMS. */
const KMS_TIMEOUT_MS = 2_000;

export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  kid: string;
  alg: 'ES256';
  use: 'sig';
}

let client: Promise<KMSClient> | undefined;
/** Loading the SDK takes about 60 ms, so the first request that signs loads it, not the import. */
function kms(): Promise<KMSClient> {
  client ??= import('@aws-sdk/client-kms').then(({ KMSClient }) => new KMSClient({ maxAttempts: 2 }));
  return client;
}

/** Signs with a P-256 key in KMS. */
export function createKmsSigner(keyId: string): TokenSigner {
  return {
    keyId: shortKeyId(keyId),
    sign: async (message) => {
      const { SignCommand } = await import('@aws-sdk/client-kms');
      const request = {
        KeyId: keyId,
        Message: message,
        MessageType: 'RAW',
        SigningAlgorithm: 'ECDSA_SHA_256',
      } as const;
      const { Signature } = await (await kms()).send(new SignCommand(request), timeout());
      if (!Signature) throw new Error('KMS returned no signature.');
      return derToRaw(Signature);
    },
  };
}

/** Fetches the public keys once and caches them: a KMS key's public key never changes. */
export function createKeySet(keyIds: string[]): () => Promise<{ keys: PublicJwk[] }> {
  let keys: Promise<{ keys: PublicJwk[] }> | undefined;
  return () => {
    keys ??= Promise.all(keyIds.map(publicJwk))
      .then((all) => ({ keys: all }))
      .catch((error) => {
        keys = undefined;
        throw error;
      });
    return keys;
  };
}

async function publicJwk(keyId: string): Promise<PublicJwk> {
  const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
  const { PublicKey } = await (await kms()).send(new GetPublicKeyCommand({ KeyId: keyId }), timeout());
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
  const { x, y } = key.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x as string, y: y as string, kid: shortKeyId(keyId), alg: 'ES256', use: 'sig' };
}

/** The key's id, without the account and region in its ARN. */
const shortKeyId = (keyId: string) => keyId.split('/').at(-1) as string;
const timeout = () => ({ abortSignal: AbortSignal.timeout(KMS_TIMEOUT_MS) });
