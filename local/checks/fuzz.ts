import path from 'node:path';
import { runChild } from '../child.ts';
import { inside, ROOT } from '../instance.ts';
import type { Platform } from '../platform.ts';
import { ensurePython, FUZZ_PYTHON, pythonOf } from '../python/python.ts';

const TIMEOUT_MS = 600_000;
/** Requests an operation and phase; the same ones each time, so that a red run can be run again. */
const EXAMPLES = 12;
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
];
/** These end the session that the fuzzer calls with. */
const NOT_INCLUDED = ['logOut', 'endSession'];

/**
 * Drives docs/openapi.json against the running platform, as an administrator: no 5xx, no undocumented status, no answer
 * outside its schema, no malformed request accepted.
 * @throws Error with the fuzzer's report
 */
export async function fuzz(platform: Platform): Promise<void> {
  await ensurePython(FUZZ_PYTHON);
  const { api, admin } = platform.endpoints();
  const answer = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  });
  const { accessToken } = (await answer.json()) as { accessToken: string };
  const args = [
    ...['-m', 'schemathesis.cli', 'run', path.join(ROOT, 'docs', 'openapi.json'), '--url', api],
    ...['-H', `Authorization: Bearer ${accessToken}`, '--checks', CHECKS.join(','), '--max-examples', String(EXAMPLES)],
    ...[
      '--generation-deterministic',
      '--no-color',
      ...NOT_INCLUDED.flatMap((name) => ['--exclude-operation-id', name]),
    ],
  ];
  await runChild(pythonOf(FUZZ_PYTHON), args, {
    cwd: inside(platform.instance),
    timeoutMs: TIMEOUT_MS,
  }).catch((cause) => {
    throw new Error(`${cause.stdout}${cause.stderr}`);
  });
}
