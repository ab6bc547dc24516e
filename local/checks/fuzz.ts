import path from 'node:path';
import { runTool } from '../child.ts';
import { inside, ROOT } from '../instance.ts';
import type { Platform } from '../platform.ts';
import { ensurePython, FUZZ_PYTHON, pythonOf } from '../python/python.ts';

const TIMEOUT_MS = 600_000;
/** Requests per operation and phase. They are the same in each run, so that a failed run can be repeated. */
export const EXAMPLES = { quick: 4, thorough: 8 };
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
];
/** These operations end the session that the fuzzer uses. */
const EXCLUDED_OPERATIONS = ['logOut', 'endSession'];

/**
 * Calls every operation of docs/openapi.json on the running platform, as an administrator. It fails for a 5xx, an
 * undocumented status, a response outside its schema and a malformed request that is accepted.
 * @throws Error with the fuzzer's report
 */
export async function fuzz(platform: Platform, examples: number): Promise<void> {
  await ensurePython(FUZZ_PYTHON);
  const { api, admin } = platform.endpoints();
  const response = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  });
  const { accessToken } = (await response.json()) as { accessToken: string };
  const args = [
    ...['-m', 'schemathesis.cli', 'run', path.join(ROOT, 'docs', 'openapi.json'), '--url', api],
    ...['-H', `Authorization: Bearer ${accessToken}`, '--checks', CHECKS.join(','), '--max-examples', String(examples)],
    ...[
      '--generation-deterministic',
      '--no-color',
      ...EXCLUDED_OPERATIONS.flatMap((name) => ['--exclude-operation-id', name]),
    ],
  ];
  await runTool(pythonOf(FUZZ_PYTHON), args, {
    cwd: inside(platform.instance),
    timeoutMs: TIMEOUT_MS,
  });
}
