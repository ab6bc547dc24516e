import { defineService } from '../../shared/service.ts';

/** Sends a mail for each event of its queue. */
export const emailService = defineService({
  name: 'email',
  folder: 'workers/email',
  database: { schema: 'email', reads: ['auth.contacts'] },
  queues: {
    email: {
      events: [
        'user.signed_up',
        'user.verification_requested',
        'user.password_reset_requested',
        'order.placed',
        'order.paid',
        'order.cancelled',
        'payment.declined',
      ],
    },
  },
  functions: {
    email: {
      kind: 'worker',
      handler: 'email.handler.ts',
      description: 'Sends mails',
      database: true,
      consumes: 'email',
    },
  },
});
