import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from '../../lib/reports/openapi.ts';
import { pathDocument } from '../../lib/reports/path-document.ts';
import { simulatedPermissions } from '../../lib/reports/permissions.ts';
import { stackDiagram, withStackDiagram } from '../../lib/reports/stack-diagram.ts';
import { synthesizeStage } from '../deployment/synthesize-stage.ts';
import { ROOT } from '../instance.ts';

/** Writes every document that is generated from the contracts and the templates. Tests fail when one is stale. */
const docs = (file: string) => path.join(ROOT, 'docs', file);
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const assemblies = { dev: synthesizeStage('dev'), prod: synthesizeStage('prod') };
const readme = path.join(ROOT, 'README.md');
writeFileSync(docs('openapi.json'), json(openApiDocument()));
writeFileSync(docs('path.md'), pathDocument(assemblies));
writeFileSync(docs('permissions.json'), json(await simulatedPermissions(assemblies.prod, 'prod')));
writeFileSync(readme, withStackDiagram(readFileSync(readme, 'utf8'), stackDiagram(assemblies.prod, 'prod')));
console.log('Wrote docs/openapi.json, docs/path.md, docs/permissions.json and the stack diagram in README.md.');
