import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ValkeyCluster } from '../../lambdas/cache/valkey.construct.ts';
import type { Aurora } from '../../lambdas/database/aurora.construct.ts';
import { API_STAGE_NAME, type ApiGateway } from '../gateway/api-gateway.ts';
import type { Balancer } from '../gateway/balancer.ts';
import type { AuroraDatabase, AwsPlan } from '../stage.ts';
import { type CreateAlarm, MINUTE } from './alerts.ts';

const metric = (namespace: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string) =>
  new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period: MINUTE });

/** Hop 3. */
export function balancerAlarms(alarm: CreateAlarm, balancer: Balancer, plan: AwsPlan): cloudwatch.Alarm[] {
  return [
    alarm('BalancerUnhealthy', {
      metric: balancer.targetMetric('HealthyHostCount', { period: MINUTE, statistic: 'Minimum' }),
      threshold: plan.zones,
      below: true,
      why: 'The VPC endpoint of a zone is unhealthy. The other zones take its traffic; users notice a second failure.',
      runbook: 'balancer-unhealthy-targets',
      missing: cloudwatch.TreatMissingData.BREACHING,
    }),
    alarm('BalancerErrors', {
      metric: balancer.balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, {
        period: MINUTE,
        statistic: 'Sum',
      }),
      threshold: 5,
      why: 'The load balancer itself returns 5xx: no target accepted the request. Five a minute indicate a fault.',
      runbook: 'balancer-errors',
    }),
  ];
}

/** Hop 4. */
export function gatewayAlarms(alarm: CreateAlarm, { api }: ApiGateway): cloudwatch.Alarm[] {
  const dimensions = { ApiName: api.restApiName, Stage: API_STAGE_NAME };
  return [
    alarm('GatewayErrors', {
      metric: metric('AWS/ApiGateway', '5XXError', dimensions, 'Average'),
      threshold: 0.01,
      why: '1 % of requests fail. Our target is 99.9 % a month, and this rate uses up its error budget in three days.',
      runbook: 'gateway-errors',
    }),
    alarm('GatewaySlow', {
      metric: metric('AWS/ApiGateway', 'Latency', dimensions, 'p99'),
      threshold: 3_000,
      why: 'p99 latency is 3 s. A slow provider can explain that for payments, but for no other route.',
      runbook: 'gateway-latency',
    }),
  ];
}

/** One deadlock a minute, as the rate per second that AWS publishes. */
const DEADLOCKS_A_SECOND = 0.016;

/** Hop 9. */
export function databaseAlarms(alarm: CreateAlarm, { cluster }: Aurora, plan: AuroraDatabase): cloudwatch.Alarm[] {
  const options = { period: MINUTE };
  const alarms = [
    alarm('DatabaseFull', {
      metric: cluster.metric('ACUUtilization', { ...options, statistic: 'Maximum' }),
      threshold: 90,
      periods: 5,
      outOf: 5,
      why: 'The cluster used 90 % of its maximum capacity for five minutes. Raise maxAcu before queries queue.',
      runbook: 'database-capacity',
    }),
    alarm('DatabaseConnections', {
      metric: cluster.metricDatabaseConnections({ ...options, statistic: 'Maximum' }),
      threshold: Math.floor(plan.maxConnections * 0.8),
      why: '80 % of the connections are in use. The budget of the synth is wrong, or another client connects.',
      runbook: 'database-connections',
    }),
    alarm('DatabaseDeadlocks', {
      metric: cluster.metricDeadlocks({ ...options, statistic: 'Average' }),
      threshold: DEADLOCKS_A_SECOND,
      periods: 3,
      outOf: 5,
      why: 'All transactions take their locks in the same order. Repeated deadlocks mean that one does not.',
      runbook: 'database-deadlocks',
    }),
  ];
  if (plan.readers > 0) {
    alarms.push(
      alarm('ReaderLag', {
        metric: cluster.metric('AuroraReplicaLagMaximum', { ...options, statistic: 'Maximum' }),
        threshold: 1_000,
        why: 'Replica lag is one second. Users without a recent write see data that is that old.',
        runbook: 'replica-lag',
      }),
    );
  }
  return alarms;
}

/** Hop 10. Losing the cache only adds latency, so the thresholds are high. */
export function cacheAlarms(alarm: CreateAlarm, { members }: ValkeyCluster): cloudwatch.Alarm[] {
  return members.flatMap((member, index) => cacheMemberAlarms(alarm, member, index === 0 ? '' : String(index + 1)));
}

function cacheMemberAlarms(alarm: CreateAlarm, member: string, suffix: string): cloudwatch.Alarm[] {
  const dimensions = { CacheClusterId: member };
  return [
    alarm(`CacheMemory${suffix}`, {
      metric: metric('AWS/ElastiCache', 'DatabaseMemoryUsagePercentage', dimensions, 'Maximum'),
      threshold: 85,
      why: 'Above this, entries can be evicted. The token check then reads the database, and calls become slower.',
      runbook: 'cache-memory',
    }),
    alarm(`CacheEngine${suffix}`, {
      metric: metric('AWS/ElastiCache', 'EngineCPUUtilization', dimensions, 'Average'),
      threshold: 80,
      periods: 5,
      outOf: 5,
      why: 'One core runs all commands. At 80 %, calls start to exceed the 150 ms timeout.',
      runbook: 'cache-cpu',
    }),
  ];
}

/** Alarms on the metrics that the code emits itself. */
export function businessAlarms(alarm: CreateAlarm): cloudwatch.Alarm[] {
  const counted = (name: string, service: string) => metric('Throughline', name, { service }, 'Sum');
  return [
    alarm('OutboxRelayed', {
      metric: counted('OutboxRelayed', 'relay'),
      threshold: 10,
      why: 'After the commit, functions crash or SQS rejects messages. The relay publishes the events; find the cause.',
      runbook: 'outbox-relayed',
    }),
    alarm('EventRepublished', {
      metric: counted('EventRepublished', 'reconcile-payments'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'A capture or refund had no effect for 3 min. The lost or dead message was republished; check the queues.',
      runbook: 'event-republished',
    }),
    alarm('EventQuarantined', {
      metric: counted('EventQuarantined', 'relay'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'An event could not be published in all of its attempts. Its effect is missing until somebody retries or drops it.',
      runbook: 'event-quarantined',
    }),
    alarm('InvariantViolated', {
      metric: counted('InvariantViolated', 'all'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'An assertion on money, stock or tokens failed. The work was rolled back; the cause is a bug or a damaged row.',
      runbook: 'invariant-violated',
    }),
    alarm('RevocationNotCached', {
      metric: counted('RevocationNotCached', 'auth'),
      threshold: 1,
      periods: 1,
      outOf: 1,
      why: 'Caching a log-out or password reset failed three times. If others reach the cache, the token is valid for up to ten seconds.',
      runbook: 'revocation-not-cached',
    }),
    alarm('RevocationFromDatabase', {
      metric: counted('RevocationFromDatabase', 'authorizer'),
      threshold: 10,
      why: 'The token check cannot read the cache and reads the database instead. If that fails too, calls get 503.',
      runbook: 'revocation-from-database',
    }),
  ];
}
