/** The services that have a role, a schema and a password of their own in the database. */
export const DATABASE_SERVICES = [
  'auth',
  'catalog',
  'orders',
  'payments',
  'notifications',
  'email',
  'relay',
  'sandbox',
  'health',
  'retention',
] as const;
export type DatabaseService = (typeof DATABASE_SERVICES)[number];

export const roleOf = (service: DatabaseService) => `${service}_service`;
