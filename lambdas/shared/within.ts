/** Waits for `work` no longer than `limitMs`. The work itself goes on. @throws Error when it takes longer */
export async function withinMs<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No response within ${limitMs} ms.`)), limitMs);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
