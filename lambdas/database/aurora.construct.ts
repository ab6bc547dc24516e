import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../../lib/constructs/acknowledge.ts';
import type { Network } from '../../lib/network/network.ts';
import type { AuroraDatabase, Stage } from '../../lib/stage.ts';

/** The migrations use `uuidv7()`, new in 18. RDS Proxy with 18 is untested here: see `proxy` in lib/stage.ts. */
export const ENGINE_VERSION = rds.AuroraPostgresEngineVersion.VER_18_4;
const READER_CPU_TARGET_PERCENT = 60;

export interface AuroraProps {
  stage: Stage;
  plan: AuroraDatabase;
  network: Network;
  key: kms.IKey;
}

/** Hop 9 on AWS: a writer and readers in different zones, behind RDS Proxy if the stage has it. */
export class Aurora extends Construct {
  readonly cluster: rds.DatabaseCluster;
  readonly #proxy: rds.DatabaseProxy | undefined;
  readonly #readerEndpoint: string;
  readonly #key: kms.IKey;

  constructor(scope: Construct, id: string, props: AuroraProps) {
    super(scope, id);
    const { plan } = props;
    this.#key = props.key;
    this.cluster = this.#makeCluster(props);
    acknowledge(
      this.cluster,
      'SMG4',
      'Only migrations use this password; services use IAM tokens. docs/runbook.md describes how to change it',
    );
    if (!props.stage.protect)
      acknowledge(
        this.cluster,
        'RDS10',
        'A stage for experiments, or a first deployment, which must be able to fail and start again',
      );
    if (plan.maxReaders > plan.readers) this.#scaleReaders(plan);
    this.#proxy = plan.proxy ? this.#makeProxy(props) : undefined;
    this.#readerEndpoint = this.#proxy
      ? this.#proxy.addEndpoint('Reader', {
          vpc: props.network.vpc,
          vpcSubnets: props.network.dataSubnets,
          securityGroups: [props.network.group('database-proxy')],
          targetRole: rds.ProxyEndpointTargetRole.READ_ONLY,
        }).endpoint
      : this.cluster.clusterReadEndpoint.hostname;
  }

  get writerAddress(): string {
    return `${this.#proxy?.endpoint ?? this.cluster.clusterEndpoint.hostname}:5432`;
  }

  get readerAddress(): string {
    return `${this.#readerEndpoint}:5432`;
  }

  /** Lets an IAM role authenticate as one database user, with a token instead of a password. */
  grantConnect(grantee: iam.IGrantable, user: string): void {
    if (this.#proxy) this.#proxy.grantConnect(grantee, user);
    else this.cluster.grantConnect(grantee, user);
  }

  /** The secret that holds the schema owner's password. */
  get owner(): secretsmanager.ISecret {
    if (!this.cluster.secret) throw new Error('The cluster has no secret.');
    return this.cluster.secret;
  }

  /** Granted on the role only: a statement in the key's policy would make this stack depend on the reader's stack. */
  grantReadOwner(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.owner.secretArn],
    });
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [this.#key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.amazonaws.com` } },
    });
  }

  #makeCluster({ stage, plan, network, key }: AuroraProps): rds.DatabaseCluster {
    const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: ENGINE_VERSION });
    const instance = {
      publiclyAccessible: false,
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: key,
    };
    // Created here, because the log group that RDS would create keeps logs forever.
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/rds/cluster/${stage.regionalName}/postgresql`,
      retention: stage.logRetentionDays as number,
      // RDS requires this name. A retained group would keep it from the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const cluster = new rds.DatabaseCluster(this, 'Cluster', {
      engine,
      clusterIdentifier: stage.regionalName,
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        description: `Throughline ${stage.name}`,
        // Set explicitly, so that the server's limit is the one that the synth checks connections against.
        parameters: { max_connections: String(plan.maxConnections), 'rds.force_ssl': '1' },
      }),
      writer: rds.ClusterInstance.serverlessV2('Writer', instance),
      readers: Array.from({ length: plan.readers }, (_, index) =>
        // The first reader scales with the writer (promotion tier 1), because a failover promotes it.
        rds.ClusterInstance.serverlessV2(`Reader${index + 1}`, { ...instance, scaleWithWriter: index === 0 }),
      ),
      serverlessV2MinCapacity: plan.minAcu,
      serverlessV2MaxCapacity: plan.maxAcu,
      ...(plan.autoPauseMinutes && { serverlessV2AutoPauseDuration: Duration.minutes(plan.autoPauseMinutes) }),
      vpc: network.vpc,
      vpcSubnets: network.dataSubnets,
      securityGroups: [network.group('database')],
      defaultDatabaseName: plan.name,
      // The schema's owner. Only migrations use it. Secrets Manager generates and stores its password.
      credentials: rds.Credentials.fromGeneratedSecret('throughline_owner', { encryptionKey: key }),
      iamAuthentication: true,
      ...(plan.ioOptimized && { storageType: rds.DBClusterStorageType.AURORA_IOPT1 }),
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(plan.backupDays) },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      deletionProtection: stage.protect,
      // Not retained: RDS would then refuse to delete its subnet group and with it the network.
      removalPolicy: stage.finalSnapshot ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    cluster.node.addDependency(logGroup);
    return cluster;
  }

  /** Scales between the stage's minimum and maximum number of readers. */
  #scaleReaders(plan: AuroraDatabase): void {
    const target = new scaling.ScalableTarget(this, 'ReaderCount', {
      serviceNamespace: scaling.ServiceNamespace.RDS,
      resourceId: `cluster:${this.cluster.clusterIdentifier}`,
      scalableDimension: 'rds:cluster:ReadReplicaCount',
      minCapacity: plan.readers,
      maxCapacity: plan.maxReaders,
    });
    target.node.addDependency(this.cluster);
    target.scaleToTrackMetric('ReaderLoad', {
      predefinedMetric: scaling.PredefinedMetric.RDS_READER_AVERAGE_CPU_UTILIZATION,
      targetValue: READER_CPU_TARGET_PERCENT,
      scaleInCooldown: Duration.minutes(10),
      scaleOutCooldown: Duration.minutes(3),
    });
  }

  /** IAM end to end: clients authenticate to the proxy with tokens, and so does the proxy to the database. */
  #makeProxy({ network }: AuroraProps): rds.DatabaseProxy {
    const role = new iam.Role(this, 'ProxyRole', { assumedBy: new iam.ServicePrincipal('rds.amazonaws.com') });
    const proxy = new rds.DatabaseProxy(this, 'Proxy', {
      role,
      proxyTarget: rds.ProxyTarget.fromCluster(this.cluster),
      defaultAuthScheme: rds.DefaultAuthScheme.IAM_AUTH,
      iamAuth: true,
      requireTLS: true,
      vpc: network.vpc,
      vpcSubnets: network.dataSubnets,
      securityGroups: [network.group('database-proxy')],
      maxConnectionsPercent: 90,
      maxIdleConnectionsPercent: 30,
      borrowTimeout: Duration.seconds(2),
    });
    // The CDK's construct does not grant this. The proxy connects to the database as its client's role.
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['rds-db:connect'],
        resources: [
          Stack.of(this).formatArn({
            service: 'rds-db',
            resource: 'dbuser',
            resourceName: `${this.cluster.clusterResourceIdentifier}/*_service`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    );
    acknowledge(
      role,
      `IAM5[Resource::arn:aws:rds-db:${Stack.of(this).region}:${Stack.of(this).account}:dbuser:<${logicalIdOf(this.cluster)}.DBClusterResourceId>/*_service]`,
      'The services’ database roles, by their suffix: the proxy connects as its client’s role',
    );
    return proxy;
  }
}

const logicalIdOf = (cluster: rds.DatabaseCluster) =>
  Stack.of(cluster).getLogicalId(cluster.node.defaultChild as rds.CfnDBCluster);
