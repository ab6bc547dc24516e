import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { API_ROUTES } from '../../lib/api-routes.ts';
import { bundles, HANDLERS, MAX_BUNDLE_BYTES } from '../../lib/constructs/bundles.ts';
import { openApiDocument } from '../../lib/openapi.ts';
import { composeApp } from '../../lib/request-path.ts';
import { resolveStage } from '../../lib/stage.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
let state: Template;
let services: Template;

beforeAll(() => {
  const stacks = composeApp(
    new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong' } }),
    resolveStage({ stage: 'local' }),
  );
  state = Template.fromStack(stacks.get('state'));
  services = Template.fromStack(stacks.get('services'));
});

/** Asset hashes change with every line of code; a snapshot of the infrastructure must not. */
const withoutHashes = (template: Template) =>
  JSON.parse(
    JSON.stringify(template.toJSON())
      .replaceAll(/[0-9a-f]{64}/g, 'HASH')
      .replaceAll(/Deployment[0-9A-F]{8}[0-9a-f]{32}/g, 'Deployment'),
  );

test('the stacks are as they were', () => {
  expect(withoutHashes(state)).toMatchSnapshot('state');
  expect(withoutHashes(services)).toMatchSnapshot('services');
});

describe('queues', () => {
  test('each has a dead-letter queue, alarms on both, encryption, and refuses plain HTTP', () => {
    const queues = Object.entries(state.findResources('AWS::SQS::Queue'));
    const working = queues.filter(([, queue]) => queue.Properties.RedrivePolicy);
    expect(working).toHaveLength(queues.length / 2);
    state.resourceCountIs('AWS::CloudWatch::Alarm', queues.length);
    for (const [, queue] of queues) expect(queue.Properties.SqsManagedSseEnabled).toBe(true);
    state.resourceCountIs('AWS::SQS::QueuePolicy', queues.length);
    for (const policy of Object.values(state.findResources('AWS::SQS::QueuePolicy'))) {
      expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('a message stays invisible for six times its worker’s timeout, and failures are reported one by one', () => {
    services.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    for (const queue of Object.values(
      state.findResources('AWS::SQS::Queue', { Properties: { RedrivePolicy: Match.anyValue() } }),
    )) {
      expect(queue.Properties.VisibilityTimeout).toBe(60);
    }
  });
});

describe('functions', () => {
  test('each has Node 24, a role of its own and a log group with retention', () => {
    const functions = Object.values(services.findResources('AWS::Lambda::Function'));
    expect(functions).toHaveLength(Object.keys(HANDLERS).length);
    const roles = functions.map((each) => JSON.stringify(each.Properties.Role));
    expect(new Set(roles).size).toBe(functions.length);
    for (const each of functions) {
      expect(each.Properties.Runtime).toBe('nodejs24.x');
      expect(each.Properties.LoggingConfig.LogGroup).toBeDefined();
    }
    services.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 3 });
  });

  test('no policy allows a wildcard action or resource', () => {
    for (const template of [state, services]) {
      for (const [id, policy] of Object.entries(template.findResources('AWS::IAM::Policy'))) {
        for (const statement of policy.Properties.PolicyDocument.Statement) {
          const text = JSON.stringify([statement.Action, statement.Resource]);
          expect(`${id}: ${text}`).not.toMatch(/"\*"|:\*"\]?,"Action|"\w+:\*"/);
        }
      }
    }
  });

  test('no secret is in a template: what is secret comes as a parameter that is never shown', () => {
    const parameters = services.findParameters('*', { NoEcho: true });
    expect(Object.keys(parameters).length).toBeGreaterThan(5);
    for (const each of Object.values(services.findResources('AWS::Lambda::Function'))) {
      for (const [name, value] of Object.entries(each.Properties.Environment.Variables)) {
        if (/PASSWORD|SECRET|API_KEY/.test(name) && !name.endsWith('_NAME'))
          expect(value).toEqual({ Ref: expect.any(String) });
      }
    }
  });

  test('together they cannot open more connections than PostgreSQL gives', () => {
    const connected = Object.values(services.findResources('AWS::Lambda::Function')).filter(
      (each) => each.Properties.Environment.Variables.DATABASE_USER,
    );
    const most = connected.reduce((sum, each) => sum + each.Properties.ReservedConcurrentExecutions * 2, 0);
    const { maxConnections, reservedConnections } = resolveStage({ stage: 'local' }).database;
    expect(most).toBeLessThanOrEqual(maxConnections - reservedConnections);
  });

  test('no bundle is past the limit', () => {
    for (const [name, bundle] of Object.entries(bundles())) {
      expect(`${name} ${bundle.bytes < MAX_BUNDLE_BYTES}`).toBe(`${name} true`);
    }
  });

  test('the AWS SDK loads when it is first called, and not at import', () => {
    const SDK = /class (SQS|SES|KMS)Client\b|"(SQS|SES|KMS)Client"/;
    const holds = (folder: string, files: string[]) =>
      files.some((file) => SDK.test(readFileSync(path.join(folder, file), 'utf8')));
    const { auth, orders, email } = bundles();
    for (const { folder, eagerFiles } of Object.values(bundles())) expect(holds(folder, eagerFiles)).toBe(false);
    for (const { folder } of [auth, orders, email])
      expect(
        holds(
          folder,
          readdirSync(path.join(folder, 'chunks')).map((file) => `chunks/${file}`),
        ),
      ).toBe(true);
  });

  test('importing a handler opens no connection and reads no setting', () => {
    for (const bundle of Object.values(bundles())) {
      // No server, no environment: an import that wanted either would throw or hang.
      const script = `import(${JSON.stringify(path.join(bundle.folder, 'index.mjs'))}).then((m) => { const open = process.getActiveResourcesInfo().filter((r) => r !== 'PipeWrap' && r !== 'TTYWrap'); console.log(typeof m.handler, open.join()); })`;
      expect(
        execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: process.env.PATH } }).trim(),
      ).toBe('function');
    }
  });
});

describe('the gateway', () => {
  const methods = () =>
    Object.values(services.findResources('AWS::ApiGateway::Method')).filter(
      (method) => method.Properties.HttpMethod !== 'OPTIONS',
    );

  test('has the authorizer on every method that the contract does not call public', () => {
    const open = methods()
      .filter((method) => method.Properties.AuthorizationType === 'NONE')
      .map((method) => method.Properties.OperationName);
    const expected = Object.values(API_ROUTES)
      .filter((route) => route.caller === 'public' || route.caller === 'provider')
      .map((route) => route.operationId as string);
    expect(open.filter((name) => !name.startsWith('sandbox')).sort()).toEqual(expected.sort());
    for (const method of methods().filter((each) => each.Properties.AuthorizationType === 'CUSTOM'))
      expect(method.Properties.AuthorizerId).toBeDefined();
  });

  test('checks the body of every method that takes one', () => {
    const checked = methods()
      .filter((method) => method.Properties.RequestValidatorId)
      .map((method) => method.Properties.OperationName);
    const expected = Object.values(API_ROUTES)
      .filter((route) => 'body' in route)
      .map((route) => route.operationId as string);
    expect(checked.filter((name) => !name.startsWith('sandbox')).sort()).toEqual(expected.sort());
  });

  test('throttles every method', () => {
    const [stage] = Object.values(services.findResources('AWS::ApiGateway::Stage'));
    const limited = stage?.Properties.MethodSettings.filter(
      (each: { ThrottlingRateLimit?: number }) => each.ThrottlingRateLimit,
    );
    expect(limited).toHaveLength(methods().length);
  });

  test('asks the authorizer each time: a cached verdict would keep a logged-out token alive', () => {
    services.hasResourceProperties('AWS::ApiGateway::Authorizer', { AuthorizerResultTtlInSeconds: 0 });
  });

  test('answers its own errors as problems with a code', () => {
    const responses = Object.values(services.findResources('AWS::ApiGateway::GatewayResponse'));
    expect(responses.length).toBeGreaterThan(15);
    for (const { Properties } of responses) {
      const problem = JSON.parse(Properties.ResponseTemplates['application/json']);
      expect(problem).toMatchObject({ status: Number(Properties.StatusCode), code: expect.any(String) });
    }
  });
});

test('docs/openapi.json is what the contracts say (npm run openapi writes it)', () => {
  expect(JSON.parse(readFileSync(path.join(ROOT, 'docs', 'openapi.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(openApiDocument())),
  );
});

describe('a wrong setting', () => {
  test.each([
    [{ stage: 'staging' }, /-c stage=staging/],
    [{ stage: 'local', edgePort: 'eighty' }, /-c edgePort=eighty/],
    [{ stage: 'local', writerPort: 70_000 }, /-c writerPort=70000/],
    [{ stage: 'local', region: 'Frankfurt' }, /-c region=Frankfurt/],
  ])('%p fails the synth and is named', (context, message) => {
    expect(() => resolveStage(context)).toThrow(message);
  });
});
