import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ASSEMBLIES, ROOT, STAGES } from './assembly.ts';

/** Synthesizes every stage as `cdk synth` would, in processes of their own, with no AWS setting in sight. */
export default async function synthesizeStages(): Promise<void> {
  rmSync(ASSEMBLIES, { recursive: true, force: true });
  await Promise.all(STAGES.map(synthesize));
}

async function synthesize(stage: string): Promise<void> {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|THROUGHLINE_)/.test(name));
  const child = spawn(process.execPath, [path.join(ROOT, 'bin', 'app.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...Object.fromEntries(kept),
      BUILD_FOLDER: path.join(ASSEMBLIES, `${stage}-build`),
      CDK_OUTDIR: path.join(ASSEMBLIES, stage),
      // Game days are behind a switch; what is behind it is checked like the rest.
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, gameDays: true }),
      CDK_VALIDATION: 'false',
    },
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (part) => said.push(part));
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`Stage ${stage} does not synthesize: ${Buffer.concat(said)}`);
}
