import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ChildError, runChild } from '../child.ts';
import { CommandError, type Instance, inside, ROOT } from '../instance.ts';

export const STACKS = ['throughline-local-state', 'throughline-local-services'] as const;

/** Synthesizes the local stage for an instance's ports, in a new process that reads the code that is on disk now. */
export async function synthesize(instance: Instance): Promise<void> {
  const { edge, writer, reader, cache } = instance.ports;
  const context = { stage: 'local', edgePort: edge, writerPort: writer, readerPort: reader, cachePort: cache };
  await runChild(process.execPath, [path.join(ROOT, 'bin', 'app.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      BUILD_FOLDER: buildFolder(instance),
      CDK_OUTDIR: assemblyOf(instance),
      CDK_CONTEXT_JSON: JSON.stringify({ ...readContext(), ...context }),
      CDK_VALIDATION: 'false',
    },
  }).catch((cause: unknown) => {
    const output = cause instanceof ChildError ? cause.stderr.trim() || cause.message : String(cause);
    throw new CommandError(`Synth failed: ${firstError(output)}`);
  });
}

/** The line with the error, and esbuild's file and line. The stack trace is left out, since it shows the CDK's code. */
function firstError(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const index = lines.findIndex((line) => /error/i.test(line));
  const location = lines.slice(Math.max(index, 0)).find((line) => /^\S+:\d+(:\d+)?:?$/.test(line));
  return [location, lines[index] ?? lines[0]].filter(Boolean).join(' ');
}

const readContext = () => JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8')).context;
/** The folder of an instance's bundles. Each instance has its own, so that tests can run during `npm start`. */
export const buildFolder = (instance: Instance) => inside(instance, 'build');
export const assemblyOf = (instance: Instance) => inside(instance, 'cdk.out');

export const readTemplate = (instance: Instance, stack: string) =>
  JSON.parse(readFileSync(path.join(assemblyOf(instance), `${stack}.template.json`), 'utf8'));
