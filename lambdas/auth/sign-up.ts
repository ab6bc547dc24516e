import type { Database } from '../database/database.client.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import { Problem } from '../shared/problem.ts';
import { authProblems } from './auth.errors.ts';
import { userEvents } from './auth.events.ts';
import { insertMailToken, insertUser, toUser } from './auth.repository.ts';
import { hashPassword } from './passwords.ts';
import { type User, VERIFY_EMAIL_HOURS } from './user.ts';

export interface SignUpInput {
  email: string;
  password: string;
  name: string;
}

/** Creates an account and requests the verification mail, in one transaction. @throws Problem EMAIL_TAKEN */
export async function signUp(database: Database, publish: PublishCommitted, input: SignUpInput): Promise<User> {
  const passwordHash = await hashPassword(input.password);
  const { user, event } = await database.transaction(async (tx) => {
    const row = await insertUser(tx, input.email, input.name, passwordHash);
    if (!row) throw new Problem(authProblems.EMAIL_TAKEN);
    const mailTokenId = await insertMailToken(tx, row.id, 'verify_email', VERIFY_EMAIL_HOURS);
    const signedUp = newEvent(userEvents, 'user.signed_up', row.id, row.version, { userId: row.id, mailTokenId });
    return { user: toUser(row), event: await appendEvent(tx, signedUp) };
  });
  await publish([event]);
  return user;
}
