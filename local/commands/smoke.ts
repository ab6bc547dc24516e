import { randomBytes } from 'node:crypto';
import { buyOnce } from '../../lambdas/synthetic/buy-once.ts';
import { runCommand } from '../cli.ts';
import { CommandError } from '../instance.ts';

/** The mailbox simulator of SES. Its mails are delivered to no person and do not count as bounces or complaints. */
const EMAIL = (tag: string) => `success+smoke-${tag}@simulator.amazonses.com`;
const TIMEOUT_MS = 15_000;
const WAKE_TIMEOUT_MS = 60_000;

interface Check {
  what: string;
  run(origin: string): Promise<void>;
}

const get = (url: string, init: RequestInit = {}) =>
  fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });

function expect(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)}, expected ${String(wanted)}`);
}

/** What a deployment must do, checked from outside, hop by hop (docs/path.md). */
export const CHECKS: Check[] = [
  {
    what: 'hops 1, 2: the storefront, with its security headers',
    run: async (origin) => {
      const response = await get(origin);
      expect(response.status, 200, 'GET /');
      expect(response.headers.get('x-content-type-options'), 'nosniff', 'x-content-type-options');
      if (!response.headers.get('content-security-policy')) throw new Error('GET /: no content-security-policy');
    },
  },
  {
    what: 'hop 2: plain HTTP is redirected to HTTPS',
    run: async (origin) => {
      if (!origin.startsWith('https:')) return;
      const response = await get(origin.replace('https:', 'http:'));
      expect(response.status, 301, 'GET / over HTTP');
    },
  },
  {
    what: 'hops 3, 4, 5: load balancer, private API and a function',
    run: async (origin) => {
      const response = await get(`${origin}/api/.well-known/jwks.json`);
      expect(response.status, 200, 'GET /api/.well-known/jwks.json');
    },
  },
  {
    what: 'hop 4: an unknown path and a missing token get a problem document',
    run: async (origin) => {
      for (const [path, status, code] of [
        ['/nowhere', 404, 'NOT_FOUND'],
        ['/orders', 401, 'UNAUTHENTICATED'],
      ] as const) {
        const response = await get(`${origin}/api${path}`);
        expect(response.status, status, `GET /api${path}`);
        expect(((await response.json()) as { code: string }).code, code, `GET /api${path}`);
      }
    },
  },
  {
    what: 'hops 7, 9, 10: every dependency responds',
    run: async (origin) => {
      // The first request wakes a sleeping database. The status is `ok` only when it is awake.
      const deadline = Date.now() + WAKE_TIMEOUT_MS;
      let status: string;
      do {
        const response = await get(`${origin}/api/health`);
        status = ((await response.json()) as { status: string }).status;
      } while (status !== 'ok' && Date.now() < deadline);
      expect(status, 'ok', 'GET /api/health');
    },
  },
  {
    what: 'hops 5 to 9: an order is placed and cancelled',
    run: async (origin) => {
      const tag = randomBytes(6).toString('hex');
      await buyOnce({ origin, email: EMAIL(tag), password: randomBytes(18).toString('base64url') });
    },
  },
];

/** Runs all checks and prints one line for each. @returns the number of failed checks */
export async function smoke(origin: string, print: (line: string) => void = console.log): Promise<number> {
  let failed = 0;
  for (const { what, run } of CHECKS) {
    const error = await run(origin).then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (error) failed++;
    print(error ? `✖ ${what}: ${error.message}` : `✔ ${what}`);
  }
  return failed;
}

async function smokeCommand(given: string | undefined): Promise<void> {
  if (!given || !URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new CommandError(
      `"${given ?? ''}" is not the URL of a shop. Give one like https://shop.example.com: npm run smoke -- <address>`,
    );
  const failed = await smoke(new URL(given).origin);
  console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand(() => smokeCommand(process.argv[2]));
