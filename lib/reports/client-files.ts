import openApiTypes, { astToString } from 'openapi-typescript';
import { API_ROUTES } from '../../lambdas/registry.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import type { Json } from './openapi-components.ts';

const HEADER = '/** Generated from the contracts by `npm run docs`. Do not edit it. */\n';

/** The files of `client/` that are generated, by their path below the project's root. */
export async function clientFiles(document: Json): Promise<Record<string, string>> {
  return {
    'client/src/schema.ts': HEADER + (await schemaTypes(document)),
    'client/src/operations.ts': HEADER + operationTable(API_ROUTES),
  };
}

/** The types of all schemas and operations. Examples are left out: they would be half of the file. */
async function schemaTypes(document: Json): Promise<string> {
  const withoutExamples = JSON.stringify(document, (key, value) => (key === 'example' ? undefined : value));
  const nodes = await openApiTypes(withoutExamples, { rootTypes: true, rootTypesNoSchemaPrefix: true });
  return astToString(nodes);
}

/** What the client must know of an operation at run time. A provider's operations are not for its callers. */
function operationTable(routes: readonly Route[]): string {
  const rows = routes
    .filter(({ caller }) => caller !== 'provider')
    .map(({ operationId, method, path, caller, idempotent = false }) => {
      const token = caller === 'user' || caller === 'admin';
      return `  ${operationId}: { method: '${method}', path: '${path}', token: ${token}, idempotent: ${idempotent} },\n`;
    });
  return `export const OPERATIONS = {\n${rows.join('')}} as const;\n`;
}
