import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ApiDocument } from '../../../lambdas/reference/api-document.ts';
import { renderReference } from '../../../lambdas/reference/reference-page.ts';
import { limitsOf } from '../../../lambdas/reference/schema-table.ts';
import { API_ROUTES } from '../../../lambdas/registry.ts';
import { openApiDocument } from '../../../lib/reports/openapi.ts';

const document = openApiDocument() as unknown as ApiDocument;
const { html, contentSecurityPolicy } = renderReference(document);
const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, group]) => group as string);

describe('the page of the API', () => {
  test('has a heading for each operation and each schema', () => {
    const ids = all(/<h3 id="([^"]+)"/g);
    const schemas = Object.keys(document.components.schemas).map((name) => `schema-${name}`);
    expect(ids.sort()).toEqual([...API_ROUTES.map(({ operationId }) => operationId), ...schemas].sort());
  });

  test('has one first heading, skips no level, and has each landmark', () => {
    const levels = all(/<h([1-6])/g).map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    for (const landmark of ['<header>', '<nav aria-label=', '<main id="main"']) expect(html).toContain(landmark);
    expect(html).toMatch(/<html lang="en">[\s\S]*<a class="skip" href="#main">/);
  });

  test('links only to places that it has, and gives no id twice', () => {
    const ids = all(/ id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    expect(all(/href="#([^"]+)"/g).filter((target) => !ids.includes(target))).toEqual([]);
  });

  test('shows the example of each request and response', () => {
    const examples = API_ROUTES.flatMap(({ example, responses }) => [
      example,
      ...Object.values(responses).map((response) => response.example),
    ]).filter((example) => example !== undefined);
    expect(all(/<pre role="group" aria-label="([^"]+)" tabindex="0">/g)).toHaveLength(examples.length);
  });

  test('runs no script, loads nothing from elsewhere, and allows its one style by hash', () => {
    expect(html).not.toMatch(/<script|javascript:|https?:\/\/|style="| on\w+="/);
    const [style] = all(/<style>([\s\S]*?)<\/style>/g);
    const hash = createHash('sha256')
      .update(style as string)
      .digest('base64');
    expect(contentSecurityPolicy).toContain(`style-src 'sha256-${hash}'`);
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; /);
    expect(contentSecurityPolicy).not.toMatch(/unsafe|script-src|http/);
  });

  test('follows the dark mode of the reader', () => {
    expect(html).toContain('color-scheme: light dark');
    expect(html).toContain('@media (prefers-color-scheme: dark)');
  });

  test('escapes what the document says', () => {
    const info = { ...document.info, description: '<script>alert("1")</script>' };
    expect(renderReference({ ...document, info }).html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  });

  test('shows what the document marks as code as code', () => {
    expect(html).toContain('reserves its stock until <code>expiresAt</code>.');
    expect(html).not.toContain('`');
  });

  test('states the limits of a value in words', () => {
    expect(limitsOf({ type: 'string', minLength: 1, maxLength: 64 })).toBe('1 to 64 characters');
    expect(limitsOf({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })).toBe('at least 0');
    expect(limitsOf({ type: 'integer', default: 20 })).toBe('default 20');
  });
});

test('the function contains the document of the contracts', () => {
  const committed = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(document)));
});
