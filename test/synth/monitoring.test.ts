import { describe, expect, test } from '@jest/globals';
import { AWS_STAGES, type Json, resourcesOf } from '../support/assembly.ts';

describe.each(AWS_STAGES)('the monitoring of %s', (stage) => {
  test('every alarm is part of an alert, and every alert goes to the topic', () => {
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

  test('there is an alert a hop and a service', () => {
    const names = resourcesOf(stage, 'AWS::CloudWatch::CompositeAlarm').map(({ id }) => id);
    const hops = [
      'Dns',
      'Edge',
      'Balancer',
      'Gateway',
      'Auth',
      'Catalog',
      'Orders',
      'Payments',
      'Queues',
      'Email',
      'Database',
      'Cache',
    ];
    for (const hop of hops) expect([hop, names.some((name) => name.includes(`Alerts${hop}`))]).toEqual([hop, true]);
  });

  test('every alarm says why', () => {
    for (const { id, Properties } of resourcesOf(stage, 'AWS::CloudWatch::Alarm'))
      expect([id, (Properties.AlarmDescription ?? '').length > 20]).toEqual([id, true]);
  });

  test('a budget, and a dashboard with a row a hop', () => {
    expect(resourcesOf(stage, 'AWS::Budgets::Budget')).toHaveLength(1);
    const [dashboard] = resourcesOf(stage, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const rows = ['1 DNS', '2 Edge', '3 Load balancer', '4 Gateway', '5, 6, 8 Functions', '7 Queues', '8 Mails'];
    for (const row of [...rows, '9 Database', '10 Cache']) expect(body).toContain(row);
  });
});

test('in prod a synthetic buyer comes every five minutes', () => {
  const rules = resourcesOf('prod', 'AWS::Events::Rule').map(({ Properties }) => Properties.ScheduleExpression);
  expect(rules).toContain('rate(5 minutes)');
});

test('game days stop by themselves when an alert rings, and touch what they name only', () => {
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
