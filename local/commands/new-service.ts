import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ChildError, runChild } from '../child.ts';
import { CommandError, ROOT } from '../instance.ts';
import { namesOf } from '../new-service/names.ts';
import { registrationOf, writeAll } from '../new-service/register.ts';
import { migrationOf, serviceFiles } from '../new-service/service-files.ts';
import { testFiles } from '../new-service/test-files.ts';

/** Where the synth tests leave the stages. */
const ASSEMBLIES = path.join('.build', 'assemblies');
const MIGRATIONS = 'lambdas/database/migrations';

/** The next migration's file name, such as `0015_reviews.sql`. */
function nextMigration(snake: string): string {
  const latest = Math.max(0, ...readdirSync(path.join(ROOT, MIGRATIONS)).map((file) => Number.parseInt(file, 10) || 0));
  return `${MIGRATIONS}/${String(latest + 1).padStart(4, '0')}_${snake}.sql`;
}

const bin = (name: string) => path.join(ROOT, 'node_modules', '.bin', name);

/** Runs one of the project's own tools. @throws CommandError with what it printed */
async function runTool(title: string, command: string, args: string[]): Promise<void> {
  console.log(title);
  await runChild(command, args, { cwd: ROOT }).catch((error: unknown) => {
    const said = error instanceof ChildError ? `${error.stdout}${error.stderr}` : String(error);
    throw new CommandError(`${title} failed:\n${said.trim()}`);
  });
}

/** Writes a working, tested service and registers it. Nothing is written for a name that is refused. */
async function newService(args: string[]): Promise<void> {
  if (args.length > 1)
    throw new CommandError(`One name at a time; given are ${args.join(', ')}: npm run new-service -- <name>`);
  const names = namesOf(args[0]);
  const registration = registrationOf(names);
  const files = {
    [nextMigration(names.snake)]: migrationOf(names),
    ...serviceFiles(names),
    ...testFiles(names),
  };
  for (const file of Object.keys(files)) mkdirSync(path.join(ROOT, path.dirname(file)), { recursive: true });
  writeAll(files);
  // Last, so that a running platform takes up a service that is whole.
  writeAll(registration);
  for (const file of [...Object.keys(files), ...Object.keys(registration)]) console.log(`wrote ${file}`);
  await runTool('Formatting', bin('biome'), [
    'check',
    '--write',
    ...Object.keys({ ...files, ...registration }).filter((file) => file.endsWith('.ts')),
  ]);
  const command = (name: string) => path.join(ROOT, 'local', 'commands', `${name}.ts`);
  await runTool('Contract document', process.execPath, [command('docs'), '--openapi']);
  // Synthesizes every stage, which the other documents are then made from.
  await runTool('Templates and their snapshots', process.execPath, [
    command('test'),
    'synth',
    'stages',
    names.kebab,
    '-u',
  ]);
  await runTool('Documents of the templates', process.execPath, [command('docs'), '--assemblies', ASSEMBLIES]);
  console.log(`
The service ${names.kebab} is there. A running npm start takes it up by itself; its tests run with the others:
  npm test -- ${names.kebab}        its own tests
  npm test                    all of them
docs/extending.md shows what to do next: a field, an event, a worker.`);
}

try {
  await newService(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
}
