import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { ValkeyCluster } from '../../lambdas/cache/valkey.construct.ts';
import type { Aurora } from '../../lambdas/database/aurora.construct.ts';
import { API_STAGE_NAME, type ApiGateway } from '../gateway/api-gateway.ts';
import type { Balancer } from '../gateway/balancer.ts';
import type { AuroraDatabase, AwsPlan } from '../stage.ts';
import { alarm, MINUTE } from './alerts.ts';

const metric = (namespace: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string) =>
  new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period: MINUTE });

/** Hop 3. */
export function balancerAlarms(scope: Construct, { balancer, targets }: Balancer, plan: AwsPlan): cloudwatch.Alarm[] {
  return [
    alarm(scope, 'BalancerUnhealthy', {
      metric: targets.metrics.healthyHostCount({ period: MINUTE, statistic: 'Minimum' }),
      threshold: plan.zones,
      below: true,
      why: 'A zone’s endpoint does not answer. The others carry the traffic; one more and people notice.',
      missing: cloudwatch.TreatMissingData.BREACHING,
    }),
    alarm(scope, 'BalancerErrors', {
      metric: balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { period: MINUTE, statistic: 'Sum' }),
      threshold: 5,
      why: 'The balancer itself answers 5xx: nothing behind it took the request. Five a minute is no accident.',
    }),
  ];
}

/** Hop 4. */
export function gatewayAlarms(scope: Construct, { api }: ApiGateway): cloudwatch.Alarm[] {
  const dimensions = { ApiName: api.restApiName, Stage: API_STAGE_NAME };
  return [
    alarm(scope, 'GatewayErrors', {
      metric: metric('AWS/ApiGateway', '5XXError', dimensions, 'Average'),
      threshold: 0.01,
      why: 'One request in a hundred fails: the availability that we promise is 99.9 in a month, and this eats it in a day.',
    }),
    alarm(scope, 'GatewaySlow', {
      metric: metric('AWS/ApiGateway', 'Latency', dimensions, 'p99'),
      threshold: 3_000,
      why: 'The slowest hundredth waits 3 s; a provider that is slow explains payments, nothing explains more.',
    }),
  ];
}

/** Hop 9. */
export function databaseAlarms(scope: Construct, { cluster }: Aurora, plan: AuroraDatabase): cloudwatch.Alarm[] {
  const options = { period: MINUTE };
  const alarms = [
    alarm(scope, 'DatabaseFull', {
      metric: cluster.metric('ACUUtilization', { ...options, statistic: 'Maximum' }),
      threshold: 90,
      periods: 5,
      outOf: 5,
      why: 'The cluster is at nine tenths of its largest size for five minutes: raise maxAcu before it queues.',
    }),
    alarm(scope, 'DatabaseConnections', {
      metric: cluster.metricDatabaseConnections({ ...options, statistic: 'Maximum' }),
      threshold: Math.floor(plan.maxConnections * 0.8),
      why: 'Four fifths of the connections are in use: the budget of the synth does not hold, or somebody else connects.',
    }),
    alarm(scope, 'DatabaseDeadlocks', {
      metric: cluster.metricDeadlocks({ ...options, statistic: 'Sum' }),
      threshold: 1,
      periods: 3,
      outOf: 5,
      why: 'Every writer takes its locks in one order; deadlocks that keep coming mean that one does not.',
    }),
  ];
  if (plan.readers > 0) {
    alarms.push(
      alarm(scope, 'ReaderLag', {
        metric: cluster.metric('AuroraReplicaLagMaximum', { ...options, statistic: 'Maximum' }),
        threshold: 1_000,
        why: 'A reader is a second behind: people who did not write just now see old data for that long.',
      }),
    );
  }
  return alarms;
}

/** Hop 10. Its loss costs latency only, so these ring late. */
export function cacheAlarms(scope: Construct, { members }: ValkeyCluster): cloudwatch.Alarm[] {
  return members.flatMap((member, index) => cacheMemberAlarms(scope, member, index === 0 ? '' : String(index + 1)));
}

function cacheMemberAlarms(scope: Construct, member: string, suffix: string): cloudwatch.Alarm[] {
  const dimensions = { CacheClusterId: member };
  return [
    alarm(scope, `CacheMemory${suffix}`, {
      metric: metric('AWS/ElastiCache', 'DatabaseMemoryUsagePercentage', dimensions, 'Maximum'),
      threshold: 85,
      why: 'Past this, keys are evicted: ended sessions among them, whose tokens would then live out their ten minutes.',
    }),
    alarm(scope, `CacheEngine${suffix}`, {
      metric: metric('AWS/ElastiCache', 'EngineCPUUtilization', dimensions, 'Average'),
      threshold: 80,
      periods: 5,
      outOf: 5,
      why: 'One core serves all commands; at four fifths of it the 150 ms bound begins to cut.',
    }),
  ];
}

/** What the code counts itself. */
export function businessAlarms(scope: Construct): cloudwatch.Alarm[] {
  const counted = (name: string, service: string) => metric('Throughline', name, { service }, 'Sum');
  return [
    alarm(scope, 'OutboxRelayed', {
      metric: counted('OutboxRelayed', 'relay'),
      threshold: 10,
      why: 'Functions die, or are refused by SQS, between their commit and their send. The relay carries it; find out why.',
    }),
    alarm(scope, 'EventRepublished', {
      metric: counted('EventRepublished', 'reconcile-payments'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'A capture or a refund had no effect for three minutes: a message got lost or is a dead letter. It was sent again; look at the queues.',
    }),
    alarm(scope, 'RevocationNotCached', {
      metric: counted('RevocationNotCached', 'auth'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'The cache took a log-out or a password reset not even at the third try: the session’s last access token lives out its ten minutes.',
    }),
    alarm(scope, 'RevocationUnchecked', {
      metric: counted('RevocationUnchecked', 'authorizer'),
      threshold: 10,
      why: 'The cache does not answer the token check: for ten minutes a log-out is not immediate.',
    }),
  ];
}
