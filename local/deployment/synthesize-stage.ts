import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../instance.ts';

/** Synthesizes a stage as the documents show it. @returns where its templates lie */
export function synthesizeStage(stage: string): string {
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
