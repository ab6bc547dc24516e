import type { AllEvents } from '../../lambdas/registry.ts';
import type { EventOf } from '../../lambdas/shared/event.ts';

export type EventType = keyof AllEvents & string;
/** An event of any service, or of one type. */
export type DomainEvent<T extends EventType = EventType> = EventOf<AllEvents, T>;
