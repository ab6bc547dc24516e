/** The parts of the OpenAPI document that the page shows. lib/reports/openapi.ts writes them. */
export interface ApiDocument {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, Parameter>;
    responses: Record<string, ApiResponse>;
  };
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: unknown[];
  parameters: (Parameter | Reference)[];
  requestBody?: { content: Content };
  responses: Record<string, ApiResponse | Reference>;
}

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: Schema;
}

export interface ApiResponse {
  description: string;
  content?: Content;
}

export interface Reference {
  $ref: string;
}

/** By media type. */
export type Content = Record<string, { schema: Schema; example?: unknown }>;

/** The keywords of JSON Schema that the contracts use. */
export interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
}

/** The last part of a reference: `Order` of `#/components/schemas/Order`. */
export const nameOf = ($ref: string): string => $ref.split('/').at(-1) ?? $ref;
