import { writeFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { composeApp } from '../../lib/request-path.ts';
import { resolveStage } from '../../lib/stage.ts';

/** Does the same as bin/app.ts, with cdk-nag. Its findings are written beside the assembly, and a test reports them. */
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
