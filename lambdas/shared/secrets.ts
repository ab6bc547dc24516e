import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The longest that a request waits for Secrets Manager. */
const TIMEOUT_MS = 2_000;
/** How long a secret is cached. A changed secret takes effect after that. */
const CACHE_MS = 300_000;

export type ReadSecret = () => Promise<string>;

let client: Promise<SecretsManagerClient> | undefined;
/** The first request that needs a secret loads the SDK, not the import. */
function secretsManager(): Promise<SecretsManagerClient> {
  client ??= import('@aws-sdk/client-secrets-manager').then(
    ({ SecretsManagerClient }) => new SecretsManagerClient({ maxAttempts: 2 }),
  );
  return client;
}

/**
 * Fetches a secret on first use and caches it for five minutes. While Secrets Manager is unavailable, it returns the
 * last known value.
 *
 * @throws Error when the secret cannot be fetched and no value is cached
 */
export function createSecretReader(secretName: string): ReadSecret {
  let cached: { value: string; untilMs: number } | undefined;
  return async () => {
    if (cached && Date.now() < cached.untilMs) return cached.value;
    try {
      cached = { value: await fetchSecret(secretName), untilMs: Date.now() + CACHE_MS };
    } catch (error) {
      if (!cached) throw error;
      cached.untilMs = Date.now() + CACHE_MS / 10;
    }
    return cached.value;
  };
}

async function fetchSecret(secretName: string): Promise<string> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const command = new GetSecretValueCommand({ SecretId: secretName });
  const { SecretString } = await (await secretsManager()).send(command, {
    abortSignal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!SecretString) throw new Error('Secrets Manager returned no secret.');
  return SecretString;
}
