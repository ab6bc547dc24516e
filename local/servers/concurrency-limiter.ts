/**
 * Lets so many through at once for each function and has the rest wait their turn, in order. A function that is at its
 * concurrency would be throttled; a short wait at the edge is kinder than an error.
 */
export class ConcurrencyLimiter {
  readonly #limit: number;
  readonly #lanes = new Map<string, { inside: number; waiting: (() => void)[] }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async pass(lane: string, work: () => Promise<void>): Promise<void> {
    const state = this.#lanes.get(lane) ?? { inside: 0, waiting: [] };
    this.#lanes.set(lane, state);
    if (state.inside >= this.#limit) await new Promise<void>((resolve) => state.waiting.push(resolve));
    else state.inside++;
    try {
      await work();
    } finally {
      // A waiting one takes the place; else the place is free.
      const next = state.waiting.shift();
      if (next) next();
      else state.inside--;
    }
  }
}
