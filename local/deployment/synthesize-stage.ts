import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ChildError, runChild } from '../child.ts';
import { ROOT } from '../instance.ts';

export interface SynthOptions {
  /** Where the templates go. */
  folder: string;
  /** Where the bundles go: two synths at once need a folder each. */
  buildFolder: string;
  /** The program that composes the app: `bin/app.ts` without it. */
  program?: string;
}

/**
 * Synthesizes a stage as `cdk synth` would, in a process of its own and with no AWS setting in sight. Game days are behind a
 * switch, which is on here: documents and tests see what is behind it.
 * @throws Error with what the synth printed
 */
export async function synthesizeStage(stage: string, { folder, buildFolder, program }: SynthOptions): Promise<void> {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|THROUGHLINE_)/.test(name));
  await runChild(process.execPath, [program ?? path.join(ROOT, 'bin', 'app.ts')], {
    cwd: ROOT,
    env: {
      ...Object.fromEntries(kept),
      BUILD_FOLDER: buildFolder,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, gameDays: true }),
      CDK_VALIDATION: 'false',
    },
  }).catch((error: unknown) => {
    throw new Error(`Stage ${stage} does not synthesize: ${error instanceof ChildError ? error.stderr : error}`);
  });
}

/** Synthesizes the stages on AWS for documents and reports, at the same time. @returns where each one's templates are */
export async function synthesizeForDocuments(): Promise<Record<'dev' | 'prod', string>> {
  const root = path.join(ROOT, '.build', 'docs');
  const folders = { dev: path.join(root, 'dev'), prod: path.join(root, 'prod') };
  await Promise.all(
    Object.entries(folders).map(([stage, folder]) =>
      synthesizeStage(stage, { folder, buildFolder: path.join(root, `${stage}-build`) }),
    ),
  );
  return folders;
}
