import {
  type ApiDocument,
  type ApiResponse,
  type Content,
  nameOf,
  type Operation,
  type Reference,
} from './api-document.ts';
import { type Html, html, prose } from './html.ts';
import { fieldTable, typeOf } from './schema-table.ts';

export interface ListedOperation extends Operation {
  method: string;
  path: string;
}

/** The operations in the order of the document. */
export const operationsOf = ({ paths }: ApiDocument): ListedOperation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );

/** The part itself, or the one of the components that it refers to. */
function resolve<T extends object>(part: T | Reference, components: Record<string, T>): T {
  if (!('$ref' in part)) return part;
  return components[nameOf(part.$ref)] as T;
}

/** The section of an operation: its parameters, its body, its responses and its problems. */
export function operationSection(operation: ListedOperation, { components }: ApiDocument): Html {
  const { operationId, method, path, summary, security, requestBody } = operation;
  const parameters = operation.parameters.map((each) => resolve(each, components.parameters));
  const responses = Object.entries(operation.responses).map(
    ([status, each]) => [status, resolve(each, components.responses)] as const,
  );
  const fields = parameters.map(({ in: place, ...parameter }) => ({ ...parameter, place }));
  return html`<article aria-labelledby="${operationId}">
<h3 id="${operationId}"><span class="method">${method}</span> <code>${path}</code></h3>
<p>${prose(summary)}</p>
<p class="note">Operation <code>${operationId}</code>. ${security.length > 0 ? 'Needs an access token.' : 'Needs no access token.'}</p>
${fields.length > 0 ? html`<h4>Parameters</h4>${fieldTable(`Parameters of ${operationId}`, fields)}` : undefined}
${requestBody && html`<h4>Request body</h4>${contentOf(requestBody.content, `Example of the body of ${operationId}`)}`}
<h4>Responses</h4>
<dl>${responses.filter((each) => !isProblem(each)).map((each) => success(each, operationId))}</dl>
<h4>Problems</h4>
<dl>${responses.filter(isProblem).map(problem)}</dl>
</article>`;
}

/** A status that has a document of its own too, as 503 of the health check, is listed with the responses. */
const isProblem = ([, { content = {} }]: readonly [string, ApiResponse]) =>
  Object.keys(content).join() === 'application/problem+json';

const success = ([status, { description, content }]: readonly [string, ApiResponse], operationId: string): Html =>
  html`<dt>${status}</dt><dd>${prose(description)}${content && contentOf(content, `Example of the response ${status} of ${operationId}`)}</dd>`;

/** A problem's description is the list of its codes. */
const problem = ([status, { description }]: readonly [string, ApiResponse]): Html =>
  html`<dt>${status}</dt><dd>${description.split(', ').map((code) => html`<code>${code}</code> `)}</dd>`;

/** The schema and the example of a body. The example can be scrolled, so that it can be focused. */
function contentOf(content: Content, label: string): Html {
  return html`${Object.entries(content).map(([type, { schema, example }]) => {
    const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
    return html`<p><code>${type}</code>: ${typeOf(schema)}</p>
${text && html`<pre role="group" aria-label="${label}" tabindex="0">${text}</pre>`}`;
  })}`;
}
