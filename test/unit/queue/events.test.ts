import { expect, test } from '@jest/globals';
import { EVENTS, parseEvent, QUEUES } from '../../../lambdas/queue/events.ts';

const event = {
  id: crypto.randomUUID(),
  type: 'product.changed',
  aggregateId: crypto.randomUUID(),
  occurredAt: '2026-01-01T00:00:00.000Z',
  payload: { productIds: [crypto.randomUUID()] },
};

test('an event of the house is read', () => {
  expect(parseEvent(JSON.stringify(event))).toEqual(event);
});

test.each([
  ['an unknown type', { ...event, type: 'product.stolen' }],
  ['a payload of another shape', { ...event, payload: { productIds: 'all' } }],
  ['no id', { ...event, id: undefined }],
])('%s is refused, so that it ends among the dead letters', (_, wrong) => {
  expect(() => parseEvent(JSON.stringify(wrong))).toThrow();
});

test('every queue hears of something', () => {
  const heard = new Set(Object.values(EVENTS).flatMap(({ queues }): readonly string[] => queues));
  expect([...heard].sort()).toEqual([...QUEUES].sort());
});
