import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Longest that a dead Secrets Manager can hold a request. */
const TIMEOUT_MS = 2_000;
/** A secret that was changed is seen after this long. */
const KEEP_MS = 300_000;

export type ReadSecret = () => Promise<string>;

let client: Promise<SecretsManagerClient> | undefined;
/** The SDK is loaded by the first request that needs a secret, not at import. */
function secretsManager(): Promise<SecretsManagerClient> {
  client ??= import('@aws-sdk/client-secrets-manager').then(
    ({ SecretsManagerClient }) => new SecretsManagerClient({ maxAttempts: 2 }),
  );
  return client;
}

/**
 * A secret that is fetched when it is first asked for, and then kept for five minutes. While Secrets Manager does not
 * answer, the last known value serves on.
 *
 * @throws Error when it was never fetched and cannot be
 */
export function createSecretReader(secretName: string): ReadSecret {
  let kept: { value: string; untilMs: number } | undefined;
  return async () => {
    if (kept && Date.now() < kept.untilMs) return kept.value;
    try {
      kept = { value: await fetchSecret(secretName), untilMs: Date.now() + KEEP_MS };
    } catch (error) {
      if (!kept) throw error;
      kept.untilMs = Date.now() + KEEP_MS / 10;
    }
    return kept.value;
  };
}

async function fetchSecret(secretName: string): Promise<string> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const command = new GetSecretValueCommand({ SecretId: secretName });
  const { SecretString } = await (await secretsManager()).send(command, {
    abortSignal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!SecretString) throw new Error('Secrets Manager answered without a secret.');
  return SecretString;
}
