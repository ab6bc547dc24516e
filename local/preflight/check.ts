import { withinMs } from '../../lambdas/shared/within.ts';
import type { AwsPlan, Stage } from '../../lib/stage.ts';
import type { Clients } from './clients.ts';

/** A stage that is deployed to AWS. */
export type AwsStage = Stage & { readonly aws: AwsPlan };

/** One thing that makes a deployment fail. */
export interface Check {
  readonly what: string;
  /** The IAM actions that the check calls. */
  readonly actions: readonly string[];
  /**
   * @returns what was found, for the line of a passed check
   * @throws PreflightError if a deployment would fail; any other error means that the check could not be done
   */
  readonly run: (clients: Clients, stage: AwsStage) => Promise<string>;
}

/** What is wrong, the value found, what is needed and what to do, in one line. */
export class PreflightError extends Error {}

const TIMEOUT_MS = 30_000;

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly print?: (line: string) => void;
}

/** Runs all checks at the same time and prints one line for each, in their order. @returns the number of failed checks */
export async function runChecks(
  checks: readonly Check[],
  clients: Clients,
  stage: AwsStage,
  { timeoutMs = TIMEOUT_MS, print = console.log }: RunOptions = {},
): Promise<number> {
  let failed = 0;
  for (const line of checks.map((check) => lineOf(check, clients, stage, timeoutMs))) {
    const { passed, text } = await line;
    if (!passed) failed++;
    print(text);
  }
  return failed;
}

async function lineOf(check: Check, clients: Clients, stage: AwsStage, timeoutMs: number) {
  try {
    const found = await withinMs(timeoutMs, check.run(clients, stage), tooLate(timeoutMs));
    return { passed: true, text: oneLine(`✔ ${check.what}: ${found}`) };
  } catch (error) {
    return { passed: false, text: oneLine(`✖ ${check.what}: ${reasonOf(error as Error, check)}`) };
  }
}

const tooLate = (timeoutMs: number) =>
  new PreflightError(`no response within ${timeoutMs / 1000} s. Check the network connection and try again`);

/** Names of the errors with which the services of AWS deny a call. EC2 has its own. */
const DENIED = /^(AccessDenied\w*|UnauthorizedOperation|AuthorizationError\w*)$/;
/** The names for missing, expired and invalid credentials. They differ by service. */
const NO_CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|Expired\w+|InvalidClientTokenId|AuthFailure|UnrecognizedClientException|InvalidSignatureException|SignatureDoesNotMatch)$/;

function reasonOf(error: Error, { actions }: Check): string {
  if (error instanceof PreflightError) return error.message;
  if (lacksCredentials(error)) return `not checked without valid credentials (${error.name})`;
  const reason = DENIED.test(error.name) ? 'was denied' : 'failed';
  return (
    `not checked, because a call ${reason} (${error.name}: ${error.message}). ` +
    `Allow ${actions.join(', ')}, or check it by hand`
  );
}

export const lacksCredentials = ({ name }: Error): boolean => NO_CREDENTIALS.test(name);

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
