import * as z from 'zod';
import { defineEvents } from '../shared/event.ts';

/** The e-mail worker creates the token itself (docs/decisions/0003): the event names the request only. */
const mailRequest = z.object({ userId: z.uuid(), mailTokenId: z.uuid() });

export const userEvents = defineEvents({
  'user.signed_up': mailRequest,
  'user.verification_requested': mailRequest,
  'user.password_reset_requested': mailRequest,
});
