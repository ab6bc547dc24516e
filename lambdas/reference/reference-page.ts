import { createHash } from 'node:crypto';
import type { ApiDocument } from './api-document.ts';
import { Html, html } from './html.ts';
import { type ListedOperation, operationSection, operationsOf } from './operation-section.ts';
import { REFERENCE_STYLE } from './reference-style.ts';
import { schemaSection } from './schema-table.ts';

/** Only this style and the site's icon are loaded. There is no script. */
const contentSecurityPolicy = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The page of the API, and the policy that it needs. The page is complete without a script. */
export function renderReference(document: ApiDocument): { html: string; contentSecurityPolicy: string } {
  const { info, components } = document;
  const groups = Map.groupBy(operationsOf(document), ({ tags }) => tags[0] ?? 'other');
  const schemas = Object.entries(components.schemas);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${info.title} API</title>
<link rel="icon" href="/favicon.svg">
<style>${new Html(REFERENCE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<h1>${info.title} API ${info.version}</h1>
<p>${info.description}</p>
<p><a href="openapi.json">OpenAPI document</a> · <a href="/">Storefront</a></p>
</header>
<div class="columns">
<nav aria-label="Operations and schemas">${[...groups].map(([tag, operations]) => navigationOf(tag, operations))}
<p><a href="#schemas">Schemas</a></p>
</nav>
<main id="main" tabindex="-1">
${[...groups].map(([tag, operations]) => groupSection(tag, operations, document))}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => schemaSection(name, schema))}
</section>
</main>
</div>
</body>
</html>
`;
  return { html: page.text, contentSecurityPolicy: contentSecurityPolicy(REFERENCE_STYLE) };
}

const navigationOf = (tag: string, operations: readonly ListedOperation[]): Html => html`
<p><a href="#tag-${tag}">${tag}</a></p>
<ul>${operations.map(({ operationId }) => html`<li><a href="#${operationId}">${operationId}</a></li>`)}</ul>`;

const groupSection = (tag: string, operations: readonly ListedOperation[], document: ApiDocument): Html => html`
<section aria-labelledby="tag-${tag}"><h2 id="tag-${tag}">${tag}</h2>
${operations.map((operation) => operationSection(operation, document))}
</section>`;
