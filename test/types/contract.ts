/**
 * Type tests: `npm test` checks them with the rest of the types, and nothing here runs. A change that loosens or breaks what a contract
 * gives to its handler fails to compile.
 */
import * as z from 'zod';
import type { newEvent } from '../../lambdas/queue/outbox.ts';
import {
  defineRoutes,
  type Implementations,
  type Principal,
  READ_LIMIT,
  type RequestOf,
  type ResultOf,
} from '../../lambdas/shared/contract.ts';
import { defineEvents, type EventOf } from '../../lambdas/shared/event.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Assignable<A, B> = [A] extends [B] ? true : false;
type Not<T extends boolean> = T extends true ? false : true;
type Expect<T extends true> = T;

const routes = defineRoutes({
  make: {
    operationId: 'make',
    summary: 'Makes a thing.',
    method: 'POST',
    path: '/things/{id}',
    caller: 'user',
    idempotent: true,
    params: z.object({ id: z.string() }),
    body: z.strictObject({ size: z.int(), colour: z.string().default('red') }),
    responses: {
      201: { description: 'Made.', body: z.object({ thing: z.object({ id: z.string() }) }) },
      202: { description: 'Accepted.' },
    },
    limit: READ_LIMIT,
  },
  look: {
    operationId: 'look',
    summary: 'Looks.',
    method: 'GET',
    path: '/things',
    caller: 'public',
    query: z.object({ limit: z.int().default(20) }),
    responses: { 200: { description: 'Things.', body: z.array(z.string()) } },
    limit: READ_LIMIT,
  },
});
type Make = typeof routes.make;
type Look = typeof routes.look;

/** `defineRoutes` keeps the literals that the gateway and the client go by. */
export type KeepsLiterals = [
  Expect<Equal<Make['method'], 'POST'>>,
  Expect<Equal<Make['path'], '/things/{id}'>>,
  Expect<Equal<keyof typeof routes, 'make' | 'look'>>,
];

/** A request has what its route declares, parsed, and nothing that it does not. */
export type RequestsAreParsed = [
  Expect<Equal<RequestOf<Make>['body'], { size: number; colour: string }>>,
  Expect<Equal<RequestOf<Make>['params'], { id: string }>>,
  Expect<Equal<RequestOf<Make>['principal'], Principal>>,
  Expect<Equal<RequestOf<Make>['idempotencyKey'], string>>,
  Expect<Equal<RequestOf<Look>['query'], { limit: number }>>,
  Expect<Equal<RequestOf<Look>['body'], undefined>>,
  Expect<Equal<RequestOf<Look>['principal'], undefined>>,
  Expect<Equal<RequestOf<Look>['idempotencyKey'], undefined>>,
];

/** A handler answers with a declared status and that status's body. */
export type ResultsAreDeclared = [
  Expect<Assignable<{ status: 201; body: { thing: { id: string } } }, ResultOf<Make>>>,
  Expect<Assignable<{ status: 202 }, ResultOf<Make>>>,
  Expect<Not<Assignable<{ status: 200; body: { thing: { id: string } } }, ResultOf<Make>>>>,
  Expect<Not<Assignable<{ status: 201 }, ResultOf<Make>>>>,
  Expect<Not<Assignable<{ status: 201; body: { thing: { id: number } } }, ResultOf<Make>>>>,
  Expect<Not<Assignable<{ status: 202; body: string }, ResultOf<Make>>>>,
];

/** Every route needs its implementation. */
export type NothingIsForgotten = [
  Expect<Equal<keyof Implementations<typeof routes>, 'make' | 'look'>>,
  Expect<Not<Assignable<{ make: Implementations<typeof routes>['make'] }, Implementations<typeof routes>>>>,
];

const events = defineEvents({
  'thing.made': z.object({ id: z.uuid() }),
  'thing.lost': z.object({ reason: z.string() }),
});

/** An event's type decides its payload. */
export type EventsAreDiscriminated = [
  Expect<Equal<EventOf<typeof events>['type'], 'thing.made' | 'thing.lost'>>,
  Expect<Equal<EventOf<typeof events, 'thing.lost'>['payload'], { reason: string }>>,
  Expect<Equal<Parameters<typeof newEvent<typeof events, 'thing.made'>>[4], { id: string }>>,
  Expect<Not<Assignable<{ reason: number }, EventOf<typeof events, 'thing.lost'>['payload']>>>,
];
