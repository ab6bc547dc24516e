import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Dns } from '../../lib/edge/dns.ts';
import type { Maintenance } from '../../lib/edge/maintenance.ts';
import { resolveStage } from '../../lib/stage.ts';

/** The DNS records of prod with a routing policy. The rest of the edge does not depend on it. */
function recordsOf(routing: string) {
  const stage = resolveStage({ stage: 'prod', routing });
  if (!stage.aws) throw new Error('prod is on AWS');
  const stack = new Stack(new App(), 'Dns');
  const zone = route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
    zoneName: stage.aws.domain,
    hostedZoneId: stage.aws.hostedZoneId,
  });
  new Dns(stack, 'Dns', {
    stage,
    plan: stage.aws,
    zone,
    distribution: { distributionDomainName: 'd1.cloudfront.net' } as cloudfront.Distribution,
    maintenance: {
      domain: { attrRegionalDomainName: 'm.example.com', attrRegionalHostedZoneId: 'Z1' },
    } as unknown as Maintenance,
  });
  const records = Template.fromStack(stack).findResources('AWS::Route53::RecordSet');
  return Object.values(records).map(({ Properties }) => Properties);
}

describe('the domain name', () => {
  const domain = resolveStage({ stage: 'prod' }).aws?.domain;

  test.each([
    ['latency', { Region: 'eu-central-1' }],
    ['geolocation', { GeoLocation: { CountryCode: '*' } }],
  ])('with %s routing points to the region’s failover pair', (routing, policy) => {
    const records = recordsOf(routing);
    const top = records.filter(({ Name, Type }) => Name === domain && Type !== 'CAA');
    expect(top).toHaveLength(2);
    for (const record of top) {
      expect(record).toMatchObject({ ...policy, SetIdentifier: 'eu-central-1' });
      expect(record.AliasTarget).toMatchObject({ DNSName: `eu-central-1.${domain}`, EvaluateTargetHealth: true });
    }
    expect(records.filter(({ Failover }) => Failover)).toHaveLength(4);
  });
});
