import { nameOf, type Schema } from './api-document.ts';
import { type Html, html, prose } from './html.ts';

/** The type of a value in words, with links to the named schemas. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref) return html`<a href="#schema-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (schema.anyOf) return joined(schema.anyOf.map(typeOf), ' or ');
  if (schema.allOf) return joined(schema.allOf.map(typeOf), ' and ');
  if (schema.enum) return joined(schema.enum.map(literal), ' or ');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.type === 'array' && schema.items) return html`array of ${typeOf(schema.items)}`;
  return html`${schema.type ?? 'any value'}${schema.format && ` (${schema.format})`}`;
}

const literal = (value: unknown): Html => html`<code>${JSON.stringify(value)}</code>`;

const joined = (parts: readonly Html[], separator: string): Html =>
  html`${parts.map((part, index) => (index === 0 ? part : html`${separator}${part}`))}`;

/** zod states the bounds of a safe integer, which tell a reader nothing. */
const isTelling = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;

/** The limits of a value in words, for example `1 to 64 characters`. */
export function limitsOf(schema: Schema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string) => {
    if (isTelling(least) && isTelling(most)) return `${least} to ${most}${unit}`;
    if (isTelling(least)) return `at least ${least}${unit}`;
    return isTelling(most) ? `at most ${most}${unit}` : '';
  };
  const limits = [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
  ];
  return limits.filter(Boolean).join('; ');
}

export interface Field {
  name: string;
  schema: Schema;
  required: boolean;
  /** Where a parameter goes: path, query or header. */
  place?: string;
  description?: string;
}

/** A table of the fields of an object, or of the parameters of an operation. */
export function fieldTable(caption: string, fields: readonly Field[]): Html {
  const hasPlace = fields.some(({ place }) => place);
  const row = ({ name, schema, required, place, description = schema.description }: Field) => html`<tr>
<th scope="row"><code>${name}</code></th>${hasPlace ? html`<td>${place}</td>` : undefined}
<td>${typeOf(schema)}</td><td>${required ? 'yes' : 'no'}</td>
<td>${description && prose(description)} ${limitsOf(schema)}</td></tr>`;
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr><th scope="col">Name</th>${hasPlace ? html`<th scope="col">In</th>` : undefined}<th scope="col">Type</th>
<th scope="col">Required</th><th scope="col">Description</th></tr></thead>
<tbody>${fields.map(row)}</tbody></table></div>`;
}

/** The section of a named schema. */
export function schemaSection(name: string, schema: Schema): Html {
  const fields = Object.entries(schema.properties ?? {}).map(([field, each]) => ({
    name: field,
    schema: each,
    required: schema.required?.includes(field) ?? false,
  }));
  return html`<section class="schema">
<h3 id="schema-${name}">${name}</h3>
${schema.description && html`<p>${prose(schema.description)}</p>`}
${fields.length > 0 ? fieldTable(`Fields of ${name}`, fields) : html`<p>${typeOf(schema)}</p>`}
</section>`;
}
