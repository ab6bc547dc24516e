/** Type tests of the client, like those of contract.ts. Its types are generated, so they are compared with the contracts. */
import type * as z from 'zod';
import type { Call, CallArguments, CodeOf, OperationName, Result } from '../../client/src/types.ts';
import type { ApiRoutes } from '../../lambdas/registry.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Assignable<A, B> = [A] extends [B] ? true : false;
type Not<T extends boolean> = T extends true ? false : true;
type Expect<T extends true> = T;

/** The client has every operation of the contract, except a provider's. */
type ForCallers = {
  [N in keyof ApiRoutes]: ApiRoutes[N] extends { internal: true } | { caller: 'provider' }
    ? never
    : ApiRoutes[N]['operationId'];
}[keyof ApiRoutes];
export type NothingIsForgotten = [
  Expect<Assignable<OperationName, ForCallers>>,
  Expect<Assignable<ForCallers, OperationName>>,
];

/** What a route's schemas accept and return is what the client sends and gets. */
type Body<N extends keyof ApiRoutes> = ApiRoutes[N] extends { body: infer S extends z.ZodType } ? z.input<S> : never;
export type SendsWhatTheContractTakes = [
  Expect<Assignable<Call<'placeOrder'>['body'], Body<'placeOrder'>>>,
  Expect<Assignable<Body<'placeOrder'>, Call<'placeOrder'>['body']>>,
  Expect<Assignable<Call<'refundPayment'>['body'], Body<'refundPayment'>>>,
  Expect<Equal<Call<'getOrder'>['params'], { id: string }>>,
];
export type GetsWhatTheContractGives = [
  Expect<Equal<Result<'logOut'>, undefined>>,
  Expect<Equal<Result<'showReference'>, string>>,
  Expect<
    Equal<Result<'listOrders'>['items'][number]['total']['currency'], 'EUR' | 'USD' | 'GBP' | 'CHF' | 'SEK' | 'JPY'>
  >,
  Expect<Assignable<z.output<ApiRoutes['getOrder']['responses'][200]['body']>, Result<'getOrder'>>>,
];

/** What is required must be given, and what is not may be left out. */
export type RequiresWhatIsRequired = [
  Expect<Equal<CallArguments<'listProducts'>, [call?: Call<'listProducts'>]>>,
  Expect<Equal<CallArguments<'placeOrder'>, [call: Call<'placeOrder'>]>>,
  Expect<Not<Assignable<{ body: { items: [] } }, Call<'getOrder'>>>>,
];

/** A problem has the literal codes of its operation. */
export type ProblemsHaveLiteralCodes = [
  Expect<Assignable<'OUT_OF_STOCK' | 'UNAUTHENTICATED' | 'IDEMPOTENCY_KEY_REUSED', CodeOf<'placeOrder'>>>,
  Expect<Not<Assignable<'PAYMENT_DECLINED', CodeOf<'placeOrder'>>>>,
  Expect<Not<Assignable<string, CodeOf<OperationName>>>>,
];
