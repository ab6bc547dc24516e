import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bundleOf, bundles, MAX_BUNDLE_BYTES } from '../../lib/constructs/bundles.ts';

describe('the bundles', () => {
  test('are below the size limit', () => {
    for (const [name, bundle] of Object.entries(bundles())) {
      expect(`${name} ${bundle.bytes < MAX_BUNDLE_BYTES}`).toBe(`${name} true`);
    }
  });

  test('load the AWS SDK at the first call, not at import', () => {
    const SDK = /class (SQS|SES|KMS)Client\b|"(SQS|SES|KMS)Client"/;
    const holds = (folder: string, files: string[]) =>
      files.some((file) => SDK.test(readFileSync(path.join(folder, file), 'utf8')));
    for (const { folder, eagerFiles } of Object.values(bundles())) expect(holds(folder, eagerFiles)).toBe(false);
    for (const { folder } of ['auth', 'orders', 'email'].map(bundleOf))
      expect(
        holds(
          folder,
          readdirSync(path.join(folder, 'chunks')).map((file) => `chunks/${file}`),
        ),
      ).toBe(true);
  });

  test('open no connection and read no environment variable at import', () => {
    for (const bundle of Object.values(bundles())) {
      // There is no server and no environment. An import that needs either throws or hangs.
      const script = `import(${JSON.stringify(path.join(bundle.folder, 'index.mjs'))}).then((m) => { const open = process.getActiveResourcesInfo().filter((r) => r !== 'PipeWrap' && r !== 'TTYWrap'); console.log(typeof m.handler, open.join()); })`;
      expect(
        execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: process.env.PATH } }).trim(),
      ).toBe('function');
    }
  });
});
