import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { AwsPlan } from '../stage.ts';
import { describeAlarm, type RunbookSection } from './runbook.ts';

/** Sends alarms by e-mail to the stage's address, through one topic per region. */
export class Alerts extends Construct {
  readonly topic: sns.Topic;

  readonly #plan: AwsPlan;

  constructor(scope: Construct, id: string, { plan }: { plan: AwsPlan }) {
    super(scope, id);
    this.#plan = plan;
    // No key of our own, which would cost 1 USD a month: SNS encrypts what it stores, an alert has no customer data, and CloudWatch
    // cannot publish to a topic with the AWS managed key for SNS.
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Throughline alerts', enforceSSL: true });
    // A custom policy replaces the default policy of SNS, so it has to allow CloudWatch to publish.
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.topic.addSubscription(new subscriptions.EmailSubscription(plan.alertEmail));
  }

  /** Adds one alert for a hop, however many of its alarms go into ALARM. */
  add(hop: string, alarms: cloudwatch.IAlarm[]): cloudwatch.CompositeAlarm {
    const composite = new cloudwatch.CompositeAlarm(this, hop, {
      alarmRule: cloudwatch.AlarmRule.anyOf(...alarms),
      alarmDescription: describeAlarm(this.#plan, `${hop}: at least one of its alarms is in ALARM.`, 'alert'),
    });
    composite.addAlarmAction(new actions.SnsAction(this.topic));
    composite.addOkAction(new actions.SnsAction(this.topic));
    return composite;
  }
}

/** When an alarm goes into ALARM, and the reason for its threshold. */
export interface Threshold {
  metric: cloudwatch.IMetric;
  threshold: number;
  /** Why this threshold, and what a breach means for users. */
  why: string;
  /** The section of the runbook that says what to do. */
  runbook: RunbookSection;
  below?: boolean;
  /** How many of the last `outOf` periods must breach the threshold. */
  periods?: number;
  outOf?: number;
  /** How a period without data counts. */
  missing?: cloudwatch.TreatMissingData;
}

export type CreateAlarm = (id: string, given: Threshold) => cloudwatch.Alarm;

/** @returns a function that adds alarms to `scope`, each with a link to its section of the stage's runbook */
export function alarmFactory(scope: Construct, plan: AwsPlan): CreateAlarm {
  const { ComparisonOperator: is, TreatMissingData } = cloudwatch;
  return (id, given) =>
    new cloudwatch.Alarm(scope, id, {
      metric: given.metric,
      threshold: given.threshold,
      alarmDescription: describeAlarm(plan, given.why, given.runbook),
      comparisonOperator: given.below ? is.LESS_THAN_THRESHOLD : is.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: given.periods ?? 2,
      evaluationPeriods: given.outOf ?? 3,
      treatMissingData: given.missing ?? TreatMissingData.NOT_BREACHING,
    });
}

export const MINUTE = Duration.minutes(1);
