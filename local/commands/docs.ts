import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathDocument } from '../../lib/reports/path-document.ts';
import { stackDiagram, withStackDiagram } from '../../lib/reports/stack-diagram.ts';
import { synthesizeStage } from '../deployment/synthesize-stage.ts';
import { ROOT } from '../instance.ts';

const assemblies = { dev: synthesizeStage('dev'), prod: synthesizeStage('prod') };
const readme = path.join(ROOT, 'README.md');
writeFileSync(path.join(ROOT, 'docs', 'path.md'), pathDocument(assemblies));
writeFileSync(readme, withStackDiagram(readFileSync(readme, 'utf8'), stackDiagram(assemblies.prod, 'prod')));
console.log('Wrote docs/path.md and the stacks in README.md.');
