/**
 * A client that knows no manners: it sends requests ahead of their answers, in pieces, leaves
 * answers unread, goes in the middle of a request or an answer, opens more connections than a node
 * takes. `ConnectionLog` judges what comes of it.
 */
import type { Finding } from '../../lib/checkers/history.js';
import type { RecordKey } from '../../lib/persistence/keyspace.js';
import type { Intent } from '../../lib/replica/intent.js';
import type { Asking } from './asking.js';
import type { ClientConnection } from './client-connection.js';
import { ConnectionLog, type LoggedConnection, NAME_HEADER } from './connection-log.js';
import {
  BROKEN,
  drawLine,
  HALF,
  HEALTH,
  LINE_RULES,
  LINE_TIMEOUT_MILLISECONDS,
  LINES,
  nameIn,
} from './connection-requests.js';
import { bytesOf, isLast } from './http-answers.js';
import type { ConnectionLimits } from './http-port.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import { CHANGE_PATIENCE_MILLISECONDS } from './settings-client.js';
import type { World } from './world.js';

export interface ConnectionClientOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly asking: Pick<Asking, 'ask'>;
  readonly limits: ConnectionLimits;
  readonly valueBytesMax: number;
  readonly onTrouble: (message: string) => void;
  readonly pace: number;
}

/** A connection, and the life of the node that it is to. */
interface Line {
  readonly machine: Machine;
  readonly life: number;
  readonly connection: ClientConnection;
  readonly log: LoggedConnection;
  answered: number;
}

const MANNERS = [
  ...['ahead', 'ahead', 'in pieces', 'in pieces', 'left unread', 'left unread'],
  ...['half closed', 'cut in a request', 'cut in an answer', 'broken', 'crowd'],
] as const;
const LINES_AT_ONCE = 2;
const PAUSE_MEAN_MILLISECONDS = 150;
const KEPT_SHARE = 0.5;
/** So many connections fewer than this are all taken by one client now and then. */
const CROWD_MAX = 20;
/** So many more of a crowd are refused. */
const BEYOND = 3;
const LOOK_MILLISECONDS = 50;
/** Clocks drift, and it is looked at now and then only. */
const LATE = 1.6;

export class ConnectionClient {
  readonly #options: ConnectionClientOptions;
  readonly #random: SeededRandom;
  readonly #log: ConnectionLog;
  #kept: Line | undefined;
  #sent = 0;
  #isStopped = false;

  constructor(options: ConnectionClientOptions) {
    this.#options = options;
    this.#random = options.world.random('connections');
    this.#log = new ConnectionLog(options.onTrouble);
  }

  static owns({ namespace }: Pick<RecordKey, 'namespace'>): boolean {
    return namespace === LINES.stored;
  }

  minted({ change }: Intent): void {
    if (change.state === 'value') this.#log.made(nameIn(change.value));
  }

  begun(name: string): void {
    this.#log.begun(name);
  }

  /** Resolves when all has come to an end after `stop`. */
  async run(): Promise<void> {
    const { world, pace } = this.#options;
    await this.#makeNamespace();
    const live = async (): Promise<void> => {
      for (;;) {
        await world.wait(this.#random.exponential(PAUSE_MEAN_MILLISECONDS * pace), 'connections');
        if (this.#isStopped) return;
        await this.#burst();
      }
    };
    await Promise.all(Array.from({ length: LINES_AT_ONCE }, live));
    this.#kept?.connection.socket.endSending();
  }

  stop(): void {
    this.#isStopped = true;
  }

  findings(): Finding[] {
    return this.#log.findings();
  }

  async #makeNamespace(): Promise<void> {
    const { asking, world, machines } = this.#options;
    const body = JSON.stringify(LINE_RULES);
    const headers = {
      'Content-Type': 'application/json',
      'X-Timeout': `${CHANGE_PATIENCE_MILLISECONDS}ms`,
    };
    const path = `/api/v1/namespaces/${LINES.name}`;
    while (!this.#isStopped) {
      const how = { timeoutMilliseconds: CHANGE_PATIENCE_MILLISECONDS };
      const machine = this.#random.pick(machines);
      const request = { method: 'PUT', path, headers, body };
      const answer = await asking.ask('namespace of lines', machine, how, request);
      if (answer?.status === 200) return;
      await world.wait(1000, 'namespace of lines');
    }
  }

  async #burst(): Promise<void> {
    const random = this.#random;
    const manner = random.pick(MANNERS);
    const line = await this.#line(manner);
    if (line === undefined) return;
    this.#options.world.count(`connection: ${manner}`);
    if (manner === 'crowd') {
      await this.#crowd(line.machine);
      return;
    }
    const requests = Array.from({ length: 2 + random.below(5) }, () => this.#draw(line));
    if (manner === 'broken') requests.splice(random.below(requests.length), 0, BROKEN);
    const bytes = Buffer.concat(requests);
    if (manner === 'cut in a request') {
      const cut = bytes.subarray(0, bytes.length - 1 - random.below(50));
      await this.#sendInPieces(line, cut);
    } else if (manner === 'in pieces') await this.#sendInPieces(line, bytes);
    else if (manner === 'left unread') await this.#leaveUnread(line, bytes);
    else {
      if (manner === 'cut in an answer') line.connection.allow(random.below(3000));
      await this.#do(line, () => line.connection.send(bytes));
    }
    if (manner === 'half closed') await this.#do(line, () => line.connection.socket.endSending());
    if (manner.startsWith('cut')) {
      await this.#options.world.wait(random.exponential(5), 'a client goes');
      await this.#do(line, () => line.connection.socket.reset());
      return;
    }
    await this.#ended(line, requests.length);
    if (random.chance(KEPT_SHARE)) this.#kept = line;
    else await this.#do(line, () => line.connection.socket.endSending());
  }

  /** One that is there, or a new one; undefined: it is refused. */
  async #line(manner: string): Promise<Line | undefined> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (manner !== 'crowd' && kept !== undefined && isThere(kept) && kept.connection.isOpen) {
      this.#options.world.count('connection kept for more requests');
      return kept;
    }
    const machine = this.#random.pick(this.#options.machines);
    await running(machine);
    const connection = machine.connect();
    if (connection === undefined) return undefined;
    const log = this.#log.open();
    const line: Line = { machine, life: machine.lives, connection, log, answered: 0 };
    connection.onAnswer = (answer) => {
      line.answered += 1;
      this.#log.answered(log, answer, isLast(answer));
      if (answer.headers.get(NAME_HEADER) === undefined) {
        this.#options.world.count(`connection: ${answer.status} by the listener`);
      }
    };
    return line;
  }

  #draw({ log }: Line): Buffer {
    this.#sent += 1;
    const name = `line ${this.#sent}`;
    this.#log.sent(log, name);
    return drawLine(this.#random, name, this.#options.valueBytesMax);
  }

  async #sendInPieces(line: Line, bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const end = at + 1 + this.#random.below(bytes.length - at);
      const piece = bytes.subarray(at, end);
      await this.#do(line, () => line.connection.send(piece));
      await this.#options.world.wait(this.#random.exponential(10), 'a piece');
      at = end;
    }
  }

  /** For a while, which may be longer than a node bears. */
  async #leaveUnread(line: Line, bytes: Buffer): Promise<void> {
    const { world, limits, onTrouble } = this.#options;
    const { connection, machine } = line;
    const { sendTimeoutMilliseconds: span } = limits;
    connection.allow(this.#random.below(2000));
    await this.#do(line, () => connection.send(bytes));
    const until = world.now + this.#random.pick([20, 300, 2 * span]);
    let since = world.now;
    while (world.now < until && connection.isOpen && isThere(line)) {
      if (connection.socket.writableLength === 0 || machine.time.isPaused) since = world.now;
      await world.wait(LOOK_MILLISECONDS, 'an answer is left unread');
      if (world.now - since < LATE * span || machine.time.pausedUntil > since) continue;
      if (connection.isOpen) onTrouble(`${machine.id} keeps an answer that nobody takes`);
      break;
    }
    if (connection.socket.writableLength > 0) world.count('connection: answer not taken at once');
    if (!connection.isOpen && isThere(line)) world.count('connection: unread answer cut');
    await this.#do(line, () => connection.allow(Number.POSITIVE_INFINITY));
  }

  /** All connections of a node are busy: whoever asks is refused, but for its health. */
  async #crowd(machine: Machine): Promise<void> {
    const { world, limits, onTrouble } = this.#options;
    if (limits.connectionsMax > CROWD_MAX) return;
    const crowd: OneAsked[] = [];
    while (crowd.length < limits.connectionsMax + BEYOND) {
      crowd.push(ask(machine, HALF));
      // Until it was read its connection counts as idle.
      await world.wait(0, 'a crowd');
    }
    const health = ask(machine, bytesOf(HEALTH));
    const other = ask(machine, bytesOf({ ...HEALTH, path: '/api/v1/kv/half' }));
    const life = machine.lives;
    await world.wait(1, 'a crowd');
    if (machine.isUp && machine.lives === life && !machine.time.isPaused) {
      const busy = crowd.filter(({ status }) => status === undefined).length;
      world.count(`connection: crowd ${health.status} ${other.status}`);
      if (health.status !== 200) {
        onTrouble(`${machine.id} does not say that it lives: ${health.status}`);
      }
      // Where few requests may be under way some of the crowd have their answers.
      if (busy >= limits.connectionsMax && other.status !== 503) {
        onTrouble(`${machine.id} answers one connection too many: ${other.status}`);
      }
    }
    for (const { connection } of [...crowd, health, other]) connection?.socket.reset();
  }

  /** Nothing is left open: each request is answered, or the connection ends. */
  async #ended(line: Line, requests: number): Promise<void> {
    const { world, onTrouble } = this.#options;
    const { machine, connection, log } = line;
    const began = world.now;
    const patience = requests * (LINE_TIMEOUT_MILLISECONDS + 300) * LATE;
    while (line.answered < log.length && connection.isOpen && isThere(line)) {
      if (machine.time.isPaused) return;
      await world.wait(LOOK_MILLISECONDS, 'answers come');
      if (world.now - began < patience || machine.time.pausedUntil > began) continue;
      const last = log.at(-1)?.name;
      onTrouble(`${machine.id} neither answers nor cuts up to ${last}`);
      return;
    }
  }

  /** When the machine runs, where the node is still the same. */
  async #do(line: Line, act: () => void): Promise<void> {
    await running(line.machine);
    if (isThere(line)) act();
  }
}

/** Somebody's first request on a connection. */
interface OneAsked {
  readonly connection: ClientConnection | undefined;
  status: number | undefined;
}

function ask(machine: Machine, request: Buffer): OneAsked {
  const connection = machine.connect();
  const asked: OneAsked = { connection, status: undefined };
  if (connection === undefined) return asked;
  connection.onAnswer = ({ status }) => {
    asked.status ??= status;
  };
  connection.send(request);
  return asked;
}

function isThere({ machine, life }: Pick<Line, 'machine' | 'life'>): boolean {
  return machine.isUp && machine.lives === life;
}

function running({ time }: Machine): Promise<void> {
  return new Promise((resolve) => time.whenRunning('a connection', resolve));
}
