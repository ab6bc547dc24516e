import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { ServiceFunction } from '../constructs/service-function.ts';
import { API_STAGE_NAME } from '../gateway/api-gateway.ts';
import { EDGE_REGION } from '../stacks.ts';
import { MINUTE } from './alerts.ts';
import type { MonitoredResources } from './monitored-resources.ts';

type Metrics = cloudwatch.IMetric[];

/** One row per hop, in the order of the request path: requests, errors and latency. */
export function hopDashboard(
  scope: Construct,
  props: MonitoredResources & { functions: Map<string, ServiceFunction[]> },
): cloudwatch.Dashboard {
  const { gateway, balancer, aurora, functions, queues, stage } = props;
  const dashboard = new cloudwatch.Dashboard(scope, 'Dashboard', {
    dashboardName: stage.globalName,
    defaultInterval: Duration.hours(3),
  });
  const row = (title: string, ...graphs: [string, Metrics][]) =>
    dashboard.addWidgets(
      new cloudwatch.TextWidget({ markdown: `## ${title}`, width: 24, height: 1 }),
      ...graphs.map(([name, left]) => new cloudwatch.GraphWidget({ title: name, left, width: 24 / graphs.length })),
    );
  const sum = { period: MINUTE, statistic: 'Sum' };
  const slow = { period: MINUTE, statistic: 'p99' };
  // A search, not a reference: these metrics are in the edge's region, and its stack is deployed after this one.
  const edge = (namespace: string, dimensions: string, metricName: string, statistic: string, label: string) =>
    new cloudwatch.MathExpression({
      expression: `SEARCH('{${namespace},${dimensions}} MetricName="${metricName}"', '${statistic}', 60)`,
      label,
      searchRegion: EDGE_REGION,
      usingMetrics: {},
      period: MINUTE,
    });
  const cdn = (name: string, statistic: string) =>
    edge('AWS/CloudFront', 'DistributionId,Region', name, statistic, name);
  row(
    '1 DNS',
    ['Health check (1 is healthy)', [edge('AWS/Route53', 'HealthCheckId', 'HealthCheckStatus', 'Minimum', 'status')]],
    [
      'Health checkers that report healthy',
      [edge('AWS/Route53', 'HealthCheckId', 'HealthCheckPercentageHealthy', 'Average', 'percent')],
    ],
  );
  row(
    '2 Edge',
    ['Requests', [cdn('Requests', 'Sum')]],
    ['4xx and 5xx responses, percent', [cdn('4xxErrorRate', 'Average'), cdn('5xxErrorRate', 'Average')]],
    ['Blocked by AWS WAF', [edge('AWS/WAFV2', 'WebACL,Rule', 'BlockedRequests', 'Sum', 'blocked')]],
  );
  row(
    '3 Load balancer',
    ['Requests', [balancer.balancer.metrics.requestCount(sum)]],
    ['Healthy zones', [balancer.targetMetric('HealthyHostCount', { period: MINUTE, statistic: 'Minimum' })]],
    ['Response time of the API, p99', [balancer.targetMetric('TargetResponseTime', slow)]],
  );
  const api = (metricName: string, statistic: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      statistic,
      period: MINUTE,
      dimensionsMap: { ApiName: gateway.api.restApiName, Stage: API_STAGE_NAME },
    });
  row(
    '4 Gateway',
    ['Requests', [api('Count', 'Sum')]],
    ['4xx and 5xx responses', [api('4XXError', 'Sum'), api('5XXError', 'Sum')]],
    ['Latency', [api('Latency', 'p50'), api('Latency', 'p99')]],
  );
  const all = [...functions.values()].flat().map((each) => each.function);
  row(
    '5, 6, 8 Functions',
    ['Invocations', all.map((fn) => fn.metricInvocations(sum))],
    ['Errors and throttles', all.flatMap((fn) => [fn.metricErrors(sum), fn.metricThrottles(sum)])],
    ['Duration, p99', all.map((fn) => fn.metricDuration(slow))],
  );
  row(
    '7 Queues',
    ['Oldest message', queues.all.map((each) => each.queue.metricApproximateAgeOfOldestMessage())],
    ['Dead letters', queues.all.map((each) => each.deadLetters.metricApproximateNumberOfMessagesVisible())],
  );
  const mails = (metricName: string) =>
    new cloudwatch.Metric({ namespace: 'AWS/SES', metricName, period: MINUTE, statistic: 'Sum' });
  row(
    '8 Mails',
    ['Sent', [mails('Send'), mails('Delivery')]],
    ['Bounces, complaints and rejects', [mails('Bounce'), mails('Complaint'), mails('Reject')]],
  );
  const { cluster } = aurora;
  row(
    '9 Database',
    ['Capacity used', [cluster.metric('ACUUtilization', { period: MINUTE, statistic: 'Maximum' })]],
    ['Connections', [cluster.metricDatabaseConnections({ period: MINUTE })]],
    [
      'Latency',
      [cluster.metric('CommitLatency', { period: MINUTE }), cluster.metric('SelectLatency', { period: MINUTE })],
    ],
  );
  const cache = (metricName: string, statistic: string) =>
    props.valkey.members.map(
      (CacheClusterId) =>
        new cloudwatch.Metric({
          namespace: 'AWS/ElastiCache',
          metricName,
          statistic,
          period: MINUTE,
          dimensionsMap: { CacheClusterId },
        }),
    );
  row(
    '10 Cache',
    ['Hits and misses', [...cache('CacheHits', 'Sum'), ...cache('CacheMisses', 'Sum')]],
    [
      'CPU and memory',
      [...cache('EngineCPUUtilization', 'Average'), ...cache('DatabaseMemoryUsagePercentage', 'Maximum')],
    ],
  );
  return dashboard;
}
