import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ChildError, runChild } from '../child.ts';
import { runCommand } from '../cli.ts';
import { CommandError, ROOT } from '../instance.ts';
import { namesOf } from '../new-service/names.ts';
import { registrationOf, writeAll } from '../new-service/register.ts';
import { migrationOf, serviceFiles } from '../new-service/service-files.ts';
import { testFiles } from '../new-service/test-files.ts';

/** The synth tests write the synthesized stages here. */
const ASSEMBLIES = path.join('.build', 'assemblies');
const MIGRATIONS = 'lambdas/database/migrations';

/** The next migration's file name, such as `0015_reviews.sql`. */
function nextMigration(snake: string): string {
  const latest = Math.max(0, ...readdirSync(path.join(ROOT, MIGRATIONS)).map((file) => Number.parseInt(file, 10) || 0));
  return `${MIGRATIONS}/${String(latest + 1).padStart(4, '0')}_${snake}.sql`;
}

const bin = (name: string) => path.join(ROOT, 'node_modules', '.bin', name);

/** Runs one of the project's tools. @throws CommandError with its output */
async function runTool(title: string, command: string, args: string[]): Promise<void> {
  console.log(title);
  await runChild(command, args, { cwd: ROOT }).catch((error: unknown) => {
    const output = error instanceof ChildError ? error.output : String(error);
    throw new CommandError(`${title} failed:\n${output.trim()}`);
  });
}

/** Writes a working, tested service and registers it. Writes nothing if the name is invalid. */
async function newService(args: string[]): Promise<void> {
  if (args.length > 1)
    throw new CommandError(`Give one name, not ${args.length} (${args.join(', ')}): npm run new-service -- <name>`);
  const names = namesOf(args[0]);
  const registration = registrationOf(names);
  const files = {
    [nextMigration(names.snake)]: migrationOf(names),
    ...serviceFiles(names),
    ...testFiles(names),
  };
  for (const file of Object.keys(files)) mkdirSync(path.join(ROOT, path.dirname(file)), { recursive: true });
  writeAll(files);
  // The service is registered last, so that live reload finds it complete.
  writeAll(registration);
  for (const file of [...Object.keys(files), ...Object.keys(registration)]) console.log(`wrote ${file}`);
  await runTool('Formatting', bin('biome'), [
    'check',
    '--write',
    ...Object.keys({ ...files, ...registration }).filter((file) => file.endsWith('.ts')),
  ]);
  const command = (name: string) => path.join(ROOT, 'local', 'commands', `${name}.ts`);
  await runTool('API document', process.execPath, [command('docs'), '--openapi']);
  // These tests synthesize every stage. The other documents are generated from those stages.
  await runTool('Templates and snapshots', process.execPath, [command('test'), 'synth', 'stages', names.kebab, '-u']);
  await runTool('Documents from the templates', process.execPath, [command('docs'), '--assemblies', ASSEMBLIES]);
  console.log(`
The service ${names.kebab} is created. A running npm start deploys it automatically. Run the tests with:
  npm test -- ${names.kebab}        its own tests
  npm test                    all tests
docs/extending.md describes the next steps: add a field, an event or a worker.`);
}

await runCommand(() => newService(process.argv.slice(2)));
