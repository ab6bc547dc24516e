import { writeFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { composeApp } from '../../lib/request-path.ts';
import { resolveStage } from '../../lib/stage.ts';

/** What bin/app.ts does, with cdk-nag looking on. Its findings are written beside the assembly: a test fails on them. */
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
composeApp(app, resolveStage(app.node.getAllContext()));
const findings: string[] = [];
try {
  app.synth();
} catch (error) {
  findings.push(...String((error as Error).message).split('\n\n'));
}
writeFileSync(`${app.outdir}.nag.json`, JSON.stringify(findings));
