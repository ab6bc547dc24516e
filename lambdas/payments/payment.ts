import * as z from 'zod';
import { moneySchema } from '../shared/money.ts';
import { text, timestampSchema, uuidSchema } from '../shared/text.ts';

export const PAYMENT_STATUSES = [
  'processing',
  'requires_action',
  'captured',
  'declined',
  'partially_refunded',
  'refunded',
] as const;
export const paymentStatusSchema = z.enum(PAYMENT_STATUSES).meta({ id: 'PaymentStatus' });
export type PaymentStatus = z.output<typeof paymentStatusSchema>;

/** The allowed transitions from each status. A database trigger enforces the same table. */
const NEXT: Record<PaymentStatus, readonly PaymentStatus[]> = {
  processing: ['requires_action', 'captured', 'declined'],
  requires_action: ['captured', 'declined'],
  captured: ['partially_refunded', 'refunded'],
  partially_refunded: ['refunded'],
  declined: [],
  refunded: [],
};

export const mayBecome = (from: PaymentStatus, to: PaymentStatus): boolean => NEXT[from].includes(to);

/** The statuses from which a payment may become `to`. */
export const sourcesOf = (to: PaymentStatus): PaymentStatus[] => PAYMENT_STATUSES.filter((from) => mayBecome(from, to));

/** Whether the payment was captured. Some or all of it may have been refunded since. */
export const isCaptured = (status: PaymentStatus): boolean =>
  status === 'captured' || status === 'partially_refunded' || status === 'refunded';

export const nextActionSchema = z.object({ type: z.literal('redirect'), url: z.string() }).meta({ id: 'NextAction' });
export type NextAction = z.output<typeof nextActionSchema>;

export const paymentSchema = z
  .object({
    id: uuidSchema,
    orderId: uuidSchema,
    status: paymentStatusSchema,
    amount: moneySchema,
    refunded: moneySchema,
    nextAction: nextActionSchema.nullable(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Payment' });
export type Payment = z.output<typeof paymentSchema>;

const CARD_TOKEN =
  "The provider's token of a card. The sandbox provider knows `tok_approved`, `tok_declined`, `tok_requires_action`, " +
  '`tok_slow` (responds after 3 s) and `tok_timeout_after_charge` (charges, then times out). It declines others.';

export const paymentMethodSchema = z
  .strictObject({
    type: z.literal('card'),
    token: text(1, 255).meta({ description: CARD_TOKEN }),
  })
  .meta({ id: 'PaymentMethod' });
export type PaymentMethod = z.output<typeof paymentMethodSchema>;

export const refundSchema = z
  .object({
    id: uuidSchema,
    paymentId: uuidSchema,
    status: z.enum(['processing', 'succeeded']),
    amount: moneySchema,
    reason: z.string().nullable(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Refund' });
export type Refund = z.output<typeof refundSchema>;
