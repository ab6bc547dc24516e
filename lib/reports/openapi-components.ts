import * as z from 'zod';
import type { ProblemKind } from '../../lambdas/shared/problem.ts';
import { pascalCase } from '../constructs/names.ts';

export type Json = Record<string, unknown>;
type Io = 'input' | 'output';

const DEFINITION = '#/$defs/';

/**
 * The named parts of the OpenAPI document. A schema with `.meta({ id: 'Order' })` becomes `components.schemas.Order`, and
 * every use of it a `$ref`, so that a generator makes one type `Order` of it.
 */
export class OpenApiComponents {
  readonly #schemas = new Map<string, Json>(Object.entries(PROBLEM_SCHEMAS));
  readonly #responses = new Map<string, Json>();

  /** The schema, or a reference to it if it has a name. `name` names it where its declaration does not. */
  schemaOf(schema: z.ZodType, io: Io, name?: string): Json {
    const { $schema, $defs, '~standard': standard, ...json } = toJson(schema, io, name);
    for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, Json>))
      this.#add(this.#schemas, id, definition);
    return json;
  }

  /** A problem response. One whose only code is the same in all operations is a component, named after its code. */
  problemResponse(kinds: readonly ProblemKind[], response: Json): Json {
    const [only, ...others] = [...new Set(kinds.map(({ code }) => code))];
    if (!only || others.length > 0) return response;
    const name = pascalCase(only.toLowerCase().replaceAll('_', '-'));
    this.#add(this.#responses, name, response);
    return { $ref: `#/components/responses/${name}` };
  }

  get sections(): { schemas: Json; responses: Json } {
    return { schemas: sorted(this.#schemas), responses: sorted(this.#responses) };
  }

  /** @throws Error if two different parts have one name: a client would get the wrong type */
  #add(parts: Map<string, Json>, name: string, part: Json): void {
    const known = parts.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(part))
      throw new Error(`Two parts of the OpenAPI document are named ${name}. Give one of them another id in .meta().`);
    parts.set(name, part);
  }
}

const sorted = (parts: Map<string, Json>): Json =>
  Object.fromEntries([...parts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** zod puts named schemas into `$defs`, but never the outermost one. So the schema is converted as a field of another. */
function toJson(schema: z.ZodType, io: Io, name: string | undefined): Json {
  const named = name && !schema.meta()?.id ? schema.meta({ id: name }) : schema;
  const { properties, $defs } = z.toJSONSchema(z.object({ wrapped: named }), { target: 'draft-2020-12', io });
  const json = { ...(properties?.wrapped as Json), ...($defs && { $defs }) };
  const moved = mapNodes(json, (node) =>
    typeof node.$ref === 'string' && node.$ref.startsWith(DEFINITION)
      ? { ...node, $ref: `#/components/schemas/${node.$ref.slice(DEFINITION.length)}` }
      : node,
  );
  return io === 'output' ? mapNodes(moved, withUnknownFields) : moved;
}

/** A response may gain fields without a new version, so a client must accept fields that it does not know. */
function withUnknownFields({ additionalProperties, ...node }: Json): Json {
  return additionalProperties === false || additionalProperties === undefined
    ? node
    : { ...node, additionalProperties };
}

/** A copy in which `change` has replaced every object, from the outside to the inside. */
function mapNodes(json: Json, change: (node: Json) => Json): Json {
  const map = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(map);
    return value && typeof value === 'object' ? mapNodes(value as Json, change) : value;
  };
  return Object.fromEntries(Object.entries(change(json)).map(([key, value]) => [key, map(value)]));
}

/** RFC 9457. Some codes add members (`productId`, `paymentId`, …). */
const PROBLEM_SCHEMAS: Record<string, Json> = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'requestId'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string' },
      detail: { type: 'string' },
      requestId: { type: 'string' },
      fields: { type: 'array', items: { $ref: '#/components/schemas/FieldError' } },
    },
  },
  FieldError: {
    type: 'object',
    required: ['field', 'message'],
    properties: { field: { type: 'string' }, message: { type: 'string' } },
  },
};
