import { Duration, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as fis from 'aws-cdk-lib/aws-fis';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ValkeyCluster } from '../../lambdas/cache/valkey.construct.ts';
import type { Aurora } from '../../lambdas/database/aurora.construct.ts';
import type { ServiceFunction } from '../constructs/service-function.ts';
import type { Stage } from '../stage.ts';

export interface GameDaysProps {
  stage: Stage;
  aurora: Aurora;
  valkey: ValkeyCluster;
  functions: ServiceFunction[];
  /** Alerts that stop an experiment automatically. */
  stops: cloudwatch.IAlarm[];
}

type Action = fis.CfnExperimentTemplate.ExperimentTemplateActionProperty;
type Target = fis.CfnExperimentTemplate.ExperimentTemplateTargetProperty;
const EXPERIMENT_DURATION = Duration.minutes(5).toIsoString();

/**
 * AWS FIS experiment templates. Nothing happens until an engineer starts an experiment. The expected results are in
 * docs/runbook.md. The two on functions need the fault injection layer on the function first.
 */
export class GameDays extends Construct {
  readonly #props: GameDaysProps;
  readonly #role: iam.Role;

  constructor(scope: Construct, id: string, props: GameDaysProps) {
    super(scope, id);
    this.#props = props;
    this.#role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('fis.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.#addDatabaseFailover();
    this.#interruptCacheZone();
    this.#addFunctionFaults();
  }

  #addDatabaseFailover(): void {
    const { clusterArn } = this.#props.aurora.cluster;
    this.#allow(['rds:FailoverDBCluster', 'rds:DescribeDBClusters'], [clusterArn]);
    this.#template(
      'DatabaseFailover',
      'The writer fails and a reader is promoted: writes fail for seconds, reads continue',
      { actionId: 'aws:rds:failover-db-cluster', targets: { Clusters: 'target' } },
      { resourceType: 'aws:rds:cluster', resourceArns: [clusterArn], selectionMode: 'ALL' },
    );
  }

  #interruptCacheZone(): void {
    const { stage, valkey } = this.#props;
    const arn = Stack.of(this).formatArn({ service: 'elasticache', resource: `replicationgroup:${valkey.id}` });
    this.#allow(['elasticache:InterruptClusterAzPower', 'elasticache:DescribeReplicationGroups'], [arn]);
    this.#template(
      'CacheZoneLoss',
      'The cache loses a zone and fails over to a replica: orders continue, but slower',
      {
        actionId: 'aws:elasticache:replicationgroup-interrupt-az-power',
        parameters: { duration: EXPERIMENT_DURATION },
        targets: { ReplicationGroups: 'target' },
      },
      {
        resourceType: 'aws:elasticache:replicationgroup',
        resourceArns: [arn],
        selectionMode: 'ALL',
        parameters: { availabilityZoneIdentifier: `${stage.env.region}a` },
      },
    );
  }

  #addFunctionFaults(): void {
    const payments = this.#props.functions.find((fn) => fn.functionName === 'payments');
    if (!payments) return;
    const arn = payments.function.functionArn;
    this.#allow(['lambda:GetFunction'], [arn]);
    const target = { resourceType: 'aws:lambda:function', resourceArns: [arn], selectionMode: 'ALL' };
    this.#template(
      'PaymentsSlow',
      'Every fifth payment call starts 3 s late: no order is charged twice',
      {
        actionId: 'aws:lambda:invocation-add-delay',
        parameters: { duration: EXPERIMENT_DURATION, invocationPercentage: '20', startupDelayMilliseconds: '3000' },
        targets: { Functions: 'target' },
      },
      target,
    );
    this.#template(
      'PaymentsFail',
      'Every fifth payment call fails: a retry with the same key succeeds',
      {
        actionId: 'aws:lambda:invocation-error',
        parameters: { duration: EXPERIMENT_DURATION, invocationPercentage: '20', preventExecution: 'true' },
        targets: { Functions: 'target' },
      },
      target,
    );
  }

  #allow(actions: string[], resources: string[]): void {
    this.#role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
  }

  #template(id: string, description: string, action: Action, target: Target): void {
    new fis.CfnExperimentTemplate(this, id, {
      description,
      roleArn: this.#role.roleArn,
      actions: { [id]: action },
      targets: { target },
      stopConditions: this.#props.stops.map((stop) => ({ source: 'aws:cloudwatch:alarm', value: stop.alarmArn })),
      experimentOptions: { accountTargeting: 'single-account', emptyTargetResolutionMode: 'fail' },
      tags: { Name: `${this.#props.stage.regionalName}-${id}` },
    });
  }
}
