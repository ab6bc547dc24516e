import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';

const CODEDEPLOY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

export interface Release {
  target: lambda.IFunction;
  alarms: cloudwatch.Alarm[];
}

/** Errors of a function in a minute that ring: one is a bug somewhere, this many are people who notice. */
const ERRORS_A_MINUTE = 5;
/** A warm instance is added before all are busy. */
const WARM_UTILIZATION = 0.7;

/**
 * How a new version takes over. On AWS callers call an alias; a frontline function's alias is kept warm and shifted by
 * a canary that goes back when its alarms ring, where the stage says so. On the laptop new code is live at once.
 */
export function releaseOf(
  scope: Construct,
  fn: lambda.Function,
  { stage, frontline = false }: { stage: Stage; frontline?: boolean },
): Release {
  if (!stage.aws) return { target: fn, alarms: [] };
  const { provisionedConcurrency: warm, canaryDeployments } = stage.aws;
  const alias = new lambda.Alias(scope, 'Live', {
    aliasName: 'live',
    version: fn.currentVersion,
    ...(frontline && warm && { provisionedConcurrentExecutions: warm.least }),
  });
  if (frontline && warm) keepWarm(alias, warm);
  const alarms = alarmsOf(scope, fn, alias);
  if (frontline && canaryDeployments) {
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

function alarmsOf(scope: Construct, fn: lambda.Function, alias: lambda.Alias): cloudwatch.Alarm[] {
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
