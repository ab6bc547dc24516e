import { CommandError, defaultInstance, type Instance } from '../instance.ts';
import { runningProcesses, stopOrphans, waitUntil } from '../servers/processes.ts';

const STOP_TIMEOUT_MS = 60_000;

/** Tells the running platform to stop and waits until all that it started is gone. */
export async function stopPlatform(): Promise<boolean> {
  const instance = defaultInstance();
  const alive = runningProcesses(instance);
  if (alive.length === 0) return false;
  const main = alive.find(({ name }) => name === 'throughline');
  if (main) await stopMain(main.pid, instance);
  // What it left, or a killed one: the servers are ended one by one.
  await stopOrphans(instance);
  await waitUntil(() => runningProcesses(instance).length === 0, STOP_TIMEOUT_MS).catch(() => {
    const left = runningProcesses(instance).map(({ name, pid }) => `${name} (${pid})`);
    throw new CommandError(`Still running after ${STOP_TIMEOUT_MS / 1000} s: ${left.join(', ')}. End them with kill.`);
  });
  return true;
}

/** Asks the platform's own process to stop all in order, and waits for its end. */
async function stopMain(pid: number, instance: Instance): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It ended meanwhile.
  }
  await waitUntil(() => !runningProcesses(instance).some((each) => each.pid === pid), STOP_TIMEOUT_MS).catch(() => {});
}

if (process.argv[1] === import.meta.filename) {
  try {
    console.log((await stopPlatform()) ? 'Stopped.' : 'Nothing is running.');
  } catch (error) {
    console.error(error instanceof CommandError ? error.message : error);
    process.exitCode = 1;
  }
}
