import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ASSEMBLIES, ROOT, STAGES } from '../support/assembly.ts';

// Own build folder, because other suites build their bundles at the same time.
process.env.BUILD_FOLDER = path.join(ASSEMBLIES, 'nag-build');
const { composeApp } = await import('../../lib/request-path.ts');
const { resolveStage } = await import('../../lib/stage.ts');
const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));

/** The findings that fail the synth. Empty if each finding is acknowledged with a reason. */
function findings(stage: string): string[] {
  const app = new App({ outdir: path.join(ASSEMBLIES, `nag-${stage}`), context });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  composeApp(app, resolveStage({ stage, gameDays: true }));
  try {
    app.synth();
    return [];
  } catch (error) {
    return String((error as Error).message).split('\n\n');
  }
}

test.each(STAGES)('cdk-nag’s AwsSolutions has no finding in %s without an acknowledged reason', (stage) => {
  expect(findings(stage)).toEqual([]);
});
