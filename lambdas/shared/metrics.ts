import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { readEnv } from './env.ts';

/** Counters for alarms, written to the log in the embedded metric format, which needs no network call. */
const metrics = new Metrics({ namespace: 'Throughline', singleMetric: true });

export type MetricName =
  | 'RevocationFromDatabase'
  | 'RevocationNotCached'
  | 'LoginLimitFromDatabase'
  | 'CacheUnavailable'
  | 'ReaderUnavailable'
  | 'ReplicaLagging'
  | 'EventDuplicate'
  | 'EventRepublished'
  | 'OutboxRelayed'
  | 'EventQuarantined'
  | 'UnhandledError'
  | 'LateCapture'
  | 'TokenRejected';

/** Counters that one alarm watches for all functions together: their dimension `service` is `all`. */
const shared = new Metrics({ namespace: 'Throughline', serviceName: 'all', singleMetric: true });

export function countForAll(name: 'InvariantViolated'): void {
  shared.addMetric(name, MetricUnit.Count, 1);
}

/** Counters that the alarms of a canary read for its version alone. They are counted for the service too. */
const BY_VERSION: readonly MetricName[] = ['UnhandledError', 'TokenRejected'];

export function count(name: MetricName, by = 1): void {
  metrics.addMetric(name, MetricUnit.Count, by);
  const version = readEnv({ AWS_LAMBDA_FUNCTION_VERSION: z.string().optional() }).AWS_LAMBDA_FUNCTION_VERSION;
  if (version && BY_VERSION.includes(name))
    metrics.singleMetric().addDimension('version', version).addMetric(name, MetricUnit.Count, by);
}
