import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError, ROOT } from '../instance.ts';
import type { ServiceNames } from './names.ts';

interface Edit {
  file: string;
  /** A line of the file. The new line is inserted before it. */
  before: string;
  line: string;
}

const SERVICES = 'lambdas/services.ts';
const REQUEST_PATH = 'lib/request-path.ts';

const editsOf = ({ kebab, camel, pascal }: ServiceNames): Edit[] => [
  {
    file: SERVICES,
    before: '\n/** The one list of all services.',
    line: `import { ${camel}Service } from './${kebab}/${kebab}.service.ts';`,
  },
  { file: SERVICES, before: '] as const;', line: `  ${camel}Service,` },
  {
    file: REQUEST_PATH,
    before: "import { buildWeb } from '../web/build.ts';",
    line: `import { ${pascal}Service } from '../lambdas/${kebab}/${kebab}.construct.ts';`,
  },
  {
    file: REQUEST_PATH,
    before: '    // npm run new-service adds a service here.',
    line: `    ${camel}: new ${pascal}Service(stack, '${pascal}', tier),`,
  },
];

/**
 * The two files that name every service, with the new service added.
 * @throws CommandError if a file no longer has the line before which the service is added
 */
export function registrationOf(names: ServiceNames): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { file, before, line } of editsOf(names)) {
    const text = texts[file] ?? readFileSync(path.join(ROOT, file), 'utf8');
    const at = text.indexOf(before);
    if (at === -1)
      throw new CommandError(`${file} has no line "${before.trim()}": restore it, or register the service by hand.`);
    texts[file] = `${text.slice(0, at)}${line}\n${text.slice(at)}`;
  }
  return texts;
}

/** Writes files below the project's root. */
export function writeAll(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(ROOT, file), text);
}
