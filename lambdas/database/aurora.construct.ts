import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../../lib/constructs/acknowledge.ts';
import type { Network } from '../../lib/network/network.ts';
import type { AuroraDatabase, Stage } from '../../lib/stage.ts';

/** The migrations use `uuidv7()`, which came with 18. RDS Proxy on 18 was never tried by us: `proxy` in lib/stage.ts. */
export const ENGINE_VERSION = rds.AuroraPostgresEngineVersion.VER_18_4;
const READER_CPU_TARGET_PERCENT = 60;

export interface AuroraProps {
  stage: Stage;
  plan: AuroraDatabase;
  network: Network;
  key: kms.IKey;
}

/** Hop 9 on AWS: a writer and readers in different zones, behind a proxy where the stage has one. */
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
      'Only migrations sign in with it; services use tokens. docs/runbook.md says how it is changed',
    );
    if (!props.stage.retainData)
      acknowledge(this.cluster, 'RDS10', 'A stage to try things in; deleting it leaves a snapshot');
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

  /** Lets a role sign in as one user of the database, with a token in place of a password. */
  grantConnect(grantee: iam.IGrantable, user: string): void {
    if (this.#proxy) this.#proxy.grantConnect(grantee, user);
    else this.cluster.grantConnect(grantee, user);
  }

  /** The secret of the schema's owner. */
  get owner(): secretsmanager.ISecret {
    if (!this.cluster.secret) throw new Error('The cluster was made without a secret.');
    return this.cluster.secret;
  }

  /** On the role's side only: a rule on the key's side would make this stack wait for the one that reads. */
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
    // Made before the database would make it: with no end to its logs.
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/rds/cluster/throughline-${stage.name}/postgresql`,
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const cluster = new rds.DatabaseCluster(this, 'Cluster', {
      engine,
      clusterIdentifier: `throughline-${stage.name}`,
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        description: `Throughline ${stage.name}`,
        // Written down, so that the connection budget of the synth is the server's own.
        parameters: { max_connections: String(plan.maxConnections), 'rds.force_ssl': '1' },
      }),
      writer: rds.ClusterInstance.serverlessV2('Writer', instance),
      readers: Array.from({ length: plan.readers }, (_, index) =>
        // The first scales with the writer (promotion tier 1): it is the one that a failover promotes.
        rds.ClusterInstance.serverlessV2(`Reader${index + 1}`, { ...instance, scaleWithWriter: index === 0 }),
      ),
      serverlessV2MinCapacity: plan.minAcu,
      serverlessV2MaxCapacity: plan.maxAcu,
      ...(plan.autoPauseMinutes && { serverlessV2AutoPauseDuration: Duration.minutes(plan.autoPauseMinutes) }),
      vpc: network.vpc,
      vpcSubnets: network.dataSubnets,
      securityGroups: [network.group('database')],
      defaultDatabaseName: plan.name,
      // The owner of the schema. Only migrations sign in as it; its password is made and kept by Secrets Manager.
      credentials: rds.Credentials.fromGeneratedSecret('throughline_owner', { encryptionKey: key }),
      iamAuthentication: true,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(plan.backupDays) },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      deletionProtection: stage.retainData,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.SNAPSHOT,
    });
    cluster.node.addDependency(logGroup);
    const secrets = cluster.node.findAll().filter((each) => each instanceof secretsmanager.Secret);
    if (stage.retainData)
      for (const secret of secrets) secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return cluster;
  }

  /** Between the readers that are always there and the most that the stage allows. */
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

  /** Tokens all the way: clients sign in to the proxy, and the proxy to the database, with IAM. */
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
    // The construct leaves this to us: the proxy signs in as whoever signed in to it.
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
      'The services’ roles, by their ending: the proxy signs in as whoever signed in to it',
    );
    return proxy;
  }
}

const logicalIdOf = (cluster: rds.DatabaseCluster) =>
  Stack.of(cluster).getLogicalId(cluster.node.defaultChild as rds.CfnDBCluster);
