import type { Money } from '../shared/money.ts';
import type { NextAction } from './payment.ts';

/** What became of a charge, as far as the provider says. */
export type ChargeOutcome =
  | { status: 'captured'; chargeId: string }
  | { status: 'declined'; chargeId: string | null; declineCode: string }
  | { status: 'requires_action'; chargeId: string; nextAction: NextAction };

export interface ChargeRequest {
  /** Also the provider's idempotency key: however often it is asked, one payment is one charge. */
  paymentId: string;
  amount: Money;
  token: string;
}

/** What a provider told us by webhook. */
export interface ProviderEvent {
  id: string;
  paymentId: string;
  outcome: ChargeOutcome;
}

/** The port to whoever moves the money. An adapter maps its provider's words to these and nothing more. */
export interface PaymentProvider {
  readonly name: string;
  /** @returns undefined when the provider did not answer in time: the charge may or may not have happened */
  charge(request: ChargeRequest): Promise<ChargeOutcome | undefined>;
  /**
   * What became of an earlier charge. One that the provider never saw is closed there as declined, so that a request
   * still on its way cannot charge it later. @returns undefined when the provider does not answer
   */
  retrieveOrVoid(request: Omit<ChargeRequest, 'token'>): Promise<ChargeOutcome | undefined>;
  /** Idempotent by `refundId`. @throws when the provider did not confirm */
  refund(request: { refundId: string; chargeId: string; amount: Money }): Promise<void>;
  /** @returns the event, or undefined for a kind that does not concern us. @throws Problem BAD_SIGNATURE */
  readWebhook(rawBody: string, signature: string | undefined, now: Date): Promise<ProviderEvent | undefined>;
}
