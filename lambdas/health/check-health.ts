import { errorFields, logger } from '../shared/logger.ts';
import { withinMs } from '../shared/within.ts';
import type { DEPENDENCIES } from './health.routes.ts';

type Dependency = (typeof DEPENDENCIES)[number];
/** Each resolves when its dependency responds and rejects when it does not. */
export type Probes = Record<Dependency, () => Promise<void>>;

interface State {
  status: 'up' | 'down';
  latencyMs: number;
}

/** The longest that the response waits for a dependency. */
const PROBE_TIMEOUT_MS = 1_500;

/** Probes all dependencies at once. Without the writer, writes fail. Without the others, calls are only slower. */
export async function checkHealth(probes: Probes) {
  const [writer, reader, cache, queue] = await Promise.all([
    runProbe('writer', probes.writer),
    runProbe('reader', probes.reader),
    runProbe('cache', probes.cache),
    runProbe('queue', probes.queue),
  ]);
  const allUp = [reader, cache, queue].every((state) => state.status === 'up');
  const status = writer.status === 'down' ? 'down' : allUp ? 'ok' : 'degraded';
  return { status, dependencies: { writer, reader, cache, queue } } as const;
}

async function runProbe(name: Dependency, probe: () => Promise<void>): Promise<State> {
  const startedMs = performance.now();
  const tookMs = () => Math.round((performance.now() - startedMs) * 10) / 10;
  try {
    await withinMs(PROBE_TIMEOUT_MS, probe());
    return { status: 'up', latencyMs: tookMs() };
  } catch (error) {
    logger.warn('dependency down', { dependency: name, ...errorFields(error) });
    return { status: 'down', latencyMs: tookMs() };
  }
}
