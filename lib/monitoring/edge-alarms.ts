import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Dns } from '../edge/dns.ts';
import type { Edge } from '../edge/edge.ts';
import type { AwsPlan } from '../stage.ts';
import { Alerts, alarmFactory, MINUTE } from './alerts.ts';

export interface EdgeAlarmsProps {
  plan: AwsPlan;
  edge: Edge;
  dns: Dns;
}

/** Hops 1 and 2. CloudFront and Route 53 publish metrics in the edge's region only, so the alarms are there too. */
export class EdgeAlarms extends Construct {
  constructor(scope: Construct, id: string, { plan, edge, dns }: EdgeAlarmsProps) {
    super(scope, id);
    const alerts = new Alerts(this, 'Alerts', { plan });
    const alarm = alarmFactory(this, plan);
    const { distributionId } = edge.distribution;
    const atEdge = (metricName: string, statistic: string) =>
      new cloudwatch.Metric({
        namespace: 'AWS/CloudFront',
        metricName,
        statistic,
        period: MINUTE,
        dimensionsMap: { DistributionId: distributionId, Region: 'Global' },
      });
    alerts.add('Dns', [
      alarm('HealthCheck', {
        metric: new cloudwatch.Metric({
          namespace: 'AWS/Route53',
          metricName: 'HealthCheckStatus',
          statistic: 'Minimum',
          period: MINUTE,
          dimensionsMap: { HealthCheckId: dns.healthCheck.attrHealthCheckId },
        }),
        threshold: 1,
        below: true,
        periods: 1,
        outOf: 1,
        missing: cloudwatch.TreatMissingData.BREACHING,
        why: 'The health check fails, so DNS sends users to the maintenance page.',
        runbook: 'health-check',
      }),
    ]);
    alerts.add('Edge', [
      alarm('EdgeErrors', {
        metric: atEdge('5xxErrorRate', 'Average'),
        threshold: 1,
        why: '1 % of the responses to users are 5xx, from any hop.',
        runbook: 'edge-errors',
      }),
    ]);
  }
}
