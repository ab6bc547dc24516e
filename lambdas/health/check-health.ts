import { errorFields, logger } from '../shared/logger.ts';
import type { DEPENDENCIES } from './health.routes.ts';

type Dependency = (typeof DEPENDENCIES)[number];
/** Each resolves when its dependency answers and rejects when it does not. */
export type Probes = Record<Dependency, () => Promise<void>>;

interface State {
  status: 'up' | 'down';
  latencyMs: number;
}

/** Longest that a silent dependency can hold the answer. */
const PROBE_TIMEOUT_MS = 1_500;

/** Asks all dependencies at once. Only the writer is needed by every call; without the others calls are slower. */
export async function checkHealth(probes: Probes) {
  const [writer, reader, cache, queue] = await Promise.all([
    ask('writer', probes.writer),
    ask('reader', probes.reader),
    ask('cache', probes.cache),
    ask('queue', probes.queue),
  ]);
  const allUp = [reader, cache, queue].every((state) => state.status === 'up');
  const status = writer.status === 'down' ? 'down' : allUp ? 'ok' : 'degraded';
  return { status, dependencies: { writer, reader, cache, queue } } as const;
}

async function ask(name: Dependency, probe: () => Promise<void>): Promise<State> {
  const startedMs = performance.now();
  const tookMs = () => Math.round((performance.now() - startedMs) * 10) / 10;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer in ${PROBE_TIMEOUT_MS} ms.`)), PROBE_TIMEOUT_MS);
  try {
    await Promise.race([probe(), late]);
    return { status: 'up', latencyMs: tookMs() };
  } catch (error) {
    logger.warn('dependency down', { dependency: name, ...errorFields(error) });
    return { status: 'down', latencyMs: tookMs() };
  } finally {
    clearTimeout(timer);
  }
}
