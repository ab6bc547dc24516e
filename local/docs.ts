import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathDocument } from '../lib/path-document.ts';
import { ROOT } from './instance.ts';
import { synthesizeStage } from './synthesize-stage.ts';

const file = path.join(ROOT, 'docs', 'path.md');
writeFileSync(file, pathDocument({ dev: synthesizeStage('dev'), prod: synthesizeStage('prod') }));
console.log(`Wrote ${path.relative(ROOT, file)}.`);
