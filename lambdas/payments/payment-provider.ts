import type { Money } from '../shared/money.ts';
import type { NextAction } from './payment.ts';

/** The outcome of a charge, as the provider reports it. */
export type ChargeOutcome =
  | { status: 'captured'; chargeId: string }
  | { status: 'declined'; chargeId: string | null; declineCode: string }
  | { status: 'requires_action'; chargeId: string; nextAction: NextAction };

export interface ChargeRequest {
  /** Also the provider's idempotency key: repeated requests for one payment make one charge. */
  paymentId: string;
  amount: Money;
  token: string;
}

/** A provider event, received by webhook. */
export interface ProviderEvent {
  id: string;
  paymentId: string;
  outcome: ChargeOutcome;
}

/** The port to a payment provider. An adapter only maps its provider's API to these types. */
export interface PaymentProvider {
  readonly name: string;
  /** @returns undefined when the provider did not respond in time: the charge may or may not have happened */
  charge(request: ChargeRequest): Promise<ChargeOutcome | undefined>;
  /**
   * Retrieves an earlier charge. If the provider has none, it voids the charge as declined, so that a request still in
   * flight cannot charge it later. @returns undefined when the provider does not respond
   */
  retrieveOrVoid(request: Omit<ChargeRequest, 'token'>): Promise<ChargeOutcome | undefined>;
  /** Idempotent by `refundId`. @throws when the provider does not confirm the refund */
  refund(request: { refundId: string; chargeId: string; amount: Money }): Promise<void>;
  /** @returns the provider event, or undefined for a type that we ignore. @throws Problem BAD_SIGNATURE */
  readWebhook(rawBody: string, signature: string | undefined, now: Date): Promise<ProviderEvent | undefined>;
}
