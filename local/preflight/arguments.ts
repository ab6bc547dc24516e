import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { resolveStage } from '../../lib/stage.ts';
import { StageError } from '../../lib/stage-context.ts';
import { CommandError, ROOT } from '../instance.ts';
import type { AwsStage } from './check.ts';

const USAGE = 'npm run preflight -- --stage <dev or prod> [--region <region>] [-c <setting>=<value>]';

/**
 * The stage that the command's arguments name. Settings come from where the CDK CLI reads them: the arguments, cdk.json
 * and the environment variables in docs/deploy.md.
 * @throws CommandError that says which argument or setting is invalid
 */
export function stageOf(args: string[]): AwsStage {
  const given = argumentsOf(args);
  try {
    const stage = resolveStage({ ...fileContext(), ...given });
    const { aws } = stage;
    if (aws) return { ...stage, aws };
  } catch (error) {
    throw error instanceof StageError ? new CommandError(error.message) : error;
  }
  throw new CommandError(`Name a stage that is deployed to AWS, dev or prod: ${USAGE}`);
}

function argumentsOf(args: string[]): Record<string, string> {
  const { stage, region, context = [] } = parse(args);
  const pairs = context.map((each) => {
    const [name, ...value] = each.split('=');
    if (!name || value.length === 0)
      throw new CommandError(`-c ${each}: give a setting and its value, such as -c domain=shop.example.com`);
    return [name, value.join('=')];
  });
  return { ...Object.fromEntries(pairs), ...(stage && { stage }), ...(region && { region }) };
}

function parse(args: string[]) {
  const options = {
    stage: { type: 'string' },
    region: { type: 'string' },
    context: { type: 'string', short: 'c', multiple: true },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new CommandError(`${(error as Error).message.split('. ')[0]}. Use: ${USAGE}`);
  }
}

/** The context that the CDK CLI reads from files. */
function fileContext(): Record<string, unknown> {
  const read = (file: string) => {
    const found = path.join(ROOT, file);
    return existsSync(found) ? JSON.parse(readFileSync(found, 'utf8')) : {};
  };
  return { ...read('cdk.json').context, ...read('cdk.context.json') };
}
