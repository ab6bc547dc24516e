import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ALL_SERVICES } from '../../lambdas/registry.ts';
import { pascalCase } from '../../lib/constructs/names.ts';
import { describeAlarm, RUNBOOK_SECTIONS } from '../../lib/monitoring/runbook.ts';
import { RUNBOOK_FILE, stageContext } from '../../lib/stage-context.ts';
import { AWS_STAGES, type Json, ROOT, resourcesOf, type StageName } from '../support/assembly.ts';
import { anchorsOf, linksOf, sectionsOf } from '../support/markdown.ts';

const RUNBOOK = readFileSync(path.join(ROOT, RUNBOOK_FILE), 'utf8');

/** Alarms and composite alarms, without those that target tracking creates. */
const describedAlarms = (stage: StageName) =>
  ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']
    .flatMap((type) => resourcesOf(stage, type))
    .filter(({ id }) => !/AlarmHigh|AlarmLow/.test(id))
    .map(({ id, Properties }) => ({ id, description: String(Properties.AlarmDescription) }));

/** The section that a description links, or the description itself where it links none. */
const linkedSection = (description: string) =>
  / Runbook: docs\/runbook\.md#([a-z-]+)$/.exec(description)?.[1] ?? description;

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

  test('CloudWatch may publish to the topics', () => {
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
  });

  test('each hop has a composite alarm, and in prod each service has one too', () => {
    const names = resourcesOf(stage, 'AWS::CloudWatch::CompositeAlarm').map(({ id }) => id);
    const hops = ['Dns', 'Edge', 'Balancer', 'Gateway', 'Queues', 'Database', 'Cache', 'Business'];
    const services = ALL_SERVICES.filter(({ functions }) => Object.keys(functions).length > 0);
    const named = stage === 'prod' ? services.map(({ name }) => pascalCase(name)) : ['Functions'];
    for (const hop of [...hops, ...named])
      expect([hop, names.some((name) => name.includes(`Alerts${hop}`))]).toEqual([hop, true]);
  });

  test('every alarm has a description', () => {
    for (const { id, Properties } of resourcesOf(stage, 'AWS::CloudWatch::Alarm'))
      expect([id, (Properties.AlarmDescription ?? '').length > 20]).toEqual([id, true]);
  });

  test('every alarm links its section of the runbook', () => {
    const anchors = anchorsOf(RUNBOOK);
    const broken = describedAlarms(stage).filter(({ description }) => !anchors.includes(linkedSection(description)));
    expect(broken).toEqual([]);
  });

  test('there is a budget and a dashboard with one row per hop', () => {
    expect(resourcesOf(stage, 'AWS::Budgets::Budget')).toHaveLength(1);
    const [dashboard] = resourcesOf(stage, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const rows = ['1 DNS', '2 Edge', '3 Load balancer', '4 Gateway', '5, 6, 8 Functions', '7 Queues', '8 Mails'];
    for (const row of [...rows, '9 Database', '10 Cache']) expect(body).toContain(row);
  });
});

describe('the runbook', () => {
  test('has a section for each kind of alarm, and each section has an alarm in prod', () => {
    const linked = describedAlarms('prod').map(({ description }) => linkedSection(description));
    expect([...new Set(linked)].sort()).toEqual([...RUNBOOK_SECTIONS].sort());
    expect(anchorsOf(RUNBOOK)).toEqual(expect.arrayContaining([...RUNBOOK_SECTIONS]));
  });

  test.each(RUNBOOK_SECTIONS)('says of %s what it means, how to look and what to do', (section) => {
    const text = sectionsOf(RUNBOOK).get(section) ?? '';
    expect([...text.matchAll(/^\*\*(.+?)\.\*\*/gm)].map(([, part]) => part)).toEqual([
      'What it means',
      'How to look',
      'What to do',
    ]);
  });

  test('links to sections that exist', () => {
    const anchors = anchorsOf(RUNBOOK);
    for (const link of linksOf(RUNBOOK)) {
      const [file, anchor] = link.split('#');
      const target = file ? anchorsOf(readFileSync(path.join(ROOT, 'docs', file), 'utf8')) : anchors;
      expect([link, anchor === undefined || target.includes(anchor)]).toEqual([link, true]);
    }
  });

  test('names functions, queues and resources of prod in its commands', () => {
    const names = (type: string, property: string) =>
      resourcesOf('prod', type).map(({ Properties }) => String(Properties[property]).replace('throughline-prod-', ''));
    const functions = names('AWS::Lambda::Function', 'FunctionName');
    for (const [, name] of RUNBOOK.matchAll(/log_of ([a-z][\w-]*)\)/g)) expect(functions).toContain(name);
    for (const [, name] of RUNBOOK.matchAll(/metric_of \w+ ([\w-]+)$/gm)) expect(functions).toContain(name);
    const queues = names('AWS::SQS::Queue', 'QueueName');
    for (const [, name] of RUNBOOK.matchAll(/queue_of ([\w-]+)\)/g)) expect(queues).toContain(name);
    for (const [call, stack, start, type] of RUNBOOK.matchAll(/id_of (\w+) (\w+|'') ([\w:]+)\)/g)) {
      const found = resourcesOf('prod', `AWS::${type}`).filter(
        (each) => each.stack === stack && each.id.startsWith(start === "''" ? '' : String(start)),
      );
      expect([call, found.length]).toEqual([call, 1]);
    }
  });

  test('can be published elsewhere, and a description still fits into CloudWatch’s 1024 characters', () => {
    const runbookUrl = `https://wiki.example.com/${'x'.repeat(475)}`;
    expect(stageContext({ runbookUrl }).runbookUrl).toBe(runbookUrl);
    expect(describeAlarm({ runbookUrl }, 'Broken.', 'alert')).toBe(`Broken. Runbook: ${runbookUrl}#alert`);
    const longest = Math.max(...describedAlarms('prod').map(({ description }) => description.length));
    expect(longest - RUNBOOK_FILE.length + runbookUrl.length).toBeLessThan(1024);
  });
});

test('a rejected token is no error of the authorizer: neither its alarm nor its canary sees it', () => {
  const errors = resourcesOf('prod', 'AWS::CloudWatch::Alarm').find(({ id }) => /^Authorizer.*Errors/.test(id));
  const metrics: Json[] = errors?.Properties.Metrics;
  expect(metrics.map(({ Expression }) => Expression).filter(Boolean)).toEqual(['errors - FILL(expected, 0)']);
  expect(
    metrics
      .map(({ MetricStat }) => MetricStat?.Metric.MetricName)
      .filter(Boolean)
      .sort(),
  ).toEqual(['Errors', 'TokenRejected']);
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
