import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../../lib/constructs/acknowledge.ts';
import type { Network } from '../../lib/network/network.ts';
import type { Stage } from '../../lib/stage.ts';
import { CACHE_USERS } from '../registry.ts';
import { accessRules } from './cache-users.ts';

export const VALKEY_VERSION = '8.1';

export interface ValkeyProps {
  stage: Stage;
  plan: { nodeType: string; replicas: number };
  network: Network;
  key: kms.IKey;
}

/** Hop 10 on AWS: TLS, one user per service with IAM authentication, and replicas in other zones if the stage has any. */
export class ValkeyCluster extends Construct {
  readonly #group: elasticache.CfnReplicationGroup;
  readonly #stage: Stage;
  readonly #id: string;

  constructor(scope: Construct, id: string, { stage, plan, network, key }: ValkeyProps) {
    super(scope, id);
    this.#stage = stage;
    this.#id = stage.regionalName;
    this.members = Array.from(
      { length: 1 + plan.replicas },
      (_, index) => `${this.#id}-${String(index + 1).padStart(3, '0')}`,
    );
    const subnets = new elasticache.CfnSubnetGroup(this, 'Subnets', {
      description: 'Where the cache is',
      subnetIds: network.vpc.selectSubnets(network.dataSubnets).subnetIds,
    });
    const users = this.#makeUsers();
    this.#group = new elasticache.CfnReplicationGroup(this, 'Group', {
      replicationGroupId: this.#id,
      replicationGroupDescription: `Throughline ${stage.name}`,
      engine: 'valkey',
      engineVersion: VALKEY_VERSION,
      cacheNodeType: plan.nodeType,
      numCacheClusters: 1 + plan.replicas,
      automaticFailoverEnabled: plan.replicas > 0,
      multiAzEnabled: plan.replicas > 0,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [network.group('cache').securityGroupId],
      userGroupIds: [users.ref],
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      kmsKeyId: key.keyId,
      autoMinorVersionUpgrade: true,
      // No snapshots: the services work without what is in the cache.
      snapshotRetentionLimit: 0,
      logDeliveryConfigurations: [this.#slowLog()],
    });
    acknowledge(
      this.#group,
      'AEC5',
      'Another port would protect nothing: only the members of one security group can connect',
    );
    acknowledge(this.#group, 'AEC6', 'Users authenticate with IAM, which is stronger and cannot be combined with AUTH');
    if (plan.replicas === 0)
      acknowledge(this.#group, 'AEC4', 'Without the cache the services work, but slower. prod has replicas');
  }

  /** Its nodes. A failover changes which of them is the primary, so alarms cover all of them. */
  readonly members: readonly string[];

  /** The id of the cluster, which is part of a client's IAM token. */
  get id(): string {
    return this.#id;
  }

  get host(): string {
    return this.#group.attrPrimaryEndPointAddress;
  }

  get port(): string {
    return this.#group.attrPrimaryEndPointPort;
  }

  userOf(service: string): string {
    return `${this.#stage.regionalName}-${service}`;
  }

  /** Lets an IAM role authenticate as a service's user, with a token instead of a password. */
  grantConnect(grantee: iam.IGrantable, service: string): void {
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({
        service: 'elasticache',
        resource,
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['elasticache:Connect'],
      resourceArns: [arn('replicationgroup', this.#id), arn('user', this.userOf(service))],
    });
  }

  /** IAM authentication requires a user's id to equal its name. */
  #makeUsers(): elasticache.CfnUserGroup {
    const users = Object.entries(CACHE_USERS).map(
      ([service, user]) =>
        new elasticache.CfnUser(this, `User-${service}`, {
          userId: this.userOf(service),
          userName: this.userOf(service),
          engine: 'valkey',
          accessString: `on ${accessRules(user)}`,
          authenticationMode: { Type: 'iam' },
        }),
    );
    return new elasticache.CfnUserGroup(this, 'Users', {
      engine: 'valkey',
      userGroupId: this.#id,
      userIds: users.map((user) => user.ref),
    });
  }

  #slowLog(): elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty {
    const logGroup = new logs.LogGroup(this, 'SlowLog', {
      retention: this.#stage.logRetentionDays as number,
      removalPolicy: this.#stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    return {
      logType: 'slow-log',
      logFormat: 'json',
      destinationType: 'cloudwatch-logs',
      destinationDetails: { cloudWatchLogsDetails: { logGroup: logGroup.logGroupName } },
    };
  }
}
