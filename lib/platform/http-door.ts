/** Where the connections of clients come from. The simulator has another door, without sockets. */
import type { Server } from 'node:http';
import { type AddressInfo, Server as TcpServer } from 'node:net';
import type { GuardedEvents } from './guarded-events.js';

export interface HttpDoor {
  /** From then on the server hears of connections. Rejects where it cannot. */
  open(server: Server, events: GuardedEvents, onFailed: (error: Error) => void): Promise<number>;
  /** No more of them come. Resolves when the last one is closed. */
  close(server: Server): Promise<void>;
}

const noClose = (): void => undefined;

/** An address that is listened on. */
export class TcpDoor implements HttpDoor {
  readonly #host: string;
  readonly #port: number;

  /** @param port 0: the system chooses */
  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** @param onFailed the system failed to accept a connection: that must not end the node */
  open(server: Server, events: GuardedEvents, onFailed: (error: Error) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      const stop = events.on(server, 'error', noClose, (cause: Error) => {
        reject(cause);
      });
      server.listen(this.#port, this.#host, () => {
        stop();
        events.on(server, 'error', noClose, onFailed);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  close(server: Server): Promise<void> {
    return new Promise((resolve) => {
      // Node's own cuts every answer that is written, taken or not, and knows no tunnels.
      TcpServer.prototype.close.call(server, () => {
        // Nothing is open any more: this ends its looking for slow requests.
        server.close();
        resolve();
      });
    });
  }
}
