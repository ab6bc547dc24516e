import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openApiDocument } from '../../lib/reports/openapi.ts';
import { resolveStage } from '../../lib/stage.ts';
import { AWS_STAGES, metadataFile, ROOT, resourcesOf, STAGES, stacksOf, withoutHashes } from '../support/assembly.ts';

describe.each(STAGES)('stage %s', (stage) => {
  test('its stacks are as they were', () => {
    for (const stack of stacksOf(stage)) expect(withoutHashes(stage, stack)).toMatchSnapshot(stack);
  });
});

test('local uses only services that emulators support', () => {
  const services = new Set(resourcesOf('local').map(({ Type }) => Type.split('::')[1]));
  const everywhere = [
    'ApiGateway',
    'CloudWatch',
    'Events',
    'IAM',
    'KMS',
    'Lambda',
    'Logs',
    'SES',
    'SQS',
    'SecretsManager',
  ];
  expect([...services].filter((name) => !everywhere.includes(name as string))).toEqual([]);
});

describe.each(AWS_STAGES)('stage %s', (stage) => {
  test('synthesizes without lookups in AWS', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, '.build', 'assemblies', stage, 'manifest.json'), 'utf8'));
    expect(manifest.missing).toBeUndefined();
  });

  test('warns at synth about placeholders and, in prod, about sandbox payments', () => {
    const warned = stacksOf(stage).flatMap((stack) => [
      ...readFileSync(metadataFile(stage, stack), 'utf8').matchAll(/throughline:[\w-]+/g),
    ]);
    const expected = ['throughline:placeholders', ...(stage === 'prod' ? ['throughline:sandbox-payments'] : [])];
    expect([...new Set(warned.map(([id]) => id))].sort()).toEqual(expected);
  });

  test('has fewer than 400 resources per stack, below CloudFormation’s limit of 500', () => {
    for (const stack of stacksOf(stage))
      expect(resourcesOf(stage).filter((each) => each.stack === stack).length).toBeLessThan(400);
  });
});

test('docs/openapi.json matches the contracts (npm run docs writes it)', () => {
  expect(JSON.parse(readFileSync(path.join(ROOT, 'docs', 'openapi.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(openApiDocument())),
  );
});

describe('an invalid setting', () => {
  test.each([
    [{ stage: 'staging' }, /-c stage=staging/],
    [{ stage: 'local', edgePort: 'eighty' }, /-c edgePort=eighty/],
    [{ stage: 'local', writerPort: 70_000 }, /-c writerPort=70000/],
    [{ stage: 'dev', region: 'Frankfurt' }, /-c region=Frankfurt.*eu-central-1/],
    [{ stage: 'dev', account: '123' }, /-c account=123: must be 12 digits/],
    [{ stage: 'prod', domain: 'https://shop' }, /-c domain=https:\/\/shop: must be a domain name/],
    [{ stage: 'prod', hostedZoneId: 'zone' }, /-c hostedZoneId=zone: must be the id/],
    [{ stage: 'prod', alertEmail: 'me' }, /-c alertEmail=me: must be an e-mail address/],
    [{ stage: 'prod', runbookUrl: 'http://wiki' }, /-c runbookUrl=http:\/\/wiki: must be a URL that starts with https/],
    [{ stage: 'prod', monthlyBudgetUsd: '-1' }, /-c monthlyBudgetUsd=-1/],
    [{ stage: 'prod', routing: 'nearest' }, /-c routing=nearest.*failover/],
    [{ stage: 'prod', gameDays: 'maybe' }, /-c gameDays=maybe: must be true or false/],
    [{ stage: 'prod', protect: 'no' }, /-c protect=no: must be true or false/],
    [{ stage: 'prod', canary: '0' }, /-c canary=0: must be true or false/],
    [{ stage: 'prod', hstsPreload: 'yes' }, /-c hstsPreload=yes: must be true or false/],
    [{ stage: 'prod', ioOptimized: '' }, /-c ioOptimized=: must be true or false/],
    [{ stage: 'dev', endpoints: 'nat' }, /-c endpoints=nat: must be interface or ipv6/],
    [{ stage: 'prod', ephemeral: 'My copy' }, /-c ephemeral=My copy: must be true, or the name of the copy/],
    [{ stage: 'prod', ephemeral: 'false' }, /-c ephemeral=false: must be true, or a name/],
    [{ stage: 'prod', ephemeral: 'muchtoolong' }, /-c ephemeral=muchtoolong: must be true/],
  ])('%p fails the synth and the error names it', (context, message) => {
    expect(() => resolveStage(context)).toThrow(message);
  });
});
