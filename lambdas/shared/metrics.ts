import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

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

export function count(name: MetricName, by = 1): void {
  metrics.addMetric(name, MetricUnit.Count, by);
}
