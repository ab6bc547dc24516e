import { describe, expect, test } from '@jest/globals';
import { AWS_STAGES, type Json, resourcesOf, templateOf } from '../support/assembly.ts';

const STATEFUL = { 'AWS::RDS::DBCluster': 'Snapshot', 'AWS::KMS::Key': 'RetainExceptOnCreate' };

describe.each(AWS_STAGES)('the data of %s', (stage) => {
  const [cluster] = resourcesOf(stage, 'AWS::RDS::DBCluster');
  const [cache] = resourcesOf(stage, 'AWS::ElastiCache::ReplicationGroup');

  test('is encrypted at rest and in transit and uses IAM authentication', () => {
    expect(cluster?.Properties).toMatchObject({ StorageEncrypted: true, EnableIAMDatabaseAuthentication: true });
    expect(cluster?.Properties.KmsKeyId).toBeDefined();
    const [parameters] = resourcesOf(stage, 'AWS::RDS::DBClusterParameterGroup');
    expect(parameters?.Properties.Parameters['rds.force_ssl']).toBe('1');
    expect(cache?.Properties).toMatchObject({
      AtRestEncryptionEnabled: true,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
    });
    for (const { Properties } of resourcesOf(stage, 'AWS::ElastiCache::User')) {
      expect(Properties.AuthenticationMode).toEqual({ Type: 'iam' });
      expect(Properties.UserId).toBe(Properties.UserName);
      expect(Properties.AccessString).toMatch(/^on resetchannels -@all /);
      expect(Properties.AccessString).not.toMatch(/\+@all|~\*/);
    }
  });

  test('has no public address', () => {
    for (const { Properties } of resourcesOf(stage, 'AWS::RDS::DBInstance'))
      expect(Properties.PubliclyAccessible).toBe(false);
    for (const { Properties } of resourcesOf(stage, 'AWS::EC2::Subnet'))
      expect(Properties.MapPublicIpOnLaunch).toBe(false);
    expect(resourcesOf(stage, 'AWS::EC2::NatGateway')).toEqual([]);
    // dev reaches AWS services over IPv6. Nobody outside can open a connection through an egress-only gateway.
    const routes = resourcesOf(stage, 'AWS::EC2::Route').map(({ Properties }) => Object.keys(Properties).sort());
    const outward = ['DestinationIpv6CidrBlock', 'EgressOnlyInternetGatewayId', 'RouteTableId'];
    expect(routes).toEqual(stage === 'dev' ? [outward, outward] : []);
    // A network may have one only.
    expect(resourcesOf(stage, 'AWS::EC2::EgressOnlyInternetGateway')).toHaveLength(stage === 'dev' ? 1 : 0);
  });

  test('has no security group that is open to a CIDR range', () => {
    for (const { Properties, id } of resourcesOf(stage, 'AWS::EC2::SecurityGroup')) {
      const opened = (Properties.SecurityGroupIngress ?? []).filter((rule: Json) => rule.CidrIp || rule.CidrIpv6);
      expect([id, opened]).toEqual([id, []]);
    }
    for (const { Properties } of resourcesOf(stage, 'AWS::EC2::SecurityGroupIngress'))
      expect(Properties.CidrIp).toBeUndefined();
  });
});

describe('in prod', () => {
  test('the database has a writer and two readers with different promotion tiers', () => {
    const instances = resourcesOf('prod', 'AWS::RDS::DBInstance');
    expect(instances).toHaveLength(3);
    expect(instances.map(({ Properties }) => Properties.PromotionTier ?? 0).sort()).toEqual([0, 1, 2]);
    const [group] = resourcesOf('prod', 'AWS::RDS::DBSubnetGroup');
    expect(group?.Properties.SubnetIds).toHaveLength(3);
  });

  test('readers scale with their load, and writer and reader connections use RDS Proxy', () => {
    templateOf('prod', 'data').hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'RDSReaderAverageCPUUtilization' },
      },
    });
    const [proxy] = resourcesOf('prod', 'AWS::RDS::DBProxy');
    expect(proxy?.Properties).toMatchObject({ RequireTLS: true, DefaultAuthScheme: 'IAM_AUTH' });
    const [reader] = resourcesOf('prod', 'AWS::RDS::DBProxyEndpoint');
    expect(reader?.Properties.TargetRole).toBe('READ_ONLY');
  });

  test('the cache has replicas in other zones and fails over automatically', () => {
    const [cache] = resourcesOf('prod', 'AWS::ElastiCache::ReplicationGroup');
    expect(cache?.Properties).toMatchObject({
      MultiAZEnabled: true,
      AutomaticFailoverEnabled: true,
      NumCacheClusters: 3,
    });
  });

  test('stateful resources are kept when their stack is deleted, protected and backed up', () => {
    for (const [type, policy] of Object.entries(STATEFUL)) {
      // Retained except on create: resources left by a failed first deployment would block the next one.
      for (const { DeletionPolicy, id } of resourcesOf('prod', type).filter(({ stack }) =>
        ['state', 'data'].includes(stack),
      ))
        expect([id, DeletionPolicy]).toEqual([id, policy]);
    }
    const [cluster] = resourcesOf('prod', 'AWS::RDS::DBCluster');
    expect(cluster?.Properties).toMatchObject({ DeletionProtection: true, BackupRetentionPeriod: 14 });
  });
});

describe('in dev', () => {
  test('the database sleeps when idle, and no proxy, schedule or health check keeps it awake', () => {
    const [cluster] = resourcesOf('dev', 'AWS::RDS::DBCluster');
    expect(cluster?.Properties.ServerlessV2ScalingConfiguration).toEqual({
      MinCapacity: 0,
      MaxCapacity: 2,
      SecondsUntilAutoPause: 600,
    });
    expect(resourcesOf('dev', 'AWS::RDS::DBProxy')).toEqual([]);
    for (const { Properties } of resourcesOf('dev', 'AWS::Events::Rule').filter(
      ({ Properties }) => Properties.ScheduleExpression,
    ))
      expect(['rate(6 hours)', 'rate(1 day)']).toContain(Properties.ScheduleExpression);
    const [check] = resourcesOf('dev', 'AWS::Route53::HealthCheck');
    expect(check?.Properties.HealthCheckConfig.ResourcePath).toBe('/api/.well-known/jwks.json');
  });
});
