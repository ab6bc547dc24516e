import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { describeAlarm, type RunbookSection } from '../monitoring/runbook.ts';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';

const CODEDEPLOY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

interface Releasable {
  stage: Stage;
  name: string;
  concurrency?: number;
  userFacing?: boolean;
  /** Has no provisioned concurrency, whatever the stage says. */
  startsCold?: boolean;
  /** A metric of the exceptions that are a result and no error, such as a rejected token. */
  expectedExceptions?: string;
  /** The interval of a scheduled function. Every failed run raises an alarm. */
  scheduled?: Duration;
}

export interface Release {
  target: lambda.IFunction;
  alarms: cloudwatch.Alarm[];
}

/** Describes an alarm of a function. */
type Describe = (text: string, section: RunbookSection) => string;

/** Errors per minute that raise an alarm. One error is a bug; this many affect users. */
const ERRORS_A_MINUTE = 5;
/** Lower, since a canary receives only a tenth of the traffic. */
const UNHANDLED_A_MINUTE = 2;
const EVERY_MINUTE = { period: Duration.minutes(1), statistic: 'Sum' };
/** Scales out before all warm instances are busy. */
const WARM_UTILIZATION = 0.7;

/**
 * Releases new versions of a function. On AWS, callers invoke an alias. Where the stage says so, a user-facing alias
 * has provisioned concurrency and a canary that rolls back on alarms. On the laptop new code is live immediately.
 */
export function releaseOf(
  scope: Construct,
  fn: lambda.Function,
  { stage, name, concurrency, userFacing = false, startsCold = false, scheduled, expectedExceptions }: Releasable,
): Release {
  if (!stage.aws) return { target: fn, alarms: [] };
  const { provisionedConcurrency, canaryDeployments } = stage.aws;
  const warm = startsCold ? undefined : provisionedConcurrency;
  const alias = new lambda.Alias(scope, 'Live', { aliasName: 'live', version: fn.currentVersion });
  if (userFacing && warm) keepWarm(alias, warm, concurrency ?? Number.POSITIVE_INFINITY);
  const describe: Describe = (text, section) => describeAlarm(stage.aws, `${scope.node.path}: ${text}`, section);
  const alarms = scheduled
    ? scheduleAlarms(scope, alias, scheduled, describe)
    : invocationAlarms(scope, fn, errorsOf(alias, name, expectedExceptions), describe);
  if (userFacing) alarms.push(unhandledAlarm(scope, name, describe));
  if (userFacing && canaryDeployments) {
    const ofVersion = canaryAlarms(scope, fn, { stage, name, expectedExceptions }, describe);
    addCanary(scope, alias, ofVersion);
    alarms.push(...ofVersion);
  }
  return { target: alias, alarms };
}

/**
 * Provisioned concurrency by the scalable target alone. On the alias too, each update would set it back to that number, and CodeDeploy
 * refuses to shift an alias whose provisioned concurrency changes.
 */
function keepWarm(alias: lambda.Alias, { least, most }: { least: number; most: number }, concurrency: number): void {
  alias
    .addAutoScaling({ minCapacity: Math.min(least, concurrency), maxCapacity: Math.min(most, concurrency) })
    .scaleOnUtilization({ utilizationTarget: WARM_UTILIZATION, policyName: 'Warm' });
}

function addCanary(scope: Construct, alias: lambda.Alias, alarms: cloudwatch.Alarm[]): void {
  // The alarms must look at the new version before the alias moves to it.
  alias.node.addDependency(...alarms);
  const group = new codedeploy.LambdaDeploymentGroup(scope, 'Canary', {
    alias,
    deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
    alarms,
    autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
  });
  acknowledge(
    group,
    `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${CODEDEPLOY}]`,
    'AWS maintains this managed policy for CodeDeploy to shift a Lambda alias',
  );
}

/**
 * The alarms that roll a canary back look at the new version only. Else a version that already fails would prevent the release
 * that mends it.
 */
function canaryAlarms(
  scope: Construct,
  fn: lambda.Function,
  { stage, name, expectedExceptions }: Pick<Releasable, 'stage' | 'name' | 'expectedExceptions'>,
  describe: Describe,
): cloudwatch.Alarm[] {
  const { version } = fn.currentVersion;
  // Each version has alarms of its own: CloudWatch keeps the state of an alarm that is updated, so that one which a version has put into
  // ALARM would roll back the version that mends it.
  const named = (what: string) => `${stage.regionalName}-${name}-canary-${what}-v${version}`;
  const own = (metricName: string) => counted(metricName, { service: name, version });
  const dimensionsMap = {
    FunctionName: fn.functionName,
    Resource: `${fn.functionName}:live`,
    ExecutedVersion: version,
  };
  const errors = fn.metricErrors({ ...EVERY_MINUTE, dimensionsMap });
  const common = {
    threshold: UNHANDLED_A_MINUTE,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  };
  // The two metrics come from different sources, at different times, so one minute says little about their difference.
  const patient = { threshold: ERRORS_A_MINUTE, evaluationPeriods: 3, datapointsToAlarm: 2 };
  return [
    new cloudwatch.Alarm(scope, 'CanaryErrors', {
      ...common,
      ...(expectedExceptions && patient),
      alarmName: named('errors'),
      metric: expectedExceptions ? without(errors, own(expectedExceptions)) : errors,
      alarmDescription: describe('the new version crashes or times out.', 'function-errors'),
    }),
    new cloudwatch.Alarm(scope, 'CanaryUnhandled', {
      ...common,
      alarmName: named('unhandled'),
      metric: own('UnhandledError'),
      alarmDescription: describe('the new version responds with 500.', 'unhandled-errors'),
    }),
  ];
}

/** An unexpected error becomes a 500, which Lambda does not count as an error. So the canary needs this alarm. */
function unhandledAlarm(scope: Construct, service: string, describe: Describe): cloudwatch.Alarm {
  return counted('UnhandledError', { service }).createAlarm(scope, 'Unhandled', {
    threshold: UNHANDLED_A_MINUTE,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    alarmDescription: describe(
      `${UNHANDLED_A_MINUTE} or more 500 responses in a minute. Each is a bug; its log line has the stack trace.`,
      'unhandled-errors',
    ),
  });
}

/** One alarm for a failed run. A function that runs at least hourly also has one for missed runs. */
function scheduleAlarms(
  scope: Construct,
  alias: lambda.Alias,
  every: Duration,
  describe: Describe,
): cloudwatch.Alarm[] {
  const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
  const failed = alias.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }).createAlarm(scope, 'Errors', {
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: NOT_BREACHING,
    alarmDescription: describe('a run failed. Its work waits for the next run.', 'job-failed'),
  });
  if (every.toMinutes() > 60) return [failed];
  const runs = alias.metricInvocations({ period: Duration.minutes(every.toMinutes() * 5), statistic: 'Sum' });
  const silent = runs.createAlarm(scope, 'Silent', {
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: BREACHING,
    alarmDescription: describe(
      'did not run for five intervals. Its schedule is off, or it is throttled.',
      'job-not-running',
    ),
  });
  return [failed, silent];
}

/** Crashes and timeouts. An exception that is a result, such as a rejected token, is counted by its own metric and left out. */
function errorsOf(alias: lambda.Alias, name: string, expectedExceptions: string | undefined): cloudwatch.IMetric {
  const errors = alias.metricErrors(EVERY_MINUTE);
  if (!expectedExceptions) return errors;
  return without(errors, counted(expectedExceptions, { service: name }));
}

/** A metric that our code counts (lambdas/shared/metrics.ts). */
const counted = (metricName: string, dimensionsMap: Record<string, string>) =>
  new cloudwatch.Metric({ namespace: 'Throughline', metricName, dimensionsMap, ...EVERY_MINUTE });

const without = (errors: cloudwatch.IMetric, expected: cloudwatch.IMetric): cloudwatch.IMetric =>
  new cloudwatch.MathExpression({
    expression: 'errors - FILL(expected, 0)',
    label: 'Errors other than expected exceptions',
    usingMetrics: { errors, expected },
    period: EVERY_MINUTE.period,
  });

/** Alarms of a function that others invoke: one for crashes and timeouts, one for throttles. */
function invocationAlarms(
  scope: Construct,
  fn: lambda.Function,
  errors: cloudwatch.IMetric,
  describe: Describe,
): cloudwatch.Alarm[] {
  const common = {
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  };
  return [
    new cloudwatch.Alarm(scope, 'Errors', {
      ...common,
      metric: errors,
      threshold: ERRORS_A_MINUTE,
      alarmDescription: describe(
        `${ERRORS_A_MINUTE} or more crashes or timeouts in a minute. Handled errors do not count.`,
        'function-errors',
      ),
    }),
    fn.metricThrottles(EVERY_MINUTE).createAlarm(scope, 'Throttles', {
      ...common,
      threshold: 1,
      alarmDescription: describe(
        'invocations are throttled, since all reserved concurrency is in use.',
        'function-throttles',
      ),
    }),
  ];
}
