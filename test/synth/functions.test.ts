import { describe, expect, test } from '@jest/globals';
import { declaredFunctions } from '../../lambdas/registry.ts';
import { resolveStage } from '../../lib/stage.ts';
import {
  AWS_STAGES,
  type Found,
  type Json,
  resourcesOf,
  STAGES,
  type StageName,
  templateOf,
} from '../support/assembly.ts';

/** The functions of ours: the CDK's own helpers have no POWERTOOLS_SERVICE_NAME. */
const functionsOf = (stage: StageName) =>
  resourcesOf(stage, 'AWS::Lambda::Function').filter(
    ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME,
  );
const nameOf = (fn: Found): string => fn.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;

/** What a stage has, as the services declare it. */
const declared = (stage: StageName) => {
  const functions = declaredFunctions(stage === 'local' ? 'local' : 'aws');
  return resolveStage({ stage }).aws?.syntheticBuyer === false
    ? functions.filter(({ service }) => service.name !== 'synthetic')
    : functions;
};

describe.each(STAGES)('the functions of %s', (stage) => {
  test('are all there, each with Node 24, a role of its own and a log group with retention', () => {
    const functions = functionsOf(stage);
    const expected = declared(stage).map(({ name }) => name);
    expect(functions.map(nameOf).sort()).toEqual(expected.sort());
    expect(new Set(functions.map((each) => JSON.stringify(each.Properties.Role))).size).toBe(functions.length);
    for (const each of functions) {
      expect(each.Properties.Runtime).toBe('nodejs24.x');
      expect(each.Properties.LoggingConfig.LogGroup).toBeDefined();
    }
    for (const group of resourcesOf(stage, 'AWS::Logs::LogGroup'))
      expect(group.Properties.RetentionInDays).toBe(resolveStage({ stage }).logRetentionDays);
  });

  test('have no wildcard action, and no wildcard resource but where AWS has no other', () => {
    const wild: string[] = [];
    for (const policy of resourcesOf(stage, 'AWS::IAM::Policy').filter(({ stack }) => stack === 'services')) {
      for (const { Action, Resource, Effect } of policy.Properties.PolicyDocument.Statement as Json[]) {
        const actions = [Action].flat() as string[];
        expect(actions.filter((action) => action.endsWith('*'))).toEqual([]);
        if (Effect === 'Allow' && [Resource].flat().includes('*')) wild.push(...actions);
      }
    }
    // Lambda's own network interfaces, and X-Ray: neither names a resource.
    expect([...new Set(wild)].filter((action) => !/^(ec2|xray):/.test(action))).toEqual([]);
  });

  test('hold no secret: what is secret is fetched by name, or comes as a parameter that is never shown', () => {
    for (const { Properties } of functionsOf(stage)) {
      for (const [name, value] of Object.entries(Properties.Environment.Variables)) {
        if (/PASSWORD|SECRET|API_KEY/.test(name) && !name.endsWith('_NAME'))
          expect(value).toEqual({ Ref: expect.any(String) });
      }
    }
    if (stage === 'local') return;
    expect(resourcesOf(stage).filter((each) => JSON.stringify(each.Properties).includes('DATABASE_PASSWORD'))).toEqual(
      [],
    );
    for (const { stack } of functionsOf(stage))
      expect(Object.values(templateOf(stage, stack).findParameters('*', { NoEcho: true }))).toEqual([]);
  });
});

describe.each(AWS_STAGES)('the functions of %s', (stage) => {
  test('run on ARM, in the network but for the synthetic buyer, and are called by their alias', () => {
    for (const each of functionsOf(stage)) {
      expect(each.Properties.Architectures).toEqual(['arm64']);
      if (nameOf(each) !== 'synthetic-buyer') expect(each.Properties.VpcConfig.SubnetIds.length).toBeGreaterThan(1);
    }
    expect(resourcesOf(stage, 'AWS::Lambda::Alias')).toHaveLength(functionsOf(stage).length);
    for (const { Properties } of resourcesOf(stage, 'AWS::Lambda::EventSourceMapping')) {
      expect(JSON.stringify(Properties.FunctionName)).toContain('Live');
      expect(Properties.ScalingConfig.MaximumConcurrency).toBe(resolveStage({ stage }).concurrency.worker);
    }
  });

  test('that connect to the database are bounded, and all together fit it', () => {
    const { database } = resolveStage({ stage });
    const connected = functionsOf(stage).filter((each) => each.Properties.Environment.Variables.DATABASE_USER);
    const POOLS = 2;
    const most = connected.reduce((sum, each) => sum + each.Properties.ReservedConcurrentExecutions * POOLS, 0);
    expect(most).toBeLessThanOrEqual(database.maxConnections - database.reservedConnections);
    const [parameters] = resourcesOf(stage, 'AWS::RDS::DBClusterParameterGroup');
    expect(parameters?.Properties.Parameters.max_connections).toBe(String(database.maxConnections));
  });

  test('the schema is migrated before a new version takes traffic', () => {
    const aliases = resourcesOf(stage, 'AWS::Lambda::Alias').filter(({ id }) => !/Migrations|Synthetic/.test(id));
    for (const alias of aliases) expect(`${alias.id}: ${alias.DependsOn}`).toContain('MigrationsTrigger');
  });
});

describe('in prod', () => {
  test('what answers people is kept warm, grows with its use, and is deployed by a canary that goes back', () => {
    const answering = declared('prod').filter(({ kind }) => kind === 'api' || kind === 'authorizer');
    const kept = answering.filter(({ startsCold }) => !startsCold).length;
    const userFacing = resourcesOf('prod', 'AWS::CodeDeploy::DeploymentGroup');
    expect(userFacing).toHaveLength(answering.length);
    for (const { Properties } of userFacing) {
      const monitoring = JSON.stringify(Properties.AlarmConfiguration.Alarms);
      for (const alarm of ['CanaryErrors', 'CanaryUnhandled']) expect(monitoring).toContain(alarm);
      expect(Properties.AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
    }
    const warm = resourcesOf('prod', 'AWS::ApplicationAutoScaling::ScalableTarget').filter(
      ({ Properties }) => Properties.ServiceNamespace === 'lambda',
    );
    expect(warm.map(({ Properties }) => Properties.MinCapacity)).toEqual(Array(kept).fill(2));
    const scaled = resourcesOf('prod', 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ({ Properties }) =>
        Properties.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType,
    );
    expect(scaled.filter((type) => type === 'LambdaProvisionedConcurrencyUtilization')).toHaveLength(kept);
  });
});
