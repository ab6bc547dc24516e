import { App } from 'aws-cdk-lib';
import { composeApp } from '../lib/request-path.ts';
import { resolveStage } from '../lib/stage.ts';

const app = new App();
try {
  composeApp(app, resolveStage(app.node.getAllContext()));
} catch (error) {
  // Print one line for an invalid setting, without a stack trace.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
