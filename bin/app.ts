import { App } from 'aws-cdk-lib';
import { composeApp } from '../lib/request-path.ts';
import { resolveStage } from '../lib/stage.ts';

const app = new App();
try {
  composeApp(app, resolveStage(app.node.getAllContext()));
} catch (error) {
  // One line for a wrong setting; a stack trace would bury it.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
