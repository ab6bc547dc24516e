import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { runChild } from '../child.ts';
import { ROOT } from '../instance.ts';
import { ensurePython, LINT_PYTHON } from '../python/python.ts';

/** The synth suite writes the synthesized stages here. */
const ASSEMBLIES = path.join(ROOT, '.build', 'assemblies');

/** Runs cfn-lint on every template of every stage. @throws Error with its findings */
export async function lintTemplates(): Promise<void> {
  const templates = ['local', 'dev', 'prod'].flatMap((stage) => {
    const folder = path.join(ASSEMBLIES, stage);
    if (!existsSync(folder)) throw new Error(`${folder} is missing. Create it with: npm test -- synth`);
    return readdirSync(folder)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => path.join(folder, file));
  });
  await ensurePython(LINT_PYTHON);
  const options = ['--config-file', path.join(ROOT, '.cfnlintrc.yaml'), '--non-zero-exit-code', 'informational'];
  await runChild(path.join(LINT_PYTHON.venv, 'bin', 'cfn-lint'), [
    ...options,
    '--format',
    'parseable',
    '--template',
    ...templates,
  ]).catch((error) => {
    throw new Error(error.stdout || error.stderr || error.message);
  });
}
