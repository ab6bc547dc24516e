import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clientFiles } from '../../lib/reports/client-files.ts';
import { openApiDocument } from '../../lib/reports/openapi.ts';
import { pathDocument } from '../../lib/reports/path-document.ts';
import { simulatedPermissions } from '../../lib/reports/permissions.ts';
import { stackDiagram, withStackDiagram } from '../../lib/reports/stack-diagram.ts';
import { runCommand } from '../cli.ts';
import { synthesizeForDocuments } from '../deployment/synthesize-stage.ts';
import { ROOT } from '../instance.ts';

/**
 * Writes every document that is generated from the contracts and the templates. Tests fail if one is out of date.
 * `--openapi` writes only docs/openapi.json and the client's files, which need no templates. `--assemblies <folder>` uses stages that are
 * synthesized already.
 */
const docs = (file: string) => path.join(ROOT, 'docs', file);
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

async function writeFromTemplates(assemblies: Record<'dev' | 'prod', string>): Promise<void> {
  const readme = path.join(ROOT, 'README.md');
  writeFileSync(docs('path.md'), pathDocument(assemblies));
  writeFileSync(docs('permissions.json'), json(await simulatedPermissions(assemblies.prod, 'prod')));
  writeFileSync(readme, withStackDiagram(readFileSync(readme, 'utf8'), stackDiagram(assemblies.prod)));
}

await runCommand(async () => {
  const [option, folder] = process.argv.slice(2);
  const document = openApiDocument();
  writeFileSync(docs('openapi.json'), json(document));
  for (const [file, text] of Object.entries(await clientFiles(document))) writeFileSync(path.join(ROOT, file), text);
  if (option !== '--openapi')
    await writeFromTemplates(
      option === '--assemblies' && folder
        ? { dev: path.join(folder, 'dev'), prod: path.join(folder, 'prod') }
        : await synthesizeForDocuments(),
    );
  console.log(
    option === '--openapi'
      ? 'Wrote docs/openapi.json and the generated files of client/.'
      : 'Wrote docs/openapi.json, the generated files of client/, docs/path.md, docs/permissions.json and the stack diagram in README.md.',
  );
});
