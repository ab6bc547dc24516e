/** What a service may do in the cache: which keys, by which commands. Everything else is refused by the server. */
export interface CacheUser {
  keys: readonly string[];
  commands: readonly string[];
}

const PINS: CacheUser = { keys: ['pin:*'], commands: ['set', 'exists'] };

/** One user a service. The names are those of the services. */
export const CACHE_USERS = {
  auth: {
    keys: ['revoked:*', 'login:*'],
    commands: ['set', 'exists', 'del', 'decr', 'eval', 'incr', 'pexpire', 'pttl'],
  },
  authorizer: { keys: ['revoked:*'], commands: ['exists'] },
  catalog: {
    keys: ['{product:*', '{products:*'],
    commands: ['get', 'set', 'mget', 'del', 'eval', 'multi', 'exec'],
  },
  orders: PINS,
  payments: PINS,
  notifications: PINS,
  health: { keys: [], commands: [] },
} as const satisfies Record<string, CacheUser>;
export type CacheService = keyof typeof CACHE_USERS;

/** Commands that every client needs to say hello. */
export const CONNECTION_COMMANDS = [
  'auth',
  'hello',
  'ping',
  'client|setinfo',
  'client|setname',
  'client|id',
  'info',
  'select',
  'quit',
] as const;

/** What follows `on` in a server's access list: the rules of one user. */
export function accessRules({ keys, commands }: CacheUser): string {
  const hello = CONNECTION_COMMANDS.map((command) => `+${command}`);
  return [
    'resetchannels',
    '-@all',
    ...hello,
    ...keys.map((key) => `~${key}`),
    ...commands.map((command) => `+${command}`),
  ].join(' ');
}
