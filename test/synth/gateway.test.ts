import { describe, expect, test } from '@jest/globals';
import { API_ROUTES } from '../../lambdas/registry.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import { MIN_COMPRESSED_BYTES } from '../../lambdas/shared/size-limits.ts';
import { AWS_STAGES, type Json, resourcesOf, STAGES } from '../support/assembly.ts';

describe.each(STAGES)('the gateway of %s', (stage) => {
  const methods = () =>
    resourcesOf(stage, 'AWS::ApiGateway::Method').filter(
      ({ Properties, stack }) => Properties.HttpMethod !== 'OPTIONS' && stack !== 'edge',
    );
  const named = (wanted: (properties: Record<string, Json>) => unknown) =>
    methods()
      .filter(({ Properties }) => wanted(Properties))
      .map(({ Properties }) => Properties.OperationName as string)
      .filter((name) => !name.startsWith('sandbox') && !name.endsWith('-head'))
      .sort();
  const routes = (wanted: (route: Route) => boolean) =>
    API_ROUTES.filter(wanted)
      .map(({ operationId }) => operationId as string)
      .sort();

  test('has the authorizer on every method that the contract does not declare public or for a provider', () => {
    const open = routes(({ caller }) => caller === 'public' || caller === 'provider');
    expect(named(({ AuthorizationType }) => AuthorizationType === 'NONE')).toEqual(open);
    expect(named(({ AuthorizerId }) => AuthorizerId)).toEqual(
      routes(({ caller }) => caller !== 'public' && caller !== 'provider'),
    );
  });

  test('validates no body, because only the handler’s errors name the fields', () => {
    for (const type of ['Model', 'RequestValidator'])
      expect(resourcesOf(stage, `AWS::ApiGateway::${type}`).filter((each) => each.stack !== 'edge')).toEqual([]);
    expect(named(({ RequestValidatorId, RequestModels }) => RequestValidatorId || RequestModels)).toEqual([]);
  });

  test('has HEAD beside every GET, with the same authorizer and limits', () => {
    const kept = ({ AuthorizationType, AuthorizerId, Integration }: Json) => [
      AuthorizationType,
      AuthorizerId,
      Integration.Uri,
    ];
    const of = (method: string) =>
      new Map(
        methods()
          .filter(({ Properties }) => Properties.HttpMethod === method)
          .map(({ Properties }) => [JSON.stringify(Properties.ResourceId), kept(Properties)]),
      );
    expect(of('GET').size).toBeGreaterThanOrEqual(routes(({ method }) => method === 'GET').length);
    expect(of('HEAD')).toEqual(of('GET'));
    const names = methods().map(({ Properties }) => Properties.OperationName);
    expect(new Set(names).size).toBe(names.length);
  });

  test('compresses responses that are worth it', () => {
    const [api] = resourcesOf(stage, 'AWS::ApiGateway::RestApi').filter(({ stack }) => stack !== 'edge');
    expect(api?.Properties.MinimumCompressionSize).toBe(MIN_COMPRESSED_BYTES);
  });

  test('throttles every method and logs no body', () => {
    const [apiStage] = resourcesOf(stage, 'AWS::ApiGateway::Stage').filter(({ stack }) => stack !== 'edge');
    const settings: Json[] = apiStage?.Properties.MethodSettings;
    expect(settings.filter(({ ThrottlingRateLimit }) => ThrottlingRateLimit)).toHaveLength(methods().length);
    expect(settings.filter(({ DataTraceEnabled }) => DataTraceEnabled)).toEqual([]);
    const Format = apiStage?.Properties.AccessLogSetting.Format;
    for (const field of ['$context.requestId', 'responseLatency', 'principalId']) expect(Format).toContain(field);
    expect(Format).not.toMatch(/body|authorization/i);
  });

  test('calls the authorizer on each request, because a cached result would accept a token after log-out', () => {
    const [authorizer] = resourcesOf(stage, 'AWS::ApiGateway::Authorizer');
    expect(authorizer?.Properties.AuthorizerResultTtlInSeconds).toBe(0);
  });

  test('returns its own errors as problems with a code', () => {
    const responses = resourcesOf(stage, 'AWS::ApiGateway::GatewayResponse');
    expect(responses.length).toBeGreaterThan(15);
    for (const { Properties } of responses) {
      const problem = JSON.parse(Properties.ResponseTemplates['application/json']);
      expect(problem).toMatchObject({ status: Number(Properties.StatusCode), code: expect.any(String) });
      if (problem.status === 422)
        expect(problem.fields).toEqual([expect.objectContaining({ field: expect.any(String) })]);
    }
  });
});

describe.each(AWS_STAGES)('the gateway of %s', (stage) => {
  const api = () => resourcesOf(stage, 'AWS::ApiGateway::RestApi').find(({ stack }) => stack === 'gateway');

  test('is private and accepts only calls through its VPC endpoint', () => {
    expect(api()?.Properties.EndpointConfiguration.Types).toEqual(['PRIVATE']);
    const isRefusal = expect.objectContaining({
      Effect: 'Deny',
      Action: 'execute-api:Invoke',
      Condition: { StringNotEquals: { 'aws:SourceVpce': expect.anything() } },
    });
    expect(api()?.Properties.Policy.Statement).toContainEqual(isRefusal);
  });

  test('gets its requests from a rule of the balancer that rewrites the host and the path', () => {
    const [rule] = resourcesOf(stage, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(rule?.Properties.Conditions[0].PathPatternConfig.Values).toEqual(['/api/*']);
    const [host, url]: Json[] = rule?.Properties.Transforms ?? [];
    const replaced = JSON.stringify(host.HostHeaderRewriteConfig.Rewrites);
    expect(replaced).toContain('.execute-api.eu-central-1.');
    expect(replaced).toContain(api()?.id);
    const [{ Regex, Replace }] = url.UrlRewriteConfig.Rewrites;
    expect([Regex, JSON.stringify(Replace)]).toEqual(['^/api/(.*)$', expect.stringMatching(/"\/",.*"\/\$1"/)]);
    // No private custom domain, which would take half an hour to create.
    expect(resourcesOf(stage, 'AWS::ApiGateway::DomainNameV2')).toEqual([]);
    const [listener] = resourcesOf(stage, 'AWS::ElasticLoadBalancingV2::Listener');
    expect(listener?.Properties.DefaultActions).toMatchObject([{ FixedResponseConfig: { StatusCode: '404' } }]);
  });

  test('has a separate firewall whose rate limit uses the forwarded address', () => {
    expect(resourcesOf(stage, 'AWS::WAFv2::WebACLAssociation')).toHaveLength(1);
    const acl = resourcesOf(stage, 'AWS::WAFv2::WebACL').find(({ Properties }) => Properties.Scope === 'REGIONAL');
    const rules: Json[] = acl?.Properties.Rules;
    const rate = rules.find(({ Name }) => Name === 'RatePerAddress');
    expect(rate.Statement.RateBasedStatement.AggregateKeyType).toBe('FORWARDED_IP');
  });

  test('is behind an internal load balancer that checks the health of each zone’s address', () => {
    const [balancer] = resourcesOf(stage, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancer?.Properties.Scheme).toBe('internal');
    const given: Json[] = balancer?.Properties.LoadBalancerAttributes;
    const attributes = Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]));
    expect(attributes['deletion_protection.enabled']).toBe(String(stage === 'prod'));
    expect(attributes['access_logs.s3.enabled']).toBe('true');
    const [targets] = resourcesOf(stage, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(targets?.Properties.Targets).toHaveLength(stage === 'prod' ? 3 : 2);
    expect(targets?.Properties.HealthCheckProtocol).toBe('HTTPS');
    for (const { Properties } of resourcesOf(stage, 'AWS::ElasticLoadBalancingV2::Listener'))
      expect(Properties).toMatchObject({ Protocol: 'HTTPS', SslPolicy: expect.stringContaining('TLS13') });
  });
});
