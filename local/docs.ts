import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathDocument } from '../lib/path-document.ts';
import { ROOT } from './instance.ts';

/** Synthesizes a stage and returns where it lies. */
function synthesize(stage: string): string {
  const folder = path.join(ROOT, '.build', 'docs', stage);
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const settings = { ...context, stage, gameDays: true };
  execFileSync(process.execPath, [path.join(ROOT, 'bin', 'app.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(settings), CDK_VALIDATION: 'false' },
  });
  return folder;
}

const file = path.join(ROOT, 'docs', 'path.md');
writeFileSync(file, pathDocument({ dev: synthesize('dev'), prod: synthesize('prod') }));
console.log(`Wrote ${path.relative(ROOT, file)}.`);
