/**
 * Limits how many calls of each function run at once. The other calls wait, in order. Beyond its concurrency limit, a
 * function would be throttled. A short wait at the edge is better than an error.
 */
export class ConcurrencyLimiter {
  readonly #limit: number;
  readonly #functions = new Map<string, { running: number; waiting: (() => void)[] }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async pass(name: string, work: () => Promise<void>): Promise<void> {
    const state = this.#functions.get(name) ?? { running: 0, waiting: [] };
    this.#functions.set(name, state);
    if (state.running >= this.#limit) await new Promise<void>((resolve) => state.waiting.push(resolve));
    else state.running++;
    try {
      await work();
    } finally {
      // The next waiting call takes the slot. If no call waits, the slot is free.
      const next = state.waiting.shift();
      if (next) next();
      else state.running--;
    }
  }
}
