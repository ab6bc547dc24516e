import { describe, expect, test } from '@jest/globals';
import { referenceRoutes } from '../../lambdas/reference/reference.routes.ts';
import { resourcesOf, STAGES } from '../support/assembly.ts';

describe.each(STAGES)('the reference of the API in %s', (stage) => {
  test('is open to everyone', () => {
    const operations: string[] = Object.keys(referenceRoutes);
    const methods = resourcesOf(stage, 'AWS::ApiGateway::Method').filter(({ Properties }) =>
      operations.includes(Properties.OperationName),
    );
    expect(methods.map(({ Properties }) => Properties.AuthorizationType)).toEqual(['NONE', 'NONE']);
  });

  test('reaches neither the database nor the cache', () => {
    const [fn] = resourcesOf(stage, 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.FunctionName === `throughline-${stage}-reference`,
    );
    expect(Object.keys(fn?.Properties.Environment.Variables).join()).not.toMatch(/DATABASE|CACHE/);
  });
});
