import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { endpoints } from '../support/platform.ts';

describe('the reference of the API', () => {
  test('is served as the OpenAPI document of the repository, without a token', async () => {
    const response = await fetch(`${endpoints.edge}/api/openapi.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const committed = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
    expect(await response.json()).toEqual(JSON.parse(committed));
  });

  test('is served as a page whose policy allows no script', async () => {
    const response = await fetch(`${endpoints.edge}/api/docs`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const page = await response.text();
    expect(page).toContain('<h3 id="placeOrder">');
    expect(page).not.toContain('<script');
  });
});
