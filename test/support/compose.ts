import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { composeApp } from '../../lib/request-path.ts';
import { type StackName, shortStackName } from '../../lib/stacks.ts';
import { resolveStage } from '../../lib/stage.ts';
import { type Found, type Json, ROOT, resourcesIn } from './assembly.ts';

/** The templates of a stage with settings of its own, composed in this process. */
export interface Composed {
  template: (stack: StackName) => Json;
  resources: (type: string) => Found[];
  /** Whether CloudFormation refuses to delete the stack. */
  isProtected: (stack: StackName) => boolean;
}

export function compose(settings: Record<string, unknown>): Composed {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  process.env.CDK_VALIDATION = 'false';
  // Another worker builds bundles at the same time.
  process.env.BUILD_FOLDER = path.join(ROOT, '.build', `compose-${process.env.JEST_WORKER_ID}`);
  const app = new App({ context: { ...context, ...settings, 'aws:cdk:disable-stack-trace': true } });
  composeApp(app, resolveStage(settings));
  const stacks = app.synth().stacks.map((each) => [shortStackName(each.stackName), each] as const);
  const byName = new Map(stacks);
  const template = (stack: StackName) => byName.get(stack)?.template;
  return {
    template,
    isProtected: (stack) => byName.get(stack)?.terminationProtection === true,
    resources: (type) => stacks.flatMap(([stack]) => resourcesIn(template(stack), stack, type)),
  };
}
