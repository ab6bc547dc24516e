import { defineProblems } from '../shared/problem.ts';

export const paymentProblems = defineProblems({
  ORDER_NOT_FOUND: { status: 404, title: 'The caller has no such order.' },
  ORDER_ALREADY_PAID: { status: 409, title: 'The order is paid.' },
  ORDER_NOT_PAYABLE: { status: 409, title: 'The order is cancelled or expired.' },
  PAYMENT_IN_PROGRESS: { status: 409, title: 'Another payment of this order has not ended yet.' },
  PAYMENT_DECLINED: { status: 402, title: 'The card was declined; the order can be paid in another way.' },
  REFUND_EXCEEDS_CAPTURE: { status: 409, title: 'More would be refunded than was captured.' },
  PAYMENT_NOT_CAPTURED: { status: 409, title: 'Nothing was captured by this payment.' },
  BAD_SIGNATURE: { status: 400, title: 'The signature does not fit the body, or is too old.' },
});
