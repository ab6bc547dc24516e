import { resolveStage } from '../../lib/stage.ts';
import { type AwsStage, type Check, type RunOptions, runChecks } from '../../local/preflight/check.ts';
import { type ClientSettings, clientsFor } from '../../local/preflight/clients.ts';
import { type Recordings, recordedAws } from './recorded-aws.ts';

/** A stage with settings of its own, as an operator gives them. */
export function stageWith(settings: Record<string, string> = {}): AwsStage {
  const own = { domain: 'shop.example.com', hostedZoneId: 'Z0123456789ABC', alertEmail: 'ops@example.com' };
  const stage = resolveStage({ stage: 'prod', account: '444455556666', ...own, ...settings });
  return { ...stage, aws: stage.aws as AwsStage['aws'] };
}

/** Runs checks as the command does. @returns the printed lines */
export async function printed(
  checks: readonly Check[],
  settings: ClientSettings,
  stage: AwsStage,
  options: RunOptions = {},
): Promise<string[]> {
  const lines: string[] = [];
  const failed = await runChecks(checks, clientsFor(stage.env.region, settings), stage, {
    ...options,
    print: (line) => void lines.push(line),
  });
  if (failed !== lines.filter((line) => line.startsWith('✖ ')).length) throw new Error(`${failed} failed: ${lines}`);
  return lines;
}

/** The line that a check prints, with recorded responses of AWS. */
export async function lineOf(
  check: Check,
  recordings: Recordings,
  stage: AwsStage = stageWith(),
  options: RunOptions = {},
) {
  const aws = await recordedAws(recordings);
  try {
    return (await printed([check], aws.settings, stage, options))[0];
  } finally {
    aws.close();
  }
}
