import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fillGaps } from '../deployment/emulator-gaps.ts';
import { readTemplate, STACKS } from '../deployment/synthesis.ts';
import type { Platform } from '../platform.ts';

/** Lets the failure tests, which run in another process, stop and start servers, for example `POST /stop/valkey`. */
export async function openControl(platform: Platform): Promise<{ url: string; close: () => void }> {
  const actions: Record<string, (name: string) => Promise<void>> = {
    stop: async (name) => void (await platform.processes.stop(name, 'SIGKILL')),
    start: (name) => platform.restart(name),
    'fill-gaps': () => fillGaps(readTemplate(platform.instance, STACKS[1]), STACKS[1], platform.endpoint),
  };
  const server = http.createServer((request, response) => {
    const [, action = '', name = ''] = (request.url ?? '').split('/');
    const run = actions[action];
    if (!run) return void response.writeHead(404).end();
    run(name).then(
      () => response.writeHead(204).end(),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
