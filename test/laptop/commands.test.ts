import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../local/servers/processes.ts';
import { type Copy, copyOfTree } from '../support/copy.ts';

let bare: Copy;
beforeAll(async () => {
  bare = await copyOfTree(false);
});
afterAll(() => bare.remove());

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('in a new clone', () => {
  test.each([
    ['stop', 'Nothing is running.'],
    ['reset', 'There is no local data.'],
  ])('npm run %s installs nothing and says: %s', async (command, line) => {
    expect(await bare.run(command)).toEqual({ code: 0, output: `${line}\n` });
    expect(existsSync(path.join(bare.folder, 'node_modules'))).toBe(false);
  });

  test('an unknown command prints one line that names the known commands', async () => {
    const { code, output } = await bare.run('strat');
    expect(code).toBe(1);
    expect(output).toMatch(/^Unknown command "strat"\. Use one of: .*start.*\n$/);
  });

  const onLinux = process.platform === 'linux' ? test : test.failing;
  onLinux.each(['SIGINT', 'SIGTERM'] as const)(
    'an install that %s interrupts leaves no process running',
    async (signal) => {
      // This npm starts a child and never ends, as a package's build script can.
      const bin = path.join(bare.folder, 'fake-bin');
      const pids = path.join(bare.folder, `pids-${signal}`);
      mkdirSync(bin, { recursive: true });
      writeFileSync(
        path.join(bin, 'npm'),
        `#!/bin/sh\nsleep 1000 &\necho $$ $! > ${pids}.new && mv ${pids}.new ${pids}\nwait\n`,
      );
      chmodSync(path.join(bin, 'npm'), 0o755);
      const child = bare.spawn('start', [], { PATH: `${bin}:${process.env.PATH}` });
      await waitUntil(() => existsSync(pids), 10_000);
      const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
      expect(started.map(isAlive)).toEqual([true, true]);
      child.kill(signal);
      await once(child, 'exit');
      await waitUntil(() => !started.some(isAlive), 5_000);
      expect(existsSync(path.join(bare.folder, '.install-lock'))).toBe(false);
    },
  );
});
