import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ChildError, runChild } from '../child.ts';
import { ROOT } from '../instance.ts';

export interface SynthOptions {
  /** The folder for the templates. */
  folder: string;
  /** The folder for the bundles. Two synths at the same time need different folders. */
  buildFolder: string;
  /** The program that composes the app. The default is `bin/app.ts`. */
  program?: string;
  /** Settings of the stage, as `-c name=value` gives them. */
  settings?: Record<string, string | boolean>;
  /** The tree whose app is synthesized. The default is this one. */
  root?: string;
}

/**
 * Synthesizes a stage as `cdk synth` would, in another process and without the AWS settings of the shell. Game days are
 * behind a switch. It is on here, so that documents and tests cover them.
 * @throws Error with the output of the synth
 */
export async function synthesizeStage(stage: string, options: SynthOptions): Promise<void> {
  const { folder, buildFolder, settings, root = ROOT, program = path.join(root, 'bin', 'app.ts') } = options;
  // Templates of stacks that were renamed or removed must not stay beside the others.
  rmSync(folder, { recursive: true, force: true });
  const { context } = JSON.parse(readFileSync(path.join(root, 'cdk.json'), 'utf8'));
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|THROUGHLINE_)/.test(name));
  await runChild(process.execPath, [program], {
    cwd: root,
    env: {
      ...Object.fromEntries(kept),
      BUILD_FOLDER: buildFolder,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, gameDays: true, ...settings }),
      CDK_VALIDATION: 'false',
    },
  }).catch((error: unknown) => {
    throw new Error(`Stage ${stage} does not synthesize: ${error instanceof ChildError ? error.stderr : error}`);
  });
}

/**
 * Synthesizes the AWS stages in parallel, for documents and reports.
 * @returns the folder of each stage's templates
 */
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
