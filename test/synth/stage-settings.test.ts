import { describe, expect, test } from '@jest/globals';
import { type Json, type Resource, resourcesOf } from '../support/assembly.ts';
import { type Composed, compose } from '../support/compose.ts';

/** Composed once, since each takes two seconds. */
const dev = compose({ stage: 'dev' });
const elsewhere = compose({ stage: 'dev', region: 'us-east-1', endpoints: 'interface' });
const other = compose({ stage: 'prod', canary: 'false', hstsPreload: 'true' });

describe('the first deployment of prod (-c protect=false)', () => {
  const first = compose({ stage: 'prod', protect: 'false' });
  const later = compose({ stage: 'prod' });
  const protections = ({ isProtected, resources }: Composed) => ({
    stacks: (['network', 'state', 'data'] as const).map(isProtected),
    database: resources('AWS::RDS::DBCluster')[0]?.Properties.DeletionProtection,
    balancer: resources('AWS::ElasticLoadBalancingV2::LoadBalancer')[0]?.Properties.LoadBalancerAttributes.find(
      ({ Key }: Json) => Key === 'deletion_protection.enabled',
    )?.Value,
  });

  test('can be deleted when it has failed, and a later deployment protects it', () => {
    expect(protections(first)).toEqual({ stacks: [false, false, false], database: false, balancer: 'false' });
    expect(protections(later)).toEqual({ stacks: [true, true, true], database: true, balancer: 'true' });
  });

  test('differs from later ones in its protections only', () => {
    const unprotected = (composed: Composed) => {
      const text = JSON.stringify([composed.template('data'), composed.template('gateway')]);
      return text
        .replaceAll(/"DeletionProtection":(true|false)/g, '')
        .replaceAll(/("deletion_protection.enabled","Value":)"(true|false)"/g, '$1');
    };
    expect(unprotected(first)).toBe(unprotected(later));
  });
});

describe('while an alarm rings', () => {
  test('a release of prod can go without its canary (-c canary=false)', () => {
    const { resources } = other;
    expect(resources('AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
    for (const alias of resources('AWS::Lambda::Alias') as (Resource & { UpdatePolicy?: unknown })[])
      expect(alias.UpdatePolicy).toBeUndefined();
  });

  test('a canary moves an alias when the alarms look at the new version', () => {
    const moved = resourcesOf('prod', 'AWS::Lambda::Alias').filter((alias) => 'UpdatePolicy' in alias);
    expect(moved.length).toBeGreaterThan(0);
    for (const { id, DependsOn } of moved)
      expect([id, DependsOn]).toEqual([
        id,
        expect.arrayContaining([expect.stringContaining('CanaryErrors'), expect.stringContaining('CanaryUnhandled')]),
      ]);
  });

  test('a canary is rolled back by alarms of its own version alone', () => {
    const groups = resourcesOf('prod', 'AWS::CodeDeploy::DeploymentGroup');
    expect(groups.length).toBeGreaterThan(0);
    const alarms = new Map(resourcesOf('prod', 'AWS::CloudWatch::Alarm').map((alarm) => [alarm.id, alarm]));
    for (const { Properties } of groups)
      for (const { Name } of Properties.AlarmConfiguration.Alarms as Json[]) {
        const { Properties: alarm } = alarms.get(Name.Ref) as { Properties: Record<string, Json> };
        // A new alarm for each version: CloudWatch keeps the state of one that is updated.
        expect(JSON.stringify(alarm.AlarmName)).toMatch(/CurrentVersion\w+","Version"/);
        const metrics: Json[] = (alarm.Metrics ?? [{ MetricStat: { Metric: alarm } }]).flatMap(
          ({ MetricStat }: Json) => MetricStat?.Metric ?? [],
        );
        for (const { Dimensions } of metrics)
          expect(Dimensions.map((each: Json) => each.Name)).toEqual(
            expect.arrayContaining([expect.stringMatching(/^(ExecutedVersion|version)$/)]),
          );
      }
  });
});

describe('a throwaway copy of prod (-c ephemeral=trial)', () => {
  const copy = compose({ stage: 'prod', ephemeral: 'trial' });

  test('has prod’s shape and names of its own', () => {
    expect(copy.resources('AWS::RDS::DBProxy')).toHaveLength(1);
    expect(copy.resources('AWS::CodeDeploy::DeploymentGroup').length).toBeGreaterThan(0);
    const named = (property: string, type: string) =>
      copy.resources(type).map(({ Properties }) => Properties[property]);
    for (const name of [
      ...named('FunctionName', 'AWS::Lambda::Function'),
      ...named('QueueName', 'AWS::SQS::Queue'),
      ...named('ReplicationGroupId', 'AWS::ElastiCache::ReplicationGroup'),
      ...named('DBClusterIdentifier', 'AWS::RDS::DBCluster'),
      ...named('Name', 'AWS::WAFv2::WebACL'),
    ].filter(Boolean))
      expect(JSON.stringify(name)).toContain('throughline-prod-trial');
  });

  test('keeps nothing and is protected from nothing', () => {
    for (const stack of ['network', 'state', 'data'] as const) expect(copy.isProtected(stack)).toBe(false);
    for (const type of ['AWS::RDS::DBCluster', 'AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup'])
      for (const { id, DeletionPolicy } of copy.resources(type)) expect([id, DeletionPolicy]).toEqual([id, 'Delete']);
  });
});

test('HSTS covers the names below the shop’s only where the stage says so (-c hstsPreload=true)', () => {
  const { resources } = other;
  for (const { Properties } of resources('AWS::CloudFront::ResponseHeadersPolicy'))
    expect(Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig.StrictTransportSecurity).toMatchObject({
      IncludeSubdomains: true,
      Preload: true,
    });
});

test('a stage in another region has IPv4 addresses of its own, so that the two can be connected', () => {
  const [here, there] = [dev, elsewhere].map(({ resources }) => resources('AWS::EC2::VPC')[0]?.Properties.CidrBlock);
  expect([here, there]).toEqual(['10.40.0.0/16', '10.44.0.0/16']);
});

test('dev reaches AWS services through interface endpoints where its settings say so (-c endpoints=interface)', () => {
  const { resources } = elsewhere;
  expect(resources('AWS::EC2::EgressOnlyInternetGateway')).toEqual([]);
  const interfaces = resources('AWS::EC2::VPCEndpoint').filter(
    ({ Properties }) => Properties.VpcEndpointType === 'Interface',
  );
  expect(interfaces).toHaveLength(5);
});
