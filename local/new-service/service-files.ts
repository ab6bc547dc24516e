import type { ServiceNames } from './names.ts';

/** The files of a new service's folder. Each user has a list, and a database constraint enforces one rule. */
export function serviceFiles({ kebab, snake, camel, pascal, one }: ServiceNames): Record<string, string> {
  const folder = `lambdas/${kebab}`;
  return {
    [`${folder}/${kebab}.service.ts`]: `import { PIN_ACCESS } from '../cache/pins.ts';
import { defineService } from '../shared/service.ts';
import { ${camel}Routes } from './${kebab}.routes.ts';

/** ${pascal}: each user has their own list. */
export const ${camel}Service = defineService({
  name: '${kebab}',
  folder: '${kebab}',
  routes: ${camel}Routes,
  database: { schema: '${snake}' },
  cache: PIN_ACCESS,
  functions: {
    '${kebab}': {
      kind: 'api',
      handler: '${kebab}.handler.ts',
      description: '${pascal}: create, list, read',
      database: true,
      cache: true,
    },
  },
});
`,
    [`${folder}/${kebab}.construct.ts`]: `import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { ${camel}Service } from './${kebab}.service.ts';

/** ${pascal}: the API. Add here what a declaration cannot express, for example keys and secrets. */
export class ${pascal}Service extends DeclaredService<typeof ${camel}Service> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, ${camel}Service, tier);
  }
}
`,
    [`${folder}/${one.kebab}.ts`]: `import * as z from 'zod';
import { multilineText, nameText, timestampSchema, uuidSchema } from '../shared/text.ts';

export const ${one.camel}Schema = z
  .object({ id: uuidSchema, title: z.string(), text: z.string(), createdAt: timestampSchema })
  .meta({ id: '${one.pascal}' });
export type ${one.pascal} = z.output<typeof ${one.camel}Schema>;

/** The request body. A user has each title only once. */
export const new${one.pascal}Schema = z
  .strictObject({ title: nameText(1, 200), text: multilineText(0, 2_000) })
  .meta({ id: 'New${one.pascal}' });
export type New${one.pascal} = z.output<typeof new${one.pascal}Schema>;
`,
    [`${folder}/${kebab}.errors.ts`]: `import { defineProblems } from '../shared/problem.ts';

export const ${camel}Problems = defineProblems({
  ${one.constant}_EXISTS: { status: 409, title: 'The user has a ${one.words} with this title already.' },
});
`,
    [`${folder}/${kebab}.routes.ts`]: `import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../shared/contract.ts';
import { pageOf, pageQuerySchema } from '../shared/cursor.ts';
import { EXAMPLE, pageExample } from '../shared/examples.ts';
import { commonProblems } from '../shared/problem.ts';
import { uuidSchema } from '../shared/text.ts';
import { ${one.camel}Schema, new${one.pascal}Schema } from './${one.kebab}.ts';
import { ${camel}Problems } from './${kebab}.errors.ts';

const ${one.camel}Response = z.object({ ${one.camel}: ${one.camel}Schema }).meta({ id: '${one.pascal}Response' });
const new${one.pascal}Example = { title: 'A title', text: 'A text' };
const ${one.camel}Example = { id: EXAMPLE.orderId, ...new${one.pascal}Example, createdAt: EXAMPLE.createdAt };

export const ${camel}Routes = defineRoutes({
  create${one.pascal}: {
    operationId: 'create${one.pascal}',
    summary: 'Creates a ${one.words} of the caller.',
    method: 'POST',
    path: '/${kebab}',
    caller: 'user',
    body: new${one.pascal}Schema,
    example: new${one.pascal}Example,
    responses: {
      201: { description: 'The ${one.words}.', body: ${one.camel}Response, example: { ${one.camel}: ${one.camel}Example } },
    },
    problems: [${camel}Problems.${one.constant}_EXISTS],
    limit: WRITE_LIMIT,
  },
  list${pascal}: {
    operationId: 'list${pascal}',
    summary: "Lists the caller's ${kebab.replaceAll('-', ' ')}, newest first.",
    method: 'GET',
    path: '/${kebab}',
    caller: 'user',
    query: pageQuerySchema,
    responses: {
      200: {
        description: 'A page of ${kebab.replaceAll('-', ' ')}.',
        body: pageOf(${one.camel}Schema),
        example: pageExample(${one.camel}Example),
      },
    },
    limit: READ_LIMIT,
  },
  get${one.pascal}: {
    operationId: 'get${one.pascal}',
    summary: "Retrieves one of the caller's ${kebab.replaceAll('-', ' ')}.",
    method: 'GET',
    path: '/${kebab}/{id}',
    caller: 'user',
    params: z.object({ id: uuidSchema }),
    responses: {
      200: { description: 'The ${one.words}.', body: ${one.camel}Response, example: { ${one.camel}: ${one.camel}Example } },
    },
    problems: [commonProblems.NOT_FOUND],
    limit: READ_LIMIT,
  },
});
`,
    [`${folder}/${kebab}.repository.ts`]: `import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import type { New${one.pascal}, ${one.pascal} } from './${one.kebab}.ts';

export interface ${one.pascal}Row {
  id: string;
  title: string;
  text: string;
  created_at: Date;
}

const COLUMNS = sql.raw('id, title, text, created_at');

export const to${one.pascal} = (row: ${one.pascal}Row): ${one.pascal} => ({
  id: row.id,
  title: row.title,
  text: row.text,
  createdAt: row.created_at.toISOString(),
});

/** @returns undefined if the user has this title already. The unique index also decides between concurrent inserts. */
export async function insert${one.pascal}(
  tx: Sql,
  userId: string,
  { title, text }: New${one.pascal},
): Promise<${one.pascal}Row | undefined> {
  const { rows } = await sql<${one.pascal}Row>\`
    INSERT INTO ${snake}.${snake} (user_id, title, text) VALUES (\${userId}, \${title}, \${text})
    ON CONFLICT (user_id, title) DO NOTHING RETURNING \${COLUMNS}\`.execute(tx);
  return rows[0];
}

/** Reads one row more than \`limit\`, newest first, so that the caller knows whether a next page exists. */
export async function list${pascal}(db: Sql, userId: string, after: string | undefined, limit: number) {
  const { rows } = await sql<${one.pascal}Row>\`
    SELECT \${COLUMNS} FROM ${snake}.${snake}
    WHERE user_id = \${userId} AND (\${after ?? null}::uuid IS NULL OR id < \${after ?? null})
    ORDER BY id DESC LIMIT \${limit + 1}\`.execute(db);
  return rows;
}

/** @returns undefined for an unknown id and for a ${one.words} of another user */
export async function find${one.pascal}(db: Sql, userId: string, id: string): Promise<${one.pascal}Row | undefined> {
  const { rows } = await sql<${one.pascal}Row>\`
    SELECT \${COLUMNS} FROM ${snake}.${snake} WHERE id = \${id} AND user_id = \${userId}\`.execute(db);
  return rows[0];
}
`,
    [`${folder}/create-${one.kebab}.ts`]: `import type { ReadYourWrites } from '../database/read-your-writes.ts';
import { Problem } from '../shared/problem.ts';
import type { New${one.pascal}, ${one.pascal} } from './${one.kebab}.ts';
import { ${camel}Problems } from './${kebab}.errors.ts';
import { insert${one.pascal}, to${one.pascal} } from './${kebab}.repository.ts';

/** Creates a ${one.words} of a user. @throws Problem ${one.constant}_EXISTS */
export async function create${one.pascal}(
  data: ReadYourWrites,
  userId: string,
  input: New${one.pascal},
): Promise<${one.pascal}> {
  const row = await data.transaction(userId, (tx) => insert${one.pascal}(tx, userId, input));
  if (!row) throw new Problem(${camel}Problems.${one.constant}_EXISTS);
  return to${one.pascal}(row);
}
`,
    [`${folder}/${kebab}.handler.ts`]: `import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { ReadYourWrites } from '../database/read-your-writes.ts';
import type { Implementations } from '../shared/contract.ts';
import { decodeCursor, toPage } from '../shared/cursor.ts';
import { publicOrigin } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { create${one.pascal} } from './create-${one.kebab}.ts';
import { find${one.pascal}, list${pascal}, to${one.pascal} } from './${kebab}.repository.ts';
import { ${camel}Routes } from './${kebab}.routes.ts';

function implement(): Implementations<typeof ${camel}Routes> {
  const data = new ReadYourWrites(databaseFromEnv(), cacheFromEnv());
  return {
    create${one.pascal}: async ({ principal, body }) => ({
      status: 201,
      body: { ${one.camel}: await create${one.pascal}(data, principal.userId, body) },
    }),
    list${pascal}: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const rows = await data.read(principal.userId, (db) => list${pascal}(db, principal.userId, after, query.limit));
      return { status: 200, body: toPage(rows, query.limit, to${one.pascal}) };
    },
    get${one.pascal}: async ({ principal, params }) => {
      const row = await data.find(principal.userId, (db) => find${one.pascal}(db, principal.userId, params.id));
      if (!row) throw new Problem(commonProblems.NOT_FOUND);
      return { status: 200, body: { ${one.camel}: to${one.pascal}(row) } };
    },
  };
}

export const handler = createApiHandler({ routes: ${camel}Routes, implement, allowedOrigin: publicOrigin });
`,
    [`${folder}/README.md`]: `# ${pascal}

Each user has a list of ${kebab.replaceAll('-', ' ')} of their own.

- **API** (\`${kebab}.routes.ts\`): \`POST /${kebab}\`, \`GET /${kebab}\`, \`GET /${kebab}/{id}\`.
- **Rows:** \`${snake}.${snake}\`. A title is unique among those of its user, by an index.
- **Publishes** and **consumes** nothing.
- **Alarms:** those of every function (docs/runbook.md).
`,
  };
}

/** The service's migration. The role is created before migrations run. The migration grants its permissions. */
export const migrationOf = ({ snake }: ServiceNames): string => `CREATE SCHEMA ${snake};
GRANT USAGE ON SCHEMA ${snake} TO ${snake}_service;

CREATE TABLE ${snake}.${snake} (
  id         uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id    uuid NOT NULL,
  title      text NOT NULL,
  text       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, title)
);
CREATE INDEX ${snake}_by_user ON ${snake}.${snake} (user_id, id DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${snake} TO ${snake}_service;
`;
