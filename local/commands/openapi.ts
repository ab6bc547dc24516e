import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from '../../lib/reports/openapi.ts';
import { ROOT } from '../instance.ts';

/** Writes `docs/openapi.json` from the contracts. A test fails when it is stale. */
writeFileSync(path.join(ROOT, 'docs', 'openapi.json'), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
console.log('docs/openapi.json is written.');
