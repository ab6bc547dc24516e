import { rmSync } from 'node:fs';
import path from 'node:path';
import { synthesizeStage } from '../../local/deployment/synthesize-stage.ts';
import { ASSEMBLIES, ROOT, STAGES } from './assembly.ts';

/** Synthesizes every stage once for all synth tests, and writes cdk-nag's findings beside the templates. */
export default async function synthesizeStages(): Promise<void> {
  rmSync(ASSEMBLIES, { recursive: true, force: true });
  const program = path.join(ROOT, 'test', 'support', 'synthesize.ts');
  await Promise.all(
    STAGES.map((stage) =>
      synthesizeStage(stage, {
        folder: path.join(ASSEMBLIES, stage),
        buildFolder: path.join(ASSEMBLIES, `${stage}-build`),
        program,
      }),
    ),
  );
}
