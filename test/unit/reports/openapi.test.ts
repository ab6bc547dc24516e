import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { API_ROUTES } from '../../../lambdas/registry.ts';
import { openApiDocument } from '../../../lib/reports/openapi.ts';
import { type Json, OpenApiComponents } from '../../../lib/reports/openapi-components.ts';

interface Document {
  paths: Record<string, Record<string, Json>>;
  components: { schemas: Record<string, Json>; responses: Record<string, Json> };
}
const document = openApiDocument() as unknown as Document;

/** Every object of the document, with its place in it. Examples are data, not schemas. */
function nodes(value: unknown, place = ''): { place: string; node: Json }[] {
  if (!value || typeof value !== 'object') return [];
  const below = Object.entries(value)
    .filter(([key]) => key !== 'example')
    .flatMap(([key, each]) => nodes(each, `${place}/${key}`));
  return Array.isArray(value) ? below : [{ place, node: value as Json }, ...below];
}

describe('the OpenAPI document', () => {
  test('names every object schema, so that a generator makes no anonymous type', () => {
    const anonymous = nodes(document)
      .filter(({ node }) => node.type === 'object')
      .map(({ place }) => place)
      .filter((place) => !/^\/components\/schemas\/\w+$/.test(place));
    expect(anonymous).toEqual([]);
  });

  test('has the names that the business uses', () => {
    const names = ['User', 'Session', 'Tokens', 'Product', 'Order', 'OrderItem', 'Payment', 'Refund', 'Notification'];
    const more = ['Money', 'OrderPage', 'ProductPage', 'SessionPage', 'NotificationPage', 'PlaceOrderBody', 'Problem'];
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...names, ...more]));
    expect(document.components.schemas.OrderPage).toMatchObject({
      properties: { items: { items: { $ref: '#/components/schemas/Order' } } },
    });
  });

  test('refers only to parts that it has', () => {
    for (const { node } of nodes(document).filter(({ node }) => typeof node.$ref === 'string')) {
      const [, ...steps] = (node.$ref as string).split('/');
      const part = steps.reduce<unknown>((each, step) => (each as Json | undefined)?.[step], document);
      expect({ ref: node.$ref, part }).toEqual({ ref: node.$ref, part: expect.any(Object) });
    }
  });

  test('lists the problem codes of each operation and status', () => {
    const responses = document.paths['/orders']?.post?.responses as Record<string, unknown>;
    expect(responses[409]).toMatchObject({ description: 'OUT_OF_STOCK, REQUEST_IN_PROGRESS' });
    expect(responses[401]).toEqual({ $ref: '#/components/responses/Unauthenticated' });
    expect(JSON.stringify(document.components.responses.Unauthenticated)).toContain('"enum":["UNAUTHENTICATED"]');
  });

  test('is refused when two different schemas have one name', () => {
    const components = new OpenApiComponents();
    components.schemaOf(z.object({ a: z.string() }).meta({ id: 'Thing' }), 'output');
    expect(() => components.schemaOf(z.object({ b: z.string() }).meta({ id: 'Thing' }), 'output')).toThrow(/Thing/);
  });
});

describe.each(API_ROUTES.map((route) => [route.operationId, route] as const))('the examples of %s', (_, route) => {
  test('have the request body that the route takes', () => {
    expect(route.body?.parse(route.example)).toEqual(route.example);
  });

  test('have every response body that the route returns', () => {
    for (const { body, example } of Object.values(route.responses)) expect(body?.parse(example)).toEqual(example);
  });
});
