/** Waits for `work` no longer than `limitMs`. The work itself goes on. @throws `late` when it takes longer */
export async function withinMs<T>(
  limitMs: number,
  work: Promise<T>,
  late = new Error(`No response within ${limitMs} ms.`),
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late), limitMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
