import type { CacheDeclaration } from '../shared/service.ts';

/** What a service needs for read-your-writes (`lambdas/database/read-your-writes.ts`). */
export const PIN_ACCESS = { keys: ['pin:*'], commands: ['set', 'exists'] } as const satisfies CacheDeclaration;
