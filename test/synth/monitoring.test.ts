import { describe, expect, test } from '@jest/globals';
import { ALL_SERVICES } from '../../lambdas/registry.ts';
import { pascalCase } from '../../lib/constructs/names.ts';
import { AWS_STAGES, type Json, resourcesOf } from '../support/assembly.ts';

describe.each(AWS_STAGES)('the monitoring of %s', (stage) => {
  test('every alarm is part of a composite alarm, and every composite alarm notifies the topic', () => {
    const alarms = resourcesOf(stage, 'AWS::CloudWatch::Alarm').filter(({ id }) => !/AlarmHigh|AlarmLow/.test(id));
    const alerts = resourcesOf(stage, 'AWS::CloudWatch::CompositeAlarm');
    const rules = JSON.stringify(alerts.map(({ Properties }) => Properties.AlarmRule));
    const unheard = alarms.filter(({ id }) => !rules.includes(id)).map(({ id }) => id);
    expect(unheard).toEqual([]);
    for (const { Properties } of alerts) expect(Properties.AlarmActions).toHaveLength(1);
    const subscriptions = resourcesOf(stage, 'AWS::SNS::Subscription');
    expect(subscriptions.map(({ stack, Properties }) => [stack, Properties.Protocol]).sort()).toEqual([
      ['edge', 'email'],
      ['monitoring', 'email'],
    ]);
  });

  test('CloudWatch may publish to the topics and use their keys', () => {
    const policies = resourcesOf(stage, 'AWS::SNS::TopicPolicy');
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies)
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
        }),
      );
    const keys = resourcesOf(stage, 'AWS::KMS::Key').filter(({ id }) => id.includes('Alerts'));
    expect(keys).toHaveLength(2);
    for (const { Properties } of keys)
      expect(JSON.stringify(Properties.KeyPolicy)).toContain('"Principal":{"Service":"cloudwatch.amazonaws.com"}');
  });

  test('each hop and each service has a composite alarm', () => {
    const names = resourcesOf(stage, 'AWS::CloudWatch::CompositeAlarm').map(({ id }) => id);
    const hops = ['Dns', 'Edge', 'Balancer', 'Gateway', 'Queues', 'Database', 'Cache', 'Business'];
    const services = ALL_SERVICES.filter(
      ({ name, functions }) => Object.keys(functions).length > 0 && (stage === 'prod' || name !== 'synthetic'),
    );
    for (const hop of [...hops, ...services.map(({ name }) => pascalCase(name))])
      expect([hop, names.some((name) => name.includes(`Alerts${hop}`))]).toEqual([hop, true]);
  });

  test('every alarm has a description', () => {
    for (const { id, Properties } of resourcesOf(stage, 'AWS::CloudWatch::Alarm'))
      expect([id, (Properties.AlarmDescription ?? '').length > 20]).toEqual([id, true]);
  });

  test('there is a budget and a dashboard with one row per hop', () => {
    expect(resourcesOf(stage, 'AWS::Budgets::Budget')).toHaveLength(1);
    const [dashboard] = resourcesOf(stage, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const rows = ['1 DNS', '2 Edge', '3 Load balancer', '4 Gateway', '5, 6, 8 Functions', '7 Queues', '8 Mails'];
    for (const row of [...rows, '9 Database', '10 Cache']) expect(body).toContain(row);
  });
});

test('in prod, the synthetic buyer runs every five minutes', () => {
  const rules = resourcesOf('prod', 'AWS::Events::Rule').map(({ Properties }) => Properties.ScheduleExpression);
  expect(rules).toContain('rate(5 minutes)');
});

test('each game day has stop conditions on two alarms and one target', () => {
  const templates = resourcesOf('prod', 'AWS::FIS::ExperimentTemplate');
  expect(
    templates
      .map(({ Properties }) => Object.values(Properties.Actions as Json)[0])
      .map((each: Json) => each.ActionId)
      .sort(),
  ).toEqual([
    'aws:elasticache:replicationgroup-interrupt-az-power',
    'aws:lambda:invocation-add-delay',
    'aws:lambda:invocation-error',
    'aws:rds:failover-db-cluster',
  ]);
  for (const { Properties } of templates) {
    expect(Properties.StopConditions).toHaveLength(2);
    for (const stop of Properties.StopConditions) expect(stop.Source).toBe('aws:cloudwatch:alarm');
    expect(Properties.Targets.target.ResourceArns).toHaveLength(1);
  }
});
