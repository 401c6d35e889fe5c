/** Where peers call: WebSockets on a port of their own, for those who prove themselves. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cancel, Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { LimitedLog } from './limited-log.js';
import { greet } from './peer-greeting.js';
import type { Handshake } from './peer-handshake.js';

export interface PeerListenerOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly frameBytesMax: number;
  readonly timeoutMilliseconds: number;
  readonly clock: Clock;
  readonly log: LimitedLog;
  /** One for each caller. */
  readonly handshake: () => Handshake;
  readonly onProven: (peer: NodeId, socket: WebSocket) => void;
}

/** Connections that have not proven themselves: strangers can hold no more memory than these. */
const UNPROVEN_CONNECTIONS_MAX = 128;
const CONNECTIONS_MAX = 2_048;

export class PeerListener {
  readonly #options: PeerListenerOptions;
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #unproven = new Set<Cancel>();
  #closed: Promise<void> | undefined;

  constructor(options: PeerListenerOptions) {
    this.#options = options;
    const timeout = options.timeoutMilliseconds;
    this.#http = createServer({
      headersTimeout: timeout,
      requestTimeout: timeout,
      connectionsCheckingInterval: timeout,
    });
    this.#http.maxConnections = CONNECTIONS_MAX;
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.frameBytesMax,
    });
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close' }).end();
    });
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket as Socket, head);
    });
  }

  /** @throws OperatingError `not_ready` where the address cannot be listened on */
  async listen(): Promise<void> {
    const { host, port, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        const message = `cannot listen for peers on ${host}:${String(port)}: ${cause.message}`;
        reject(new OperatingError('not_ready', message, { cause }));
      };
      this.#http.once('error', failed);
      this.#http.listen(port, host, () => {
        this.#http.off('error', failed);
        this.#http.on('error', (error) => {
          log.log('error', 'peer listener failed', { reason: error.message });
        });
        resolve();
      });
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Lets nobody in any more, and turns those away who have not proven themselves. */
  refuse(): void {
    this.#closed ??= new Promise((resolve) => {
      this.#http.close(() => {
        resolve();
      });
    });
    for (const cancel of this.#unproven) cancel();
    this.#unproven.clear();
  }

  /** Resolves when the last connection is gone; what was let in is for others to close. */
  async close(): Promise<void> {
    this.refuse();
    this.#http.closeAllConnections();
    await this.#closed;
  }

  #upgrade(request: IncomingMessage, connection: Socket, head: Buffer): void {
    if (this.#closed !== undefined || this.#unproven.size >= UNPROVEN_CONNECTIONS_MAX) {
      connection.destroy();
      return;
    }
    const from = connection.remoteAddress;
    this.#upgrades.handleUpgrade(request, connection, head, (socket) => {
      // The close that follows an error says the rest.
      socket.on('error', () => undefined);
      const cancel = greet(socket, connection, this.#options.handshake(), {
        clock: this.#options.clock,
        timeoutMilliseconds: this.#options.timeoutMilliseconds,
        onProven: (peer) => {
          this.#unproven.delete(cancel);
          this.#options.onProven(peer, socket);
        },
        onFailed: (reason) => {
          this.#unproven.delete(cancel);
          this.#options.log.log('warn', 'peer connection refused', { from, reason });
        },
      });
      this.#unproven.add(cancel);
    });
  }
}
