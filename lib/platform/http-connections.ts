/** The connections of clients: how many there may be, and who goes when there are more. */
import type { Duplex } from 'node:stream';
import type { ConnectionFigures } from '../api/api-world.js';
import type { Observer } from '../environment/observer.js';
import type { GuardedEvents } from './guarded-events.js';
import type { ConnectionPlace, HttpConnection } from './http-connection.js';
import type { LimitedLog } from './limited-log.js';

export interface ConnectionsOptions {
  readonly connectionsMax: number;
  readonly waitingBytesMax: number;
  readonly observer: Observer;
  readonly log: LimitedLog;
  readonly events: GuardedEvents;
}

/** Why a connection was ended from here; a label of metrics. */
export type Ending = 'ahead' | 'idle' | 'limit' | 'unread';

const EVENTS: Readonly<Record<Ending, string>> = {
  ahead: 'a connection was cut: too many requests came behind one that was refused',
  idle: 'too many connections: the one that idled for longest was closed',
  limit: 'too many connections, and all are busy: one was refused',
  unread: 'a connection was cut: its client takes too little of its answer',
};
/** Beyond the limit so many are let in for a question after health: the newest of them. */
const BEYOND_MAX = 32;

/** For all that is refused there is as much room again, and for two reads of small requests. */
const REFUSED_BYTES = 8_388_608;

export class HttpConnections implements ConnectionPlace {
  readonly #options: ConnectionsOptions;
  readonly #all = new Map<Duplex, HttpConnection>();
  /** Nothing is under way on them; the first has been idle for longest. */
  readonly #idle = new Set<HttpConnection>();
  /** Let in beyond the limit. */
  readonly #beyond = new Set<HttpConnection>();
  #waitingBytes = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get figures(): ConnectionFigures {
    return {
      open: this.#all.size,
      openMax: this.#options.connectionsMax,
      waitingBytes: this.#waitingBytes,
    };
  }

  of(socket: Duplex): HttpConnection | undefined {
    return this.#all.get(socket);
  }

  /** Lets a new one in. Where there are too many the longest idle one goes for it. */
  open(connection: HttpConnection): void {
    const { socket } = connection;
    this.#all.set(socket, connection);
    const cut = (): void => {
      socket.destroy();
    };
    this.#options.events.on(socket, 'close', cut, () => this.#forget(connection));
    if (this.#isRoom) {
      this.#idle.add(connection);
      return;
    }
    const [idle] = this.#idle;
    if (idle !== undefined) {
      this.end(idle, 'idle');
      this.#idle.add(connection);
      return;
    }
    this.#beyond.add(connection);
    const [oldest] = this.#beyond;
    if (this.#beyond.size > BEYOND_MAX && oldest !== undefined) this.end(oldest, 'limit');
  }

  /** Is it one too many, by now? Then only a question after health is answered on it. */
  isBeyond(connection: HttpConnection): boolean {
    if (!this.#beyond.has(connection)) return false;
    if (this.#all.size - this.#beyond.size >= this.#options.connectionsMax) return true;
    this.#beyond.delete(connection);
    return false;
  }

  idle(connection: HttpConnection): void {
    if (!this.#beyond.has(connection)) this.#idle.add(connection);
  }

  busy(connection: HttpConnection): void {
    this.#idle.delete(connection);
  }

  hold(bytes: number): boolean {
    if (this.#waitingBytes + bytes > this.#options.waitingBytesMax) return false;
    this.#waitingBytes += bytes;
    return true;
  }

  holdRefused(connection: HttpConnection, bytes: number): boolean {
    const { waitingBytesMax } = this.#options;
    const refusedMax = Math.max(waitingBytesMax, REFUSED_BYTES);
    if (this.#waitingBytes + bytes > waitingBytesMax + refusedMax) {
      this.end(connection, 'ahead');
      return false;
    }
    this.#waitingBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#waitingBytes -= bytes;
  }

  /** Cuts it, and says so. */
  end(connection: HttpConnection, why: Ending): void {
    this.#forget(connection);
    connection.socket.destroy();
    this.note(why);
  }

  /** Call it several times in each span. */
  cutUnread(now: number, spanMilliseconds: number): void {
    for (const connection of this.#all.values()) {
      const cut = (): void => {
        connection.socket.destroy();
      };
      this.#options.events.run('sending', cut, () => {
        if (connection.sending.isTooSlow(now, spanMilliseconds)) this.end(connection, 'unread');
      });
    }
  }

  /** Cuts those that idle. Call it several times: only the second look tells. */
  cutQuiet(): void {
    this.#cutWhere((connection) => connection.isQuiet());
  }

  cutAll(): void {
    this.#cutWhere(() => true);
  }

  #cutWhere(isDue: (connection: HttpConnection) => boolean): void {
    for (const connection of this.#all.values()) {
      const cut = (): void => {
        connection.socket.destroy();
      };
      this.#options.events.run('closing', cut, () => {
        if (isDue(connection)) cut();
      });
    }
  }

  note(why: Ending): void {
    const { observer, log, connectionsMax } = this.#options;
    observer.count('quorate_http_connections_ended_total', { reason: why });
    log.log('warn', EVENTS[why], { connections: this.#all.size, limit: connectionsMax });
  }

  /** Those beyond the limit do not count. */
  get #isRoom(): boolean {
    return this.#all.size - this.#beyond.size <= this.#options.connectionsMax;
  }

  #forget(connection: HttpConnection): void {
    this.#all.delete(connection.socket);
    this.#idle.delete(connection);
    this.#beyond.delete(connection);
  }
}
