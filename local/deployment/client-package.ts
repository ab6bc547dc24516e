import { rmSync } from 'node:fs';
import path from 'node:path';
import { runTool } from '../child.ts';
import { ROOT } from '../instance.ts';

/**
 * Compiles the client to JavaScript and type declarations.
 * @throws Error with the compiler's output
 */
export async function buildClient(folder = path.join(ROOT, 'client', 'dist')): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const compiler = path.join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc');
  await runTool(process.execPath, [compiler, '-p', path.join(ROOT, 'client'), '--outDir', folder], {
    cwd: ROOT,
  });
}
