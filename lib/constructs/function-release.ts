import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';

const CODEDEPLOY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

interface Releasable {
  stage: Stage;
  name: string;
  concurrency?: number;
  userFacing?: boolean;
  /** How often it runs by itself: each of its runs counts. */
  scheduled?: Duration;
}

export interface Release {
  target: lambda.IFunction;
  alarms: cloudwatch.Alarm[];
}

/** Errors of a function in a minute that ring: one is a bug somewhere, this many are people who notice. */
const ERRORS_A_MINUTE = 5;
/** What a canary sees is a tenth of the traffic: there, less is enough. */
const UNHANDLED_A_MINUTE = 2;
/** A warm instance is added before all are busy. */
const WARM_UTILIZATION = 0.7;

/**
 * How a new version takes over. On AWS callers call an alias; a userFacing function's alias is kept warm and shifted by
 * a canary that goes back when its alarms ring, where the stage says so. On the laptop new code is live at once.
 */
export function releaseOf(
  scope: Construct,
  fn: lambda.Function,
  { stage, name, concurrency, userFacing = false, scheduled }: Releasable,
): Release {
  if (!stage.aws) return { target: fn, alarms: [] };
  const { provisionedConcurrency: warm, canaryDeployments } = stage.aws;
  const alias = new lambda.Alias(scope, 'Live', {
    aliasName: 'live',
    version: fn.currentVersion,
    ...(userFacing && warm && { provisionedConcurrentExecutions: warm.least }),
  });
  const most = Math.min(warm?.most ?? 0, concurrency ?? Number.POSITIVE_INFINITY);
  if (userFacing && warm && most > warm.least) keepWarm(alias, { least: warm.least, most });
  const alarms = alarmsOf(scope, fn, alias, scheduled);
  if (userFacing) alarms.push(unhandledAlarm(scope, name));
  if (userFacing && canaryDeployments) {
    const group = new codedeploy.LambdaDeploymentGroup(scope, 'Canary', {
      alias,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    acknowledge(
      group,
      `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${CODEDEPLOY}]`,
      'The policy that AWS keeps for exactly this: CodeDeploy shifting an alias',
    );
  }
  return { target: alias, alarms };
}

function keepWarm(alias: lambda.Alias, { least, most }: { least: number; most: number }): void {
  alias
    .addAutoScaling({ minCapacity: least, maxCapacity: most })
    .scaleOnUtilization({ utilizationTarget: WARM_UTILIZATION, policyName: 'Warm' });
}

/** A handler answers 500 for what it did not expect, which is no error to Lambda. This is how a canary sees a bad version. */
function unhandledAlarm(scope: Construct, service: string): cloudwatch.Alarm {
  return new cloudwatch.Metric({
    namespace: 'Throughline',
    metricName: 'UnhandledError',
    dimensionsMap: { service },
    period: Duration.minutes(1),
    statistic: 'Sum',
  }).createAlarm(scope, 'Unhandled', {
    threshold: UNHANDLED_A_MINUTE,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    alarmDescription: `${scope.node.path}: answers of 500, ${UNHANDLED_A_MINUTE} in a minute. Each is a bug; its log line has the stack.`,
  });
}

/** A function on a schedule rings at its first failed run, and where it runs often, when it does not run. */
function scheduleAlarms(scope: Construct, alias: lambda.Alias, every: Duration): cloudwatch.Alarm[] {
  const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
  const failed = alias.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }).createAlarm(scope, 'Errors', {
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: NOT_BREACHING,
    alarmDescription: `${scope.node.path}: a run failed. What it looks after waits for the next one.`,
  });
  if (every.toMinutes() > 60) return [failed];
  const runs = alias.metricInvocations({ period: Duration.minutes(every.toMinutes() * 5), statistic: 'Sum' });
  const silent = runs.createAlarm(scope, 'Silent', {
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: BREACHING,
    alarmDescription: `${scope.node.path}: did not run for five times its interval. Its schedule is off, or it is throttled.`,
  });
  return [failed, silent];
}

function alarmsOf(
  scope: Construct,
  fn: lambda.Function,
  alias: lambda.Alias,
  scheduled: Duration | undefined,
): cloudwatch.Alarm[] {
  if (scheduled) return scheduleAlarms(scope, alias, scheduled);
  const minute = { period: Duration.minutes(1), statistic: 'Sum' };
  const common = {
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  };
  return [
    alias.metricErrors(minute).createAlarm(scope, 'Errors', {
      ...common,
      threshold: ERRORS_A_MINUTE,
      alarmDescription: `${scope.node.path}: crashes or timeouts, ${ERRORS_A_MINUTE} a minute. Handled refusals do not count.`,
    }),
    fn.metricThrottles(minute).createAlarm(scope, 'Throttles', {
      ...common,
      threshold: 1,
      alarmDescription: `${scope.node.path}: all of its reserved concurrency is in use.`,
    }),
  ];
}
