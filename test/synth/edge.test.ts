import vm from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { ALL_ROUTES } from '../../lambdas/registry.ts';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import { MAX_BODY_BYTES } from '../../lambdas/shared/size-limits.ts';
import { SECURITY_HEADERS } from '../../lib/edge/security-headers.ts';
import { STOREFRONT_FALLBACK, STOREFRONT_STATUS } from '../../lib/edge/storefront-fallback.ts';
import { AWS_STAGES, type Json, resourcesOf } from '../support/assembly.ts';

describe.each(AWS_STAGES)('the edge of %s', (stage) => {
  const [distribution] = resourcesOf(stage, 'AWS::CloudFront::Distribution');
  const config = distribution?.Properties.DistributionConfig as Json;

  test('supports HTTP/2 and HTTP/3 over TLS 1.2 or newer and redirects HTTP to HTTPS', () => {
    expect(config).toMatchObject({ HttpVersion: 'http2and3', IPV6Enabled: true });
    expect(config.ViewerCertificate.MinimumProtocolVersion).toBe('TLSv1.2_2021');
    expect(config.DefaultCacheBehavior).toMatchObject({ ViewerProtocolPolicy: 'redirect-to-https', Compress: true });
  });

  test('caches files but not the API, and replaces no API response with an error page', () => {
    const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
    const [api] = config.CacheBehaviors;
    expect(api).toMatchObject({
      PathPattern: '/api/*',
      CachePolicyId: CACHING_DISABLED,
      ViewerProtocolPolicy: 'https-only',
    });
    expect(config.DefaultCacheBehavior.CachePolicyId).not.toBe(CACHING_DISABLED);
    expect(config.CustomErrorResponses).toBeUndefined();
  });

  test('sets the viewer’s address for the API and overwrites a forged one', () => {
    const [api] = config.CacheBehaviors;
    const [association] = api.FunctionAssociations;
    expect(association.EventType).toBe('viewer-request');
    const id = association.FunctionARN['Fn::GetAtt'][0];
    const teller = resourcesOf(stage, 'AWS::CloudFront::Function').find((each) => each.id === id);
    const event = {
      viewer: { ip: '198.51.100.7' },
      request: { headers: { [VIEWER_ADDRESS_HEADER]: { value: '203.0.113.1' } } },
    };
    const told = vm.runInNewContext(`${teller?.Properties.FunctionCode}; handler(event)`, { event });
    expect(told.headers[VIEWER_ADDRESS_HEADER]).toEqual({ value: '198.51.100.7' });
    // This policy forwards all viewer headers and the header from the function. It does not forward CloudFront's own headers.
    const ALL_VIEWER_EXCEPT_HOST_HEADER = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
    expect(api.OriginRequestPolicyId).toBe(ALL_VIEWER_EXCEPT_HOST_HEADER);
  });

  test('reaches the API through a VPC origin over HTTPS, by the name on its certificate', () => {
    const [door] = resourcesOf(stage, 'AWS::CloudFront::VpcOrigin');
    expect(door?.Properties.VpcOriginEndpointConfig.OriginProtocolPolicy).toBe('https-only');
    const origin = config.Origins.find((each: Json) => each.VpcOriginConfig);
    expect(origin.DomainName).toMatch(/^api-origin\./);
  });

  test('sends the storefront with the same security headers as the local edge', () => {
    const policy = resourcesOf(stage, 'AWS::CloudFront::ResponseHeadersPolicy').find(
      ({ id }) => !id.includes('ApiHeaders'),
    );
    const given: Json = policy?.Properties.ResponseHeadersPolicyConfig;
    const { SecurityHeadersConfig: native, CustomHeadersConfig } = given;
    expect(native.ContentSecurityPolicy.ContentSecurityPolicy).toBe(SECURITY_HEADERS['content-security-policy']);
    // For the shop's own name alone: a company's other names may not be ready for HTTPS, and this cannot be taken back.
    expect(native.StrictTransportSecurity).toMatchObject({
      AccessControlMaxAgeSec: 63_072_000,
      IncludeSubdomains: false,
      Preload: false,
    });
    expect(SECURITY_HEADERS['strict-transport-security']).toBe('max-age=63072000');
    const custom = CustomHeadersConfig.Items.map(({ Header }: Json) => Header);
    expect(custom.sort()).toEqual(['cross-origin-opener-policy', 'permissions-policy']);
  });

  test('has a firewall with managed rules, a rate limit per address and size limits', () => {
    const acl = resourcesOf(stage, 'AWS::WAFv2::WebACL').find(({ Properties }) => Properties.Scope === 'CLOUDFRONT');
    const names = acl?.Properties.Rules.map(({ Name }: Json) => Name);
    expect(names).toEqual(
      expect.arrayContaining(['AWSManagedRulesCommonRuleSet', 'RatePerAddress', 'QueryTooLong', 'BodyTooLong']),
    );
    expect(config.WebACLId).toBeDefined();
  });

  test('has firewalls that inspect a whole body of the largest size, and refuse a longer or a compressed one', () => {
    const inspected: Record<string, string> = { CLOUDFRONT: 'CLOUDFRONT', REGIONAL: 'API_GATEWAY' };
    for (const { Properties } of resourcesOf(stage, 'AWS::WAFv2::WebACL')) {
      const limit = { DefaultSizeInspectionLimit: `KB_${MAX_BODY_BYTES / 1_024}` };
      expect(Properties.AssociationConfig.RequestBody).toEqual({ [inspected[Properties.Scope] as string]: limit });
      const rule = (name: string) => Properties.Rules.find(({ Name }: Json) => Name === name);
      expect(rule('BodyTooLong')).toMatchObject({
        Action: { Block: { CustomResponse: { ResponseCode: 413 } } },
        Statement: {
          SizeConstraintStatement: {
            ComparisonOperator: 'GT',
            Size: MAX_BODY_BYTES - 1,
            FieldToMatch: { Body: { OversizeHandling: 'MATCH' } },
          },
        },
      });
      expect(rule('EncodedBody')).toMatchObject({
        Action: { Block: { CustomResponse: { ResponseCode: 415 } } },
        Statement: { SizeConstraintStatement: { FieldToMatch: { SingleHeader: { Name: 'content-encoding' } } } },
      });
    }
  });

  test('does not rate-limit a provider that sends its webhooks from one address', () => {
    for (const acl of resourcesOf(stage, 'AWS::WAFv2::WebACL')) {
      const rate = acl.Properties.Rules.find(({ Name }: Json) => Name === 'RatePerAddress').Statement
        .RateBasedStatement;
      const spared = rate.ScopeDownStatement.NotStatement.Statement.OrStatement.Statements.map(
        ({ ByteMatchStatement }: Json) => ByteMatchStatement.SearchString,
      );
      const routes = ALL_ROUTES;
      const machines = routes.filter(({ caller }) => caller === 'provider').map(({ path }) => path);
      for (const path of machines) expect(spared.some((part: string) => path.includes(part))).toBe(true);
      const people = routes.filter(({ caller }) => caller !== 'provider').map(({ path }) => path);
      for (const path of people) expect(spared.some((part: string) => path.includes(part))).toBe(false);
    }
  });

  test('has only buckets that are private, encrypted and require TLS', () => {
    const buckets = resourcesOf(stage, 'AWS::S3::Bucket');
    expect(buckets.length).toBeGreaterThanOrEqual(3);
    for (const { Properties } of buckets) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
      expect(Properties.BucketEncryption).toBeDefined();
    }
    const policies = resourcesOf(stage, 'AWS::S3::BucketPolicy');
    expect(policies).toHaveLength(buckets.length);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('resolves the domain to the edge over IPv4 and IPv6, and to the maintenance page while the health check fails', () => {
    const records = resourcesOf(stage, 'AWS::Route53::RecordSet').filter(({ Properties }) => Properties.Failover);
    const pairs = records.map(({ Properties }) => `${Properties.Type} ${Properties.Failover}`).sort();
    expect(pairs).toEqual(['A PRIMARY', 'A SECONDARY', 'AAAA PRIMARY', 'AAAA SECONDARY']);
    for (const { Properties } of records.filter((each) => each.Properties.Failover === 'PRIMARY'))
      expect(Properties.HealthCheckId).toBeDefined();
    const [check] = resourcesOf(stage, 'AWS::Route53::HealthCheck');
    // Uses CloudFront's own name. With the shop's name, it would check the maintenance page after a failover.
    expect(check?.Properties.HealthCheckConfig.FullyQualifiedDomainName).toEqual({
      'Fn::GetAtt': [distribution?.id, 'DomainName'],
    });
    expect(resourcesOf(stage, 'AWS::Route53::RecordSet').some(({ Properties }) => Properties.Type === 'CAA')).toBe(
      true,
    );
  });

  test('has its certificates in the stacks that use them', () => {
    const certificates = resourcesOf(stage, 'AWS::CertificateManager::Certificate');
    expect(certificates.map(({ stack }) => stack).sort()).toEqual(['edge', 'gateway']);
  });
});

test.each([
  ['/', '/index.html', 200],
  ['/orders/42', '/index.html', 404],
  ['/nothing', '/index.html', 404],
  ['/main-AB12.js', '/main-AB12.js', 200],
  ['/favicon.svg', '/favicon.svg', 200],
])('for %s the storefront serves %s with status %d', (uri, file, status) => {
  const run = (code: string, event: object) => vm.runInNewContext(`${code}; handler(event)`, { event });
  // A viewer that claims the header gets no other status by it.
  const original = { uri, headers: { 'x-unknown-page': { value: '1' } } };
  const rewritten = run(STOREFRONT_FALLBACK, { request: structuredClone(original) });
  expect(rewritten.uri).toBe(file);
  // Whether CloudFront passes the viewer's request on or the rewritten one, the status is the same.
  for (const request of [rewritten, { uri, headers: {} }])
    expect(run(STOREFRONT_STATUS, { request, response: { statusCode: 200 } }).statusCode).toBe(status);
  expect(run(STOREFRONT_STATUS, { request: rewritten, response: { statusCode: 403 } }).statusCode).toBe(403);
});
