import type { CacheDeclaration } from '../shared/service.ts';

/** Commands that every client needs to connect. */
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

/** The rules of one user in a Valkey access control list, after `on`. */
export function accessRules({ keys, commands }: CacheDeclaration): string {
  const hello = CONNECTION_COMMANDS.map((command) => `+${command}`);
  return [
    'resetchannels',
    '-@all',
    ...hello,
    ...keys.map((key) => `~${key}`),
    ...commands.map((command) => `+${command}`),
  ].join(' ');
}
