import * as z from 'zod';
import { defineRoutes, WRITE_LIMIT } from '../../shared/contract.ts';
import { chargeableSchema } from '../../shared/money.ts';
import { commonProblems } from '../../shared/problem.ts';
import { text, uuidSchema } from '../../shared/text.ts';

const keyHeader = z.object({ 'x-sandbox-key': text(0, 500).optional() });

export const chargeSchema = z.object({
  id: uuidSchema,
  idempotencyKey: z.string(),
  status: z.enum(['succeeded', 'declined', 'requires_action']),
  declineCode: z.string().nullable(),
  actionUrl: z.string().nullable(),
});
export type SandboxCharge = z.output<typeof chargeSchema>;

const page = z.string();
const challenge = { path: '/sandbox-provider/challenges/{id}', params: z.object({ id: uuidSchema }) } as const;
const service = { caller: 'provider', limit: WRITE_LIMIT, internal: true, headers: keyHeader } as const;
const person = { caller: 'public', limit: WRITE_LIMIT, internal: true } as const;

/** The API of a simulated payment provider, for laptops and `dev`. */
export const sandboxRoutes = defineRoutes({
  createCharge: {
    ...service,
    operationId: 'sandboxCreateCharge',
    summary: 'Charges a test token, once per key.',
    method: 'POST',
    path: '/sandbox-provider/charges',
    body: z.strictObject({ idempotencyKey: text(1, 100), amount: chargeableSchema, token: text(1, 255) }),
    responses: { 200: { description: 'The charge.', body: chargeSchema } },
  },
  retrieveOrVoidCharge: {
    ...service,
    operationId: 'sandboxRetrieveOrVoidCharge',
    summary: 'Retrieves the charge of a key. If there is none, voids the key so that it can never be charged.',
    method: 'POST',
    path: '/sandbox-provider/charges/{key}/retrieve-or-void',
    params: z.object({ key: text(1, 100) }),
    body: z.strictObject({ amount: chargeableSchema }),
    responses: { 200: { description: 'The charge.', body: chargeSchema } },
  },
  createRefund: {
    ...service,
    operationId: 'sandboxCreateRefund',
    summary: 'Refunds a charge, once per key.',
    method: 'POST',
    path: '/sandbox-provider/refunds',
    body: z.strictObject({ idempotencyKey: text(1, 100), chargeId: uuidSchema, amount: chargeableSchema }),
    responses: { 200: { description: 'The refund succeeded.', body: z.object({ status: z.literal('succeeded') }) } },
    problems: [commonProblems.NOT_FOUND],
  },
  showChallenge: {
    ...person,
    ...challenge,
    operationId: 'sandboxShowChallenge',
    summary: 'The page where a card holder approves a charge.',
    method: 'GET',
    responses: { 200: { description: 'A page.', body: page } },
  },
  answerChallenge: {
    ...person,
    ...challenge,
    operationId: 'sandboxAnswerChallenge',
    summary: 'Approves or declines a charge.',
    method: 'POST',
    body: z.strictObject({ outcome: z.enum(['approve', 'refuse']) }),
    responses: { 200: { description: 'The charge.', body: chargeSchema } },
    problems: [commonProblems.NOT_FOUND],
  },
});
