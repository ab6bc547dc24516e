import { defaultInstance, StartError } from './instance.ts';
import { survivors, waitUntil } from './processes.ts';

const STOP_TIMEOUT_MS = 60_000;

/** Tells the running platform to stop and waits until all that it started is gone. */
export async function stopPlatform(): Promise<boolean> {
  const instance = defaultInstance();
  const alive = survivors(instance);
  if (alive.length === 0) return false;
  const main = alive.find(({ name }) => name === 'throughline');
  // Without its main process (killed, say) the servers are ended one by one.
  for (const { pid, name } of main ? [main] : alive)
    process.kill(pid, name.startsWith('postgres') ? 'SIGINT' : 'SIGTERM');
  await waitUntil(() => survivors(instance).length === 0, STOP_TIMEOUT_MS).catch(() => {
    const left = survivors(instance).map(({ name, pid }) => `${name} (${pid})`);
    throw new StartError(`Still running after ${STOP_TIMEOUT_MS / 1000} s: ${left.join(', ')}. End them with kill.`);
  });
  return true;
}

if (process.argv[1] === import.meta.filename) {
  try {
    console.log((await stopPlatform()) ? 'Stopped.' : 'Nothing is running.');
  } catch (error) {
    console.error(error instanceof StartError ? error.message : error);
    process.exitCode = 1;
  }
}
