import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { AwsPlan, Stage } from '../stage.ts';
import type { Maintenance } from './maintenance.ts';

/** The hosted zone id of every CloudFront alias target. https://docs.aws.amazon.com/general/latest/gr/cf_region.html */
const CLOUDFRONT_ZONE = 'Z2FDTNDATAQYW2';
/** The only authority that may issue certificates for the shop's name and its subdomains. */
export const CERTIFICATE_AUTHORITY = 'amazon.com';
/** Passes edge, balancer, gateway and a function that uses no database. A query would keep Aurora from pausing. */
export const PROBE_PATH = '/api/.well-known/jwks.json';

export interface DnsProps {
  stage: Stage;
  plan: AwsPlan;
  zone: route53.IHostedZone;
  distribution: cloudfront.Distribution;
  maintenance: Maintenance;
}

/** Hop 1: the domain resolves to the nearest edge, or to the maintenance page while the health check fails. */
export class Dns extends Construct {
  readonly healthCheck: route53.CfnHealthCheck;
  readonly #props: DnsProps;

  constructor(scope: Construct, id: string, props: DnsProps) {
    super(scope, id);
    this.#props = props;
    const { plan, zone, distribution, stage } = props;
    this.healthCheck = new route53.CfnHealthCheck(this, 'HealthCheck', {
      healthCheckConfig: {
        type: 'HTTPS',
        // CloudFront's own name. After a failover the shop's name resolves to the maintenance page.
        fullyQualifiedDomainName: distribution.distributionDomainName,
        resourcePath: PROBE_PATH,
        port: 443,
        enableSni: true,
        requestInterval: 30,
        failureThreshold: 3,
      },
      healthCheckTags: [{ key: 'Name', value: stage.globalName }],
    });
    const pairName = plan.routing === 'failover' ? plan.domain : `${stage.env.region}.${plan.domain}`;
    for (const type of ['A', 'AAAA']) this.#addFailover(type, pairName);
    if (plan.routing !== 'failover') for (const type of ['A', 'AAAA']) this.#addRouting(type, pairName);
    new route53.CaaRecord(this, 'OnlyAmazonSignsCertificates', {
      zone,
      recordName: plan.domain,
      values: [{ flag: 0, tag: route53.CaaTag.ISSUE, value: CERTIFICATE_AUTHORITY }],
    });
  }

  #addFailover(type: string, name: string): void {
    const { zone, distribution, maintenance } = this.#props;
    const record = (role: 'PRIMARY' | 'SECONDARY', aliasTarget: route53.CfnRecordSet.AliasTargetProperty) =>
      new route53.CfnRecordSet(this, `${role}-${type}`, {
        hostedZoneId: zone.hostedZoneId,
        name,
        type,
        failover: role,
        setIdentifier: role.toLowerCase(),
        aliasTarget,
        ...(role === 'PRIMARY' && { healthCheckId: this.healthCheck.attrHealthCheckId }),
      });
    record('PRIMARY', { dnsName: distribution.distributionDomainName, hostedZoneId: CLOUDFRONT_ZONE });
    record('SECONDARY', {
      dnsName: maintenance.domain.attrRegionalDomainName,
      hostedZoneId: maintenance.domain.attrRegionalHostedZoneId,
    });
  }

  /**
   * The region's record, with its routing policy. A stage has one region. A second region needs its own stack names and
   * shares the distribution, since CloudFront allows a name on one distribution only (docs/deploy.md).
   */
  #addRouting(type: string, target: string): void {
    const { plan, stage, zone } = this.#props;
    new route53.CfnRecordSet(this, `${plan.routing}-${type}`, {
      hostedZoneId: zone.hostedZoneId,
      name: plan.domain,
      type,
      setIdentifier: stage.env.region,
      ...(plan.routing === 'latency' ? { region: stage.env.region } : { geoLocation: { countryCode: '*' } }),
      aliasTarget: { dnsName: target, hostedZoneId: zone.hostedZoneId, evaluateTargetHealth: true },
    });
  }
}
