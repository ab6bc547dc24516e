import type { Database } from '../database/database.client.ts';
import { promoteUser } from './auth.repository.ts';
import type { User } from './user.ts';

/**
 * Makes a user an administrator. The address must be verified: anyone can sign up with another person's address.
 * @throws Error for an address that has no account, or is not verified
 */
export async function makeAdmin(database: Database, email: string): Promise<Pick<User, 'id' | 'role'>> {
  const row = await database.write((db) => promoteUser(db, email));
  if (!row) throw new Error('There is no account with this address, or the address is not verified yet.');
  return { id: row.id, role: row.role };
}
