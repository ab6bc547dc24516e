import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Connection {
  near: Socket;
  far: Socket;
  /** Carries nothing any more, though both ends are open. */
  dead: boolean;
}

/** A name for a server on this machine. It can lead to another server, hang, or break its connections silently. */
export class Tunnel {
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  #port: number;
  #hung = false;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(port: number): Promise<Tunnel> {
    const tunnel = new Tunnel(port);
    tunnel.#server.listen(0, '127.0.0.1');
    await once(tunnel.#server, 'listening');
    return tunnel;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where new connections lead. Open connections stay. */
  leadTo(port: number): void {
    this.#port = port;
  }

  /** Connections are accepted, and nothing passes in either direction. */
  hang(): void {
    this.#hung = true;
    for (const { near, far } of this.#open) for (const end of [near, far]) end.pause();
  }

  resume(): void {
    this.#hung = false;
    for (const { near, far } of this.#open) for (const end of [near, far]) end.resume();
  }

  /** As after the loss of a router: open connections carry nothing and report no error. New ones work. */
  goHalfOpen(): void {
    for (const connection of this.#open) connection.dead = true;
  }

  /** Ends the open connections. What was sent last may have arrived or not. */
  drop(): void {
    for (const { near, far } of this.#open) for (const end of [near, far]) end.destroy();
    this.#open.clear();
  }

  close(): void {
    this.drop();
    this.#server.close();
  }

  #join(near: Socket): void {
    const connection: Connection = { near, far: connect(this.#port, '127.0.0.1'), dead: false };
    this.#open.add(connection);
    const { far } = connection;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      if (this.#hung) from.pause();
      from.on('data', (data) => connection.dead || to.write(data));
      from.on('error', () => {});
      from.on('close', () => {
        // The far side of a half-open connection does not learn that the near side has closed.
        if (!connection.dead) to.destroy();
      });
    }
  }
}
