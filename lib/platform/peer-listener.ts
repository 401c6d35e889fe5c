/** Where peers call: WebSockets on a port of their own, for those who prove themselves. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cancel } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { AwaitedVerdicts } from './awaited-verdicts.js';
import type { GuardedEvents } from './guarded-events.js';
import type { LimitedLog } from './limited-log.js';
import { plainAddress } from './peer-addresses.js';
import { PeerGreeting } from './peer-greeting.js';
import type { Handshake, ProvenPeer } from './peer-handshake.js';
import { PEER_REFUSALS, PeerRefusal, type PeerRefusalName } from './peer-refusals.js';
import { UnprovenConnections } from './unproven-connections.js';

export interface PeerListenerOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly messageBytesMax: number;
  /** From the connection to the proof. */
  readonly timeoutMilliseconds: number;
  readonly events: GuardedEvents;
  readonly verdicts: AwaitedVerdicts;
  readonly observer: Observer;
  /** For what strangers cause: it must not take the lines of others. */
  readonly log: LimitedLog;
  /** Is a member known at this address now? Room is kept for it. */
  readonly isMemberAddress: (address: string) => boolean;
  /** One for each caller. */
  readonly handshake: (address: string) => Handshake;
  readonly onProven: (link: ProvenPeer, socket: WebSocket, address: string) => void;
}

/** A connection that has not proven itself. */
interface Caller {
  readonly connection: Socket;
  readonly address: string;
  /** Closes it, and says why as far as it can by now. */
  refuse: (refusal: PeerRefusalName) => void;
  /** Its time is not counted any more. */
  readonly cancel: Cancel;
}

/** Each holds up to 20 KiB. */
const UNPROVEN_MAX = {
  strangersMax: 256,
  strangersAddressMax: 64,
  membersMax: 1_024,
  membersAddressMax: 768,
};
/**
 * What the system holds until this node accepts it, all at once: fewer than one address of members
 * may hold, or those who arrive in one turn would push out each other unheard.
 */
const BACKLOG = 511;
const HEADER_BYTES_MAX = 8_192;

export class PeerListener {
  readonly #options: PeerListenerOptions;
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #unproven: UnprovenConnections<Caller>;
  readonly #callers = new Map<Socket, Caller>();
  #closed: Promise<void> | undefined;

  constructor(options: PeerListenerOptions) {
    this.#options = options;
    this.#unproven = new UnprovenConnections(UNPROVEN_MAX, options.isMemberAddress);
    const timeout = options.timeoutMilliseconds;
    this.#http = createServer({
      headersTimeout: timeout,
      requestTimeout: timeout,
      connectionsCheckingInterval: timeout,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // Nobody here sends pings; answers to them would wait without a bound.
      autoPong: false,
      maxPayload: options.messageBytesMax,
    });
    this.#listenToStrangers(options.events);
  }

  /** @throws OperatingError `not_ready` where the address cannot be listened on */
  async listen(): Promise<void> {
    const { host, port, log, events } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const stop = events.on(this.#http, 'error', noClose, (cause: Error) => {
        const message = `cannot listen for peers on ${host}:${String(port)}: ${cause.message}`;
        reject(new OperatingError('not_ready', message, { cause }));
      });
      this.#http.listen({ port, host, backlog: BACKLOG }, () => {
        stop();
        events.on(this.#http, 'error', noClose, (error: Error) => {
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
    for (const connection of this.#callers.keys()) connection.destroy();
  }

  /** Resolves when the last connection is gone; what was let in is for others to close. */
  async close(): Promise<void> {
    this.refuse();
    await this.#closed;
  }

  #listenToStrangers(events: GuardedEvents): void {
    const http = this.#http;
    const cut = (connection: Socket): void => {
      connection.destroy();
    };
    events.on(http, 'connection', cut, (connection: Socket) => this.#admit(connection));
    events.on(
      http,
      'clientError',
      (_error: Error, connection: Socket) => cut(connection),
      (_error: Error, connection: Socket) => cut(connection),
    );
    // No body is asked for, whatever is expected: it would be read by nobody.
    for (const name of ['request', 'checkContinue', 'checkExpectation']) {
      events.on(
        http,
        name,
        (request: IncomingMessage, _response: ServerResponse) => cut(request.socket),
        (request: IncomingMessage, response: ServerResponse) => {
          if (isFromPage(request)) response.writeHead(403, { connection: 'close' }).end();
          else response.writeHead(426, UPGRADE).end(NOT_FOR_CLIENTS);
        },
      );
    }
    events.on(
      http,
      'upgrade',
      (_request: IncomingMessage, connection: Socket, _head: Buffer) => cut(connection),
      (request: IncomingMessage, connection: Socket, head: Buffer) => {
        this.#upgrade(request, connection, head);
      },
    );
  }

  /** Every connection counts from its first moment: one that says nothing takes room, too. */
  #admit(connection: Socket): void {
    const { events, timeoutMilliseconds } = this.#options;
    const cut = (): void => {
      connection.destroy();
    };
    // For as long as it lives, whoever else listens: the close that follows says the rest.
    events.on(connection, 'error', cut, () => undefined);
    const address = plainAddress(connection.remoteAddress ?? '');
    if (this.#closed !== undefined || address === '') {
      connection.destroy();
      return;
    }
    const caller: Caller = {
      connection,
      address,
      refuse: (refusal) => {
        connection.destroy();
        this.#refused(address, refusal, PEER_REFUSALS[refusal]);
      },
      cancel: events.after(timeoutMilliseconds, cut, () => caller.refuse('no_proof_in_time')),
    };
    events.on(connection, 'close', cut, () => this.#forget(caller));
    this.#callers.set(connection, caller);
    const evicted = this.#unproven.add(caller, address);
    if (evicted === undefined) return;
    evicted.refuse('no_room');
    evicted.connection.destroy();
  }

  #forget(caller: Caller): void {
    caller.cancel();
    this.#callers.delete(caller.connection);
    this.#unproven.delete(caller);
  }

  #upgrade(request: IncomingMessage, connection: Socket, head: Buffer): void {
    const caller = this.#callers.get(connection);
    if (this.#closed !== undefined || caller === undefined) {
      connection.destroy();
      return;
    }
    if (isFromPage(request)) {
      connection.end(FORBIDDEN);
      this.#refused(caller.address, 'from_a_page', PEER_REFUSALS.from_a_page);
      return;
    }
    this.#upgrades.handleUpgrade(request, connection, head, (socket) => {
      this.#greet(caller, socket);
    });
  }

  #greet(caller: Caller, socket: WebSocket): void {
    const { events, timeoutMilliseconds, verdicts, onProven } = this.#options;
    const handshake = this.#options.handshake(caller.address);
    const greeting = new PeerGreeting(socket, caller.connection, handshake, {
      ...{ events, timeoutMilliseconds, verdicts },
      onProven: (link) => {
        this.#forget(caller);
        onProven(link, socket, caller.address);
      },
      onFailed: (reason, refusal) => {
        this.#refused(caller.address, refusal, reason, handshake.claimed);
      },
    });
    caller.refuse = (refusal) => greeting.refuse(new PeerRefusal(refusal));
  }

  #refused(
    from: string,
    refusal: PeerRefusalName | undefined,
    reason: string,
    claimed?: NodeId,
  ): void {
    const { observer, log } = this.#options;
    observer.count('quorate_peer_refusals_total', { reason: refusal ?? 'closed' });
    log.log('warn', 'peer connection refused', { from, claimed, reason });
  }
}

const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

/** RFC 9110, 15.5.22. */
const UPGRADE = {
  connection: 'close, upgrade',
  upgrade: 'websocket',
  'content-type': 'application/problem+json',
};
/** For who has confused the two ports of a node: as clients read it, and without the node's id. */
const NOT_FOR_CLIENTS = `${JSON.stringify({
  title: 'A port for nodes',
  status: 426,
  detail: 'this port is for the other nodes of a cluster; clients have another one (node.listen)',
  code: 'invalid_request',
  retryable: false,
  outcome: 'none',
})}\n`;

const noClose = (): void => undefined;

/** Only browsers send an origin: peers are no pages, whatever a page may be made to call. */
function isFromPage({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-websocket-origin'] !== undefined;
}
