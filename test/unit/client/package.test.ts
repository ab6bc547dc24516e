import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientFiles } from '../../../lib/reports/client-files.ts';
import { openApiDocument } from '../../../lib/reports/openapi.ts';
import { buildClient } from '../../../local/deployment/client-package.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** A project of somebody else, which has installed the package. */
const project = mkdtempSync(path.join(tmpdir(), 'throughline-client-'));
const installed = path.join(project, 'node_modules', '@throughline', 'client');

beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  cpSync(path.join(ROOT, 'client', 'package.json'), path.join(installed, 'package.json'));
  await buildClient(path.join(installed, 'dist'));
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the generated files of client/ match the contracts (npm run docs writes them)', async () => {
  for (const [file, text] of Object.entries(await clientFiles(openApiDocument())))
    expect(readFileSync(path.join(ROOT, file), 'utf8')).toBe(text);
});

describe('the package of the client', () => {
  test('runs as plain JavaScript and imports nothing but its own files', () => {
    const script = `import { createClient } from '@throughline/client'; console.log(typeof createClient({ baseUrl: '/api' }).placeOrder)`;
    const output = execFileSync(process.execPath, ['--no-strip-types', '--input-type=module', '-e', script], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(output.trim()).toBe('function');
    for (const file of readdirSync(path.join(installed, 'dist'))) {
      const source = readFileSync(path.join(installed, 'dist', file), 'utf8');
      const imported = [...source.matchAll(/from ['"]([^'"]+)['"]/g)].map(([, name]) => name as string);
      expect(imported.filter((name) => !name.startsWith('./'))).toEqual([]);
    }
  });

  test('has types for a project of somebody else, also for its errors', () => {
    const lines = [
      "import { createClient, isProblem, type Order } from '@throughline/client';",
      "const shop = createClient({ baseUrl: '/api' });",
      "export const order: Order = (await shop.getOrder({ params: { id: 'o' } })).order;",
      '// @ts-expect-error An order needs its id.',
      'await shop.getOrder();',
      'await shop.placeOrder({ body: { items: [] } }).catch((error: unknown) => {',
      "  if (isProblem(error, 'placeOrder') && error.code === 'OUT_OF_STOCK') return;",
      '  // @ts-expect-error Placing an order has no such code.',
      "  if (isProblem(error, 'placeOrder') && error.code === 'PAYMENT_DECLINED') return;",
      '  throw error;',
      '});',
    ];
    writeFileSync(path.join(project, 'use.ts'), lines.join('\n'));
    const compiler = path.join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', 'use.ts'];
    const check = () => execFileSync(process.execPath, [compiler, ...options], { cwd: project, encoding: 'utf8' });
    expect(check()).toBe('');
  });
});
