import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stageOf } from '../../../local/preflight/arguments.ts';
import { CHECKS } from '../../../local/preflight/checks.ts';
import { ROOT } from '../../support/assembly.ts';

describe('the arguments of npm run preflight', () => {
  test('name the stage, its region and its settings', () => {
    const stage = stageOf(['--stage', 'dev', '--region', 'eu-west-1', '-c', 'domain=shop.example.org']);
    expect(stage).toMatchObject({ name: 'dev', env: { region: 'eu-west-1' }, aws: { domain: 'shop.example.org' } });
  });

  test.each([
    [[], /^Name a stage that is deployed to AWS, dev or prod: npm run preflight/],
    [['--stage', 'local'], /^Name a stage that is deployed to AWS/],
    [['--stage', 'test'], /^Stage: -c stage=test: /],
    [['--stage', 'prod', '-c', 'domain'], /^-c domain: give a setting and its value/],
    [['--stages', 'prod'], /^Unknown option '--stages'.* Use: npm run preflight/],
    [['prod'], /^Unexpected argument 'prod'.* Use: npm run preflight/],
  ])('%j is refused in one line', (args, message) => {
    expect(() => stageOf(args)).toThrow(message);
  });
});

test('docs/deploy.md has a line of each check', () => {
  const document = readFileSync(path.join(ROOT, 'docs', 'deploy.md'), 'utf8');
  for (const { what } of CHECKS) expect(document).toMatch(RegExp(`^[✔✖] ${what}: `, 'm'));
});
