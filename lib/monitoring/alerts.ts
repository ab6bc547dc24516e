import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Where alarms go: one topic a region, to the stage's address. */
export class Alerts extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { email }: { email: string }) {
    super(scope, id);
    const key = new kms.Key(this, 'Key', {
      description: 'Encrypts alerts',
      enableKeyRotation: true,
      // An alert is gone once it is sent: nothing is left that the key would be needed for.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // CloudWatch cannot use the key that AWS keeps for SNS.
    key.grantEncryptDecrypt(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Throughline alerts', masterKey: key, enforceSSL: true });
    // With a policy of its own a topic has no longer SNS's default one: who may publish must be said.
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.topic.addSubscription(new subscriptions.EmailSubscription(email));
  }

  /** One alert for a hop, however many of its alarms ring. */
  add(hop: string, alarms: cloudwatch.IAlarm[]): cloudwatch.CompositeAlarm {
    const composite = new cloudwatch.CompositeAlarm(this, hop, {
      alarmRule: cloudwatch.AlarmRule.anyOf(...alarms),
      alarmDescription: `${hop}: at least one of its alarms rings; the dashboard and docs/runbook.md say which and what to do`,
    });
    composite.addAlarmAction(new actions.SnsAction(this.topic));
    composite.addOkAction(new actions.SnsAction(this.topic));
    return composite;
  }
}

/** How an alarm decides; with the reason for its threshold. */
export interface Threshold {
  metric: cloudwatch.IMetric;
  threshold: number;
  /** Why this number, and what it means for people. */
  why: string;
  below?: boolean;
  /** Of so many periods, this many must be past the threshold. */
  periods?: number;
  outOf?: number;
  /** What it means when there is no number at all. */
  missing?: cloudwatch.TreatMissingData;
}

export function alarm(scope: Construct, id: string, given: Threshold): cloudwatch.Alarm {
  const { ComparisonOperator: is, TreatMissingData } = cloudwatch;
  return new cloudwatch.Alarm(scope, id, {
    metric: given.metric,
    threshold: given.threshold,
    alarmDescription: given.why,
    comparisonOperator: given.below ? is.LESS_THAN_THRESHOLD : is.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    datapointsToAlarm: given.periods ?? 2,
    evaluationPeriods: given.outOf ?? 3,
    treatMissingData: given.missing ?? TreatMissingData.NOT_BREACHING,
  });
}

export const MINUTE = Duration.minutes(1);
