import { describe, expect, test } from '@jest/globals';
import { dualStackNames, ipv6 } from '../../../local/preflight/ipv6.ts';
import { endpoints, zones } from '../../../local/preflight/zones.ts';
import { dnsServer } from '../../support/dns-server.ts';
import { lineOf, printed, stageWith } from '../../support/preflight.ts';
import { ALL_ENDPOINTS, endpointServices, zonesResponse } from '../../support/recorded-aws.ts';

const EU = 'eu-central-1';
const ZONES: [string, string][] = [
  ['eu-central-1a', 'euc1-az2'],
  ['eu-central-1b', 'euc1-az3'],
  ['eu-central-1c', 'euc1-az1'],
];

describe('availability zones', () => {
  test('pass with their ids', async () => {
    expect(await lineOf(zones, { DescribeAvailabilityZones: zonesResponse(ZONES) })).toBe(
      '✔ availability zones: eu-central-1a (euc1-az2), eu-central-1b (euc1-az3), eu-central-1c (euc1-az1)',
    );
  });

  test('fail for a zone that CloudFront does not support, and for one that is unavailable', async () => {
    const region = 'us-east-1';
    const DescribeAvailabilityZones = zonesResponse([
      ['us-east-1a', 'use1-az3'],
      ['us-east-1b', 'use1-az1'],
      ['us-east-1c', 'use1-az2', 'unavailable'],
      ['us-east-1d', 'use1-az4'],
    ]);
    expect(await lineOf(zones, { DescribeAvailabilityZones }, stageWith({ region }))).toBe(
      "✖ availability zones: us-east-1a is use1-az3, which CloudFront's VPC origins do not support; us-east-1c is unavailable. " +
        'The stage needs 3 of the usable zones us-east-1b, us-east-1d. Change zoneNames in lib/stage.ts',
    );
  });
});

describe('IPv6 names', () => {
  const dev = stageWith({ stage: 'dev' });
  const names = dualStackNames('eu-central-1');

  async function lineWith(known: readonly string[], stage = dev) {
    const server = await dnsServer(known);
    try {
      return (await printed([ipv6], { dnsServers: [server.address] }, stage))[0];
    } finally {
      server.close();
    }
  }

  test('pass if each service that functions call has an IPv6 address', async () => {
    expect(names).toHaveLength(4);
    expect(await lineWith(names)).toBe(`✔ IPv6 names: ${names.join(', ')} have IPv6 addresses`);
  });

  test('fail for a service without one', async () => {
    const email = 'email.eu-central-1.api.aws';
    expect(await lineWith(names.filter((name) => name !== email))).toBe(
      `✖ IPv6 names: ${email} has no IPv6 address, and functions of this stage reach AWS services over IPv6. Deploy with -c endpoints=interface`,
    );
  });

  test('are not needed where functions use interface endpoints', async () => {
    expect(await lineWith([], stageWith())).toMatch(/^✔ IPv6 names: not needed/);
  });
});

describe('VPC endpoints', () => {
  test('pass if each service is offered in the zones that it is placed in', async () => {
    expect(await lineOf(endpoints, { DescribeVpcEndpointServices: endpointServices(EU, ALL_ENDPOINTS) })).toBe(
      '✔ VPC endpoints: 6 services, each offered in the zones that it is placed in',
    );
  });

  test('fail for a service that a zone or the region does not have', async () => {
    const { xray, ...others } = { ...ALL_ENDPOINTS, email: 'ab' };
    expect(await lineOf(endpoints, { DescribeVpcEndpointServices: endpointServices(EU, others) })).toBe(
      '✖ VPC endpoints: com.amazonaws.eu-central-1.email is offered in eu-central-1a, eu-central-1b and needed in eu-central-1c; ' +
        'com.amazonaws.eu-central-1.xray is not offered in eu-central-1. Change zoneNames in lib/stage.ts, or the region',
    );
  });

  test.each([
    ['ipv6', { 'execute-api': 'ab' }, 1],
    ['interface', { sqs: 'a', kms: 'a', email: 'a', secretsmanager: 'a', 'execute-api': 'ab' }, 5],
  ])('pass in dev with endpoints=%s, which needs fewer services and zones', async (setting, services, count) => {
    const DescribeVpcEndpointServices = endpointServices(EU, services);
    expect(
      await lineOf(endpoints, { DescribeVpcEndpointServices }, stageWith({ stage: 'dev', endpoints: setting })),
    ).toBe(`✔ VPC endpoints: ${count} services, each offered in the zones that it is placed in`);
  });
});
