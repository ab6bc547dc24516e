import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { catalogService } from '../../../lambdas/catalog/catalog.service.ts';
import { ordersService } from '../../../lambdas/orders/orders.service.ts';
import { ALL_SERVICES, declarationFaults, EVENT_ROUTES, QUEUES } from '../../../lambdas/registry.ts';
import { defineEvents, parseEvent } from '../../../lambdas/shared/event.ts';
import type { ServiceDeclaration } from '../../../lambdas/shared/service.ts';

const schemas = defineEvents({ 'product.changed': z.object({ productIds: z.array(z.uuid()) }) });
const event = {
  id: crypto.randomUUID(),
  type: 'product.changed',
  aggregateId: crypto.randomUUID(),
  occurredAt: '2026-01-01T00:00:00.000Z',
  payload: { productIds: [crypto.randomUUID()] },
};

describe('a worker', () => {
  test('reads an event of its queue', () => {
    expect(parseEvent(schemas, JSON.stringify(event))).toEqual(event);
  });

  test.each([
    ['a type that it does not consume', { ...event, type: 'product.stolen' }],
    ['a type that is a member of every object', { ...event, type: 'toString' }],
    ['a payload of another shape', { ...event, payload: { productIds: 'all' } }],
    ['no id', { ...event, id: undefined }],
  ])('refuses %s, so that the message ends in the dead-letter queue', (_, wrong) => {
    expect(() => parseEvent(schemas, JSON.stringify(wrong))).toThrow();
  });
});

describe('the declarations', () => {
  const without = ALL_SERVICES.filter((each) => each !== (ordersService as ServiceDeclaration));
  const faultsOf = (changed: ServiceDeclaration) => declarationFaults([...without, changed]);

  test('fit together', () => {
    expect(declarationFaults()).toEqual([]);
  });

  test('route every event to queues that exist', () => {
    expect(
      Object.values(EVENT_ROUTES)
        .flat()
        .filter((queue) => !QUEUES.includes(queue)),
    ).toEqual([]);
    expect(EVENT_ROUTES['payment.captured']).toEqual(['order-events']);
  });

  test.each<[string, ServiceDeclaration, RegExp]>([
    [
      'a queue for an event that no service publishes',
      { ...ordersService, queues: { 'order-events': { events: ['payment.captuerd'] } } },
      /queue order-events takes payment\.captuerd, which no service publishes; published are .*payment\.captured/,
    ],
    ['two services of one name', { ...ordersService, name: catalogService.name }, /service catalog: declared twice/],
    ['a name that no role can have', { ...ordersService, name: 'Orders!' }, /service Orders!: its name must be/],
    [
      'routes without a function',
      { ...ordersService, functions: {} },
      /service orders: it needs one function of kind api/,
    ],
    [
      'a function that publishes another service’s event',
      {
        ...ordersService,
        functions: {
          ...ordersService.functions,
          orders: { ...ordersService.functions.orders, publishes: ['user.signed_up'] },
        },
      },
      /function orders: it publishes user\.signed_up/,
    ],
    [
      'a worker of an unknown queue',
      {
        ...ordersService,
        functions: {
          ...ordersService.functions,
          late: { kind: 'worker', handler: 'x', description: 'x', consumes: 'nowhere' },
        },
      },
      /function late: there is no queue nowhere; queues are .*payment-events/,
    ],
    [
      'a connection to a cache that is not declared',
      { ...ordersService, cache: undefined },
      /function orders: it connects to the cache, and the service declares no `cache`/,
    ],
  ])('are refused for %s, with a line that says so', (_, changed, line) => {
    expect(faultsOf(changed).join('\n')).toMatch(line);
  });
});
