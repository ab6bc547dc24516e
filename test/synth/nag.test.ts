import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ASSEMBLIES, STAGES } from '../support/assembly.ts';

test.each(STAGES)('cdk-nag’s AwsSolutions finds nothing in %s that is not acknowledged with a reason', (stage) => {
  const findings = JSON.parse(readFileSync(path.join(ASSEMBLIES, `${stage}.nag.json`), 'utf8'));
  expect(findings).toEqual([]);
  // A synth that the checks refused would leave no manifest.
  expect(existsSync(path.join(ASSEMBLIES, stage, 'manifest.json'))).toBe(true);
});

test('cdk-nag finds what is wrong where something is', () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new s3.Bucket(new Stack(app, 'Open'), 'Bucket');
  expect(() => app.synth()).toThrow(/AwsSolutions-S1/);
});
