import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AUTHORIZER_SETTINGS } from '../../lambdas/auth/authorizer.construct.ts';
import { catalogRoutes } from '../../lambdas/catalog/catalog.routes.ts';
import { catalogService } from '../../lambdas/catalog/catalog.service.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import { AWS_STAGES, type Json, resourcesOf, stacksOf, templateFile, templateOf } from '../support/assembly.ts';
import { type Composed, compose } from '../support/compose.ts';

describe.each(AWS_STAGES)('the stacks of %s', (stage) => {
  test('can lose a service: nothing in them is exported, except by the network and the data', () => {
    const exporting = stacksOf(stage).filter((stack) =>
      Object.values(templateOf(stage, stack).toJSON().Outputs ?? {}).some((output) => (output as Json).Export),
    );
    expect(exporting).toEqual(['data', 'network']);
  });

  test('refer to each other in the deployment order, and across regions without helpers', () => {
    const order = ['network', 'state', 'data', 'services', 'gateway', 'edge', 'monitoring'];
    for (const consumer of stacksOf(stage)) {
      const text = JSON.stringify(templateOf(stage, consumer).toJSON());
      const producers = [...text.matchAll(/"Fn::GetStackOutput":\{"StackName":"[^"]*-([a-z]+)"/g)].map(
        ([, name]) => name,
      );
      for (const producer of producers)
        expect([consumer, producer, order.indexOf(producer as string) < order.indexOf(consumer)]).toEqual([
          consumer,
          producer,
          true,
        ]);
      expect(text).not.toContain('Custom::CrossRegion');
    }
  });

  test('take no weak reference apart, since CloudFormation documents that for exports alone', () => {
    for (const stack of stacksOf(stage))
      expect(JSON.stringify(templateOf(stage, stack).toJSON())).not.toMatch(
        /"Fn::Split":\["[^"]*",\{"Fn::GetStackOutput"/,
      );
  });

  test('have names with the region, so that another region can be deployed beside it', () => {
    for (const stack of stacksOf(stage))
      expect(path.basename(templateFile(stage, stack))).toBe(
        `throughline-${stage}-eu-central-1-${stack}.template.json`,
      );
    const [acl] = resourcesOf(stage, 'AWS::WAFv2::WebACL').filter(
      ({ Properties }) => Properties.Scope === 'CLOUDFRONT',
    );
    expect(acl?.Properties.Name).toContain('eu-central-1');
    const [identity] = resourcesOf(stage, 'AWS::SES::EmailIdentity');
    expect(identity?.Properties.MailFromAttributes.MailFromDomain).toMatch(/^mail-eu-central-1\./);
    const signing = resourcesOf(stage, 'AWS::KMS::Key').find(({ id }) => id.startsWith('SigningKey'));
    expect(signing?.Properties.MultiRegion).toBe(true);
  });

  test('do not keep what a failed creation leaves', () => {
    const kept = resourcesOf(stage).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    // Of one key a snapshot needs, of the other two an account has one each.
    expect(kept.map(({ Type }) => Type).filter((type) => !MAY_STAY.includes(type))).toEqual([]);
    for (const { id, DeletionPolicy } of resourcesOf(stage, 'AWS::Lambda::Version'))
      expect([id, DeletionPolicy]).toEqual([id, 'RetainExceptOnCreate']);
  });

  test('count no metric of each method, since nothing reads it', () => {
    for (const { Properties } of resourcesOf(stage, 'AWS::ApiGateway::Stage').filter(
      ({ stack }) => stack === 'gateway',
    ))
      for (const { MetricsEnabled } of Properties.MethodSettings) expect(MetricsEnabled).toBe(false);
  });

  test('have no provisioned concurrency on an alias, which would fight canaries and autoscaling', () => {
    for (const { Properties } of resourcesOf(stage, 'AWS::Lambda::Alias'))
      expect(Properties.ProvisionedConcurrencyConfig).toBeUndefined();
  });

  test('let the gateway call the token check without a condition on the account', () => {
    const [permission] = resourcesOf(stage, 'AWS::Lambda::Permission').filter(({ id }) => /authorizer/i.test(id));
    expect(permission?.Properties.SourceArn).toBeDefined();
    expect(permission?.Properties.SourceAccount).toBeUndefined();
  });

  test('send bounces, complaints and rejections of this stage’s mails to the queue', () => {
    const rule = resourcesOf(stage, 'AWS::Events::Rule').find(({ Properties }) =>
      JSON.stringify(Properties.EventPattern ?? '').includes('aws.ses'),
    );
    const matches = (event: Json) => matchesPattern(rule?.Properties.EventPattern, event);
    expect(matches(sesEvent('Email Bounced', `throughline-${stage}`))).toBe(true);
    expect(matches(sesEvent('Email Complaint Received', `throughline-${stage}`))).toBe(true);
    expect(matches(sesEvent('Email Rejected', `throughline-${stage}`))).toBe(true);
    expect(matches(sesEvent('Email Delivered', `throughline-${stage}`))).toBe(false);
    expect(matches(sesEvent('Email Bounced', 'somebody-else'))).toBe(false);
  });
});

/** Composed once, since each takes two seconds. */
const dev = compose({ stage: 'dev' });

const MAY_STAY = ['AWS::KMS::Key', 'AWS::ApiGateway::Account', 'AWS::IAM::Role'];

/**
 * An event of SES on EventBridge. The envelope and the detail types are in the EventBridge reference ("Amazon Simple Email Service
 * events"), and `mail.tags` in SES's "Examples of event data".
 */
const sesEvent = (detailType: string, configurationSet: string) => ({
  source: 'aws.ses',
  'detail-type': detailType,
  resources: [`arn:aws:ses:eu-central-1:111122223333:configuration-set/${configurationSet}`],
  detail: {
    eventType: 'Bounce',
    mail: { destination: ['recipient@example.com'], tags: { 'ses:configuration-set': [configurationSet] } },
  },
});

/** EventBridge's matching of exact values: each field of the pattern lists the values that it takes. */
function matchesPattern(pattern: Json, event: Json): boolean {
  return Object.entries(pattern as Record<string, Json>).every(([field, wanted]) => {
    const found = event?.[field];
    if (!Array.isArray(wanted)) return matchesPattern(wanted, found);
    return [found].flat().some((value) => wanted.includes(value));
  });
}

test('buckets of dev are emptied before they are deleted, after what writes to them; prod keeps its buckets, without names', () => {
  for (const { id, stack, Properties, DeletionPolicy } of resourcesOf('prod', 'AWS::S3::Bucket'))
    expect([id, stack, DeletionPolicy, Properties.BucketName]).toEqual([id, stack, 'RetainExceptOnCreate', undefined]);
  const emptied = resourcesOf('dev', 'Custom::S3AutoDeleteObjects').map(({ Properties }) => Properties.BucketName.Ref);
  expect(emptied.sort()).toEqual(
    resourcesOf('dev', 'AWS::S3::Bucket')
      .map(({ id }) => id)
      .sort(),
  );
  const [balancer] = resourcesOf('dev', 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const [delivery] = resourcesOf('dev', 'AWS::Logs::Delivery');
  for (const writer of [balancer, delivery]) expect(String(writer?.DependsOn)).toContain('AutoDeleteObjects');
});

describe('a contract', () => {
  const route = catalogRoutes.listProducts as Route & { -readonly [K in keyof Route]: Route[K] };
  const before = [{ ...route }, { ...AUTHORIZER_SETTINGS }] as const;
  afterEach(() => {
    Object.assign(route, before[0]);
    Object.assign(AUTHORIZER_SETTINGS, before[1]);
  });
  const deploymentOf = ({ resources }: Composed) =>
    resources('AWS::ApiGateway::Deployment').find(({ stack }) => stack === 'gateway')?.id;
  const original = deploymentOf(dev);

  test.each<[string, Partial<Route>]>([
    ['path', { path: '/goods' }],
    ['method', { method: 'PATCH' }],
    ['caller', { caller: 'user' }],
  ])('with another %s makes a new deployment of the API', (_, change) => {
    Object.assign(route, change);
    expect(deploymentOf(compose({ stage: 'dev' }))).not.toBe(original);
  });

  test('with another setting of the token check makes a new deployment too', () => {
    AUTHORIZER_SETTINGS.identitySource = 'method.request.header.X-Token';
    expect(deploymentOf(compose({ stage: 'dev' }))).not.toBe(original);
  });

  test('that is the same makes none', () => {
    expect(deploymentOf(compose({ stage: 'dev' }))).toBe(original);
  });

  test('has its schemas in the handlers alone, which the gateway does not repeat', () => {
    for (const type of ['AWS::ApiGateway::Model', 'AWS::ApiGateway::RequestValidator'])
      expect(resourcesOf('prod', type)).toEqual([]);
  });
});

describe('a function that is taken out of the app', () => {
  const functions = catalogService.functions as Record<string, unknown>;
  const worker = functions['catalogue-events'];
  const without = () => {
    delete functions['catalogue-events'];
    try {
      return compose({ stage: 'dev' });
    } finally {
      functions['catalogue-events'] = worker;
    }
  };

  test('leaves no stack that still uses it, in any order of the updates', () => {
    const [before, after] = [dev, without()];
    const ids = (composed: Composed) => composed.resources('AWS::Lambda::Function').map(({ id }) => id);
    const [gone] = ids(before).filter((id) => !ids(after).includes(id));
    expect(gone).toContain('CatalogueEvents');
    for (const stack of ['services', 'gateway', 'monitoring'] as const)
      expect(JSON.stringify(after.template(stack))).not.toContain(gone);
    // The producer goes first. What it loses is no export, so CloudFormation does not refuse.
    const lost = Object.entries(before.template('services').Outputs as Record<string, Json>).filter(
      ([name]) => !Object.hasOwn(after.template('services').Outputs, name),
    );
    expect(lost.length).toBeGreaterThan(0);
    for (const [name, { Export }] of lost) expect([name, Export]).toEqual([name, undefined]);
  });
});
