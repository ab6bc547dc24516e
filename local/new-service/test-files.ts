import type { ServiceNames } from './names.ts';

/** One test file in each suite for a new service. */
export function testFiles({ kebab, snake, camel, one }: ServiceNames): Record<string, string> {
  return {
    [`test/unit/${kebab}/${one.kebab}.test.ts`]: `import { describe, expect, test } from '@jest/globals';
import { new${one.pascal}Schema } from '../../../lambdas/${kebab}/${one.kebab}.ts';

describe('a new ${one.words}', () => {
  test('has a title and a text', () => {
    const input = { title: 'A title', text: '' };
    expect(new${one.pascal}Schema.parse(input)).toEqual(input);
  });

  test.each([
    ['a blank title', { title: ' ', text: '' }],
    ['a text past its limit', { title: 'A title', text: 'x'.repeat(2_001) }],
    ['a field too many', { title: 'A title', text: '', userId: 'mine' }],
  ])('is refused with %s', (_, input) => {
    expect(new${one.pascal}Schema.safeParse(input).success).toBe(false);
  });
});
`,
    [`test/synth/${kebab}.test.ts`]: `import { describe, expect, test } from '@jest/globals';
import { ${camel}Routes } from '../../lambdas/${kebab}/${kebab}.routes.ts';
import { resourcesOf, STAGES } from '../support/assembly.ts';

describe.each(STAGES)('the service ${kebab} in %s', (stage) => {
  test('has a method behind the token check for each of its routes', () => {
    const operations = Object.values(${camel}Routes).map(({ operationId }) => operationId as string);
    const methods = resourcesOf(stage, 'AWS::ApiGateway::Method').filter(({ Properties }) =>
      operations.includes(Properties.OperationName),
    );
    expect(methods.map(({ Properties }) => Properties.AuthorizationType)).toEqual(operations.map(() => 'CUSTOM'));
  });

  test('connects as its own role and its own cache user', () => {
    const [fn] = resourcesOf(stage, 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.FunctionName === \`throughline-\${stage}-${kebab}\`,
    );
    const variables = fn?.Properties.Environment.Variables;
    expect(variables.DATABASE_USER).toBe('${snake}_service');
    expect(variables.CACHE_USER).toMatch(/(^|-)${kebab}$/);
  });
});
`,
    [`test/integration/${kebab}.test.ts`]: `import { afterAll, describe, expect, test } from '@jest/globals';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { create${one.pascal} } from '../../lambdas/${kebab}/create-${one.kebab}.ts';
import { makeUser } from '../support/factories.ts';
import { cacheAs, databaseAs, rows } from '../support/platform.ts';

const cache = cacheAs('${kebab}');
const databases = Array.from({ length: 10 }, () => databaseAs('${kebab}'));
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  cache.close();
});

describe('a ${one.words}', () => {
  test('created 10 times at once with one title is created once', async () => {
    const userId = await makeUser();
    const results = await Promise.allSettled(
      databases.map((database) =>
        create${one.pascal}(new ReadYourWrites(database, cache), userId, { title: 'The same', text: '' }),
      ),
    );
    const refusals = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind?.code] : []));
    expect(refusals).toEqual(Array(9).fill('${one.constant}_EXISTS'));
    expect(await rows('SELECT title FROM ${snake}.${snake} WHERE user_id = $1', [userId])).toEqual([
      { title: 'The same' },
    ]);
  });
});
`,
    [`test/path/${kebab}.test.ts`]: `import { describe, expect, test } from '@jest/globals';
import { call, Shopper } from '../support/shopper.ts';

describe('the ${kebab.replaceAll('-', ' ')} of a user', () => {
  test('are created, listed and read by their user, and by nobody else', async () => {
    const [owner, other] = [await Shopper.signUp(), await Shopper.signUp()];
    const body = { title: 'A title', text: 'A text' };
    const created = await owner.call('POST', '/${kebab}', { body });
    expect(created).toMatchObject({ status: 201, body: { ${one.camel}: body } });
    const { id } = created.body.${one.camel} as { id: string };
    expect((await owner.call('GET', '/${kebab}')).body.items.map((each) => each.id)).toEqual([id]);
    expect(await owner.call('GET', \`/${kebab}/\${id}\`)).toMatchObject({ status: 200, body: { ${one.camel}: { id } } });
    expect(await other.call('GET', \`/${kebab}/\${id}\`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await other.call('GET', '/${kebab}')).body.items).toEqual([]);
  });

  test('have one of each title, and none without a token', async () => {
    const owner = await Shopper.signUp();
    const body = { title: 'Once', text: '' };
    await owner.call('POST', '/${kebab}', { body });
    expect(await owner.call('POST', '/${kebab}', { body })).toMatchObject({
      status: 409,
      body: { code: '${one.constant}_EXISTS' },
    });
    expect((await call('GET', '/${kebab}')).status).toBe(401);
  });
});
`,
    [`test/failure/${kebab}.test.ts`]: `import { expect, test } from '@jest/globals';
import { control, eventually } from '../support/platform.ts';
import { call, Shopper } from '../support/shopper.ts';

test('${kebab.replaceAll('-', ' ')} are created and read while Valkey is down', async () => {
  const owner = await Shopper.signUp();
  await control('stop', 'valkey');
  try {
    const created = await owner.call('POST', '/${kebab}', { body: { title: 'A title', text: '' } });
    expect(created.status).toBe(201);
    const { id } = created.body.${one.camel} as { id: string };
    expect((await owner.call('GET', \`/${kebab}/\${id}\`)).status).toBe(200);
  } finally {
    await control('start', 'valkey');
    await eventually(async () => (await call('GET', '/health')).body.status === 'ok', 20_000);
  }
});
`,
  };
}
