import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { flowsOf } from '../../lib/network/flows.ts';
import { pathDocument } from '../../lib/reports/path-document.ts';
import { stackDiagram, withStackDiagram } from '../../lib/reports/stack-diagram.ts';
import { readFlows, readResources } from '../../lib/reports/template-resources.ts';
import { resolveStage } from '../../lib/stage.ts';
import { ASSEMBLIES, AWS_STAGES, ROOT } from '../support/assembly.ts';

const assemblies = { dev: path.join(ASSEMBLIES, 'dev'), prod: path.join(ASSEMBLIES, 'prod') };

test('docs/path.md matches the templates (npm run docs writes it)', () => {
  expect(readFileSync(path.join(ROOT, 'docs', 'path.md'), 'utf8')).toBe(pathDocument(assemblies));
});

test('the stack diagram in README.md matches prod (npm run docs writes it)', () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  expect(readme).toBe(withStackDiagram(readme, stackDiagram(assemblies.prod)));
});

describe.each(AWS_STAGES)('the security groups of %s', (stage) => {
  test('allow exactly the flows in lib/network/flows.ts', () => {
    const written = readFlows(readResources(assemblies[stage])).map((row) => `${row.from} ${row.to} ${row.port}`);
    const meant = flowsOf(resolveStage({ stage })).map(
      ({ from, to, port }) =>
        `${from === 'cloudfront' ? 'CloudFront (its prefix list)' : from} ${to === 'internet' ? 'internet (::/0)' : to} ${port}`,
    );
    expect(written.sort()).toEqual(meant.sort());
  });
});

test('every test file named in docs/path.md exists', () => {
  const document = readFileSync(path.join(ROOT, 'docs', 'path.md'), 'utf8');
  const named = new Set([...document.matchAll(/test\/[\w/.-]+\.test\.ts/g)].map(([file]) => file));
  expect(named.size).toBeGreaterThan(5);
  for (const file of named) expect(() => readFileSync(path.join(ROOT, file))).not.toThrow();
});
