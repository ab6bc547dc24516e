import { runCommand } from '../cli.ts';
import { CommandError, defaultInstance, type Instance } from '../instance.ts';
import { runningProcesses, stopOrphans, waitUntil } from '../servers/processes.ts';

const STOP_TIMEOUT_MS = 60_000;

/** Stops the running platform and waits until all its processes have ended. @returns false if nothing was running */
export async function stopPlatform(): Promise<boolean> {
  const instance = defaultInstance();
  const alive = runningProcesses(instance);
  if (alive.length === 0) return false;
  const main = alive.find(({ name }) => name === 'throughline');
  if (main) await stopMain(main.pid, instance);
  // If the main process was killed, its servers still run. Stop them too.
  await stopOrphans(instance);
  await waitUntil(() => runningProcesses(instance).length === 0, STOP_TIMEOUT_MS).catch(() => {
    const remaining = runningProcesses(instance).map(({ name, pid }) => `${name} (${pid})`);
    throw new CommandError(
      `Still running after ${STOP_TIMEOUT_MS / 1000} s: ${remaining.join(', ')}. End them with kill.`,
    );
  });
  return true;
}

/** Asks the platform's main process to stop everything in order, and waits for its end. */
async function stopMain(pid: number, instance: Instance): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // The process has ended in the meantime.
  }
  await waitUntil(() => !runningProcesses(instance).some((each) => each.pid === pid), STOP_TIMEOUT_MS).catch(() => {});
}

if (import.meta.main)
  await runCommand(async () => console.log((await stopPlatform()) ? 'Stopped.' : 'Nothing is running.'));
