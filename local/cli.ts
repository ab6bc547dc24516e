import { CommandError } from './instance.ts';

/**
 * Runs a command of `npm run`. A failure that its reader can correct is one line, and any other has its stack; both exit with 1. A reader
 * that closes the pipe early, as `| head` does, ends the command quietly.
 */
export async function runCommand(main: () => void | Promise<void>): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  try {
    await main();
  } catch (error) {
    fail(error);
  }
}

/** Reports a failure and has the process exit with 1 when it ends. */
export function fail(error: unknown): void {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
}
