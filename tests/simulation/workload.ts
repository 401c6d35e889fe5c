/** Clients of a simulated cluster: each a logical process that reads and writes a few keys. */
import { writeValue } from '../../lib/checkers/checked-value.js';
import type { ReadVersion, VersionName } from '../../lib/checkers/history.js';
import type {
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
} from '../../lib/coordination/request.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { majority } from '../../lib/replication/quorum.js';
import { dotText } from '../../lib/versioning/dot.js';
import type { ClientWrite, HistoryRecorder } from './history-recorder.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

export interface WorkloadOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly recorder: HistoryRecorder;
  readonly keys: readonly string[];
  readonly clients: number;
  /** Above one, everybody takes longer. */
  readonly pace: number;
  /** min(N, nodes). */
  readonly replicaCount: number;
  /** Are all nodes in one zone? */
  readonly oneZone: boolean;
  readonly onTrouble: (message: string) => void;
  /** A write was acknowledged at this very moment. */
  readonly onAcknowledged: (machine: Machine) => void;
}

/** A context and what it had shown. */
export interface Token {
  readonly context: string | undefined;
  readonly shown: readonly VersionName[];
  /** Of a read. */
  readonly versions: readonly ReadVersion[];
}

const READ_LEVELS = [
  ...['quorum', 'quorum', 'quorum', 'one', 'two', 'three', 'all', 'eventual', '2'],
  ...['local-one', 'local-quorum', 'each-quorum'],
];
const WRITE_LEVELS = [...READ_LEVELS, 'any', 'any', 'eventual', 'one', 'QUORUM'];
const FALLBACKS = [[], [], [], ['one'], ['quorum', 'one'], ['eventual'], ['quorum', 'eventual']];
/** Levels that repair a majority before they answer, where so many are one. */
const REPAIRING: Readonly<Record<string, number>> = {
  ...{ quorum: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY },
  ...{ 'each-quorum': Number.POSITIVE_INFINITY, two: 2, '2': 2, three: 3 },
};
/** A client waits so much longer than the deadline that it named. */
const PATIENCE_MILLISECONDS = 300;
const TOKENS_KEPT = 4;

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #style: SeededRandom;
  readonly #weights: { read: number; delete: number; blind: number; stale: number; ttl: number };
  readonly #thinkMean: number;
  #stopped = false;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#style = options.world.random('workload');
    this.#weights = {
      read: this.#style.between(0.2, 0.6),
      delete: this.#style.between(0, 0.35),
      blind: this.#style.between(0.1, 0.7),
      stale: this.#style.between(0, 0.5),
      ttl: this.#style.chance(0.5) ? this.#style.between(0.1, 0.6) : 0,
    };
    this.#thinkMean = this.#style.pick([20, 80, 200]) * options.pace;
  }

  /** Resolves when all clients have come to an end after `stop`. */
  async run(): Promise<void> {
    const clients = Array.from({ length: this.#options.clients }, (_, i) => this.#client(i));
    await Promise.all(clients);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #client(number: number): Promise<void> {
    const { world, keys, machines } = this.#options;
    const random = world.random(`client ${number}`);
    const tokens = new Map<string, Token[]>(keys.map((key) => [key, []]));
    let machine = random.pick(machines);
    for (;;) {
      await world.wait(random.exponential(this.#thinkMean), `client ${number}`);
      if (this.#stopped) return;
      const key = random.pick(keys);
      if (random.chance(0.3) || !machine.isUp) machine = random.pick(machines);
      const kept = tokens.get(key) ?? [];
      const token = random.chance(this.#weights.read)
        ? await this.get(random, machine, key)
        : await this.#write(random, machine, key, kept);
      if (token === undefined) continue;
      kept.push(token);
      if (kept.length > TOKENS_KEPT) kept.shift();
    }
  }

  /** @param level as the client writes it; undefined: any that reads take */
  async get(
    random: SeededRandom,
    machine: Machine,
    key: string,
    level?: string,
  ): Promise<Token | undefined> {
    const request: GetRequest = { ...this.#addressed(random, key, READ_LEVELS), ...given(level) };
    const { world, recorder } = this.#options;
    const began = world.now;
    const old = this.#oldDisks();
    const answer = await this.#ask('get', machine, request, async (node) =>
      node.coordination.get(request),
    );
    if (!(answer instanceof Object) || !('siblings' in answer)) return undefined;
    const { siblings, receipt, context } = answer;
    const versions = siblings.map(({ dot, value }) => ({
      version: dotText(dot),
      value: new TextDecoder().decode(value),
    }));
    if (versions.length > 1) world.count('read with siblings');
    if (versions.length >= 10) world.count('read with ten siblings');
    if (versions.length === 0) world.count('not found');
    if (receipt.standIns > 0) world.count('read from stand-ins');
    const answered = this.#trusted(receipt.answered, machine, key, old);
    recorder.read({
      key,
      began,
      ended: world.now,
      versions,
      answered,
      repaired: this.#repaired(answer),
    });
    const shown = versions.map(({ version }) => version);
    world.note(`read ${key} ${receipt.level} ${receipt.answered} ${shown.join(' ')}`);
    return { context, shown, versions };
  }

  /** Nodes that nobody has told yet of what their disks have lost: their answers prove nothing. */
  #oldDisks(): string[] {
    return this.#options.machines.filter(({ disk }) => disk.isOld).map(({ id }) => id);
  }

  /** So many of the owners that were asked surely had what they should. */
  #trusted(asked: number, { node }: Machine, key: string, oldBefore: readonly string[]): number {
    const old = [...oldBefore, ...this.#oldDisks()];
    const owners = node?.cluster.locate('default', key).primaries ?? [];
    return Math.max(0, asked - owners.filter((owner) => old.includes(owner.node)).length);
  }

  /** @param token undefined: a blind write */
  async put(
    random: SeededRandom,
    machine: Machine,
    key: string,
    token: Token | undefined,
    fixed: Partial<PutRequest> = {},
  ): Promise<Token | undefined> {
    const { world, recorder } = this.#options;
    const isLast = fixed.level !== undefined;
    const deletes = random.chance(this.#weights.delete) && !isLast;
    const kind = deletes || fixed.change?.state === 'tombstone' ? 'delete' : 'value';
    const shown = token?.context === undefined ? undefined : token.shown;
    const write = recorder.begin({ key, kind, shown, began: world.now });
    const request: PutRequest = {
      ...this.#addressed(random, key, WRITE_LEVELS),
      change:
        kind === 'delete'
          ? { state: 'tombstone' }
          : checkedChange(key, write.id, random, isLast ? undefined : this.#drawTtl(random)),
      context: token?.context,
      overwriteSiblings: random.chance(0.1),
      durability: random.pick(['sync', 'sync', 'sync', 'sync', 'sync', 'sync', 'os', 'memory']),
      ...fixed,
    };
    const { level, fallbacks, durability } = request;
    const how = [level, ...fallbacks, durability].join(' ');
    world.note(`write ${write.id} ${kind} ${key} on ${machine.id} ${how} seen ${shown?.join(' ')}`);
    const old = this.#oldDisks();
    const answer = await this.#ask('put', machine, request, (node) =>
      node.coordination.put(request),
    );
    const noted = this.#noteAnswer(write, request, answer);
    write.consulted = this.#trusted(write.consulted, machine, key, old);
    if (noted !== undefined) this.#options.onAcknowledged(machine);
    return noted;
  }

  #write(
    random: SeededRandom,
    machine: Machine,
    key: string,
    kept: readonly Token[],
  ): Promise<Token | undefined> {
    const { blind, stale } = this.#weights;
    if (kept.length === 0 || random.chance(blind)) return this.put(random, machine, key, undefined);
    const token = random.chance(stale) ? random.pick(kept) : kept.at(-1);
    return this.put(random, machine, key, token);
  }

  #noteAnswer(
    write: ClientWrite,
    request: PutRequest,
    answer: PutAnswer | GetAnswer | OperatingError | undefined,
  ): Token | undefined {
    const { world } = this.#options;
    write.ended = world.now;
    if (answer === undefined || !('version' in answer)) {
      write.outcome =
        answer instanceof OperatingError && answer.outcome === 'none' ? 'refused' : 'open';
      if (write.outcome === 'open') world.count('unknown outcome');
      world.note(
        `wrote ${write.id} ${write.outcome} ${answer instanceof OperatingError ? answer.code : ''}`,
      );
      return undefined;
    }
    const { version, replaced, receipt, context } = answer;
    write.version = version;
    write.replaced = replaced;
    write.holders = receipt.answered;
    write.consulted = this.#consulted(write, request);
    // What was acknowledged before it was synced may go in a crash.
    write.outcome = request.durability === 'sync' ? 'acknowledged' : 'open';
    if (receipt.standIns > 0) world.count('stand-in used');
    if (receipt.answered === 0) world.count('acknowledged by a hint alone');
    world.note(
      `wrote ${write.id} ${version} ${receipt.level} ${receipt.answered} ${replaced.join(' ')}`,
    );
    return { context, shown: [...(write.shown ?? replaced), version], versions: [] };
  }

  /** Undefined: no answer; the node may have died. */
  async #ask<T extends GetAnswer | PutAnswer>(
    operation: 'get' | 'put',
    machine: Machine,
    request: GetRequest,
    ask: Parameters<typeof machine.call<T>>[0],
  ): Promise<T | OperatingError | undefined> {
    const { world, onTrouble } = this.#options;
    const answer = machine.call(ask);
    if (answer === undefined) return new OperatingError('peer_unreachable', 'connection refused');
    const patience = (request.timeoutMilliseconds ?? 0) + PATIENCE_MILLISECONDS;
    const result = await Promise.race([
      world.wait(patience, 'patience'),
      answer.catch((error: unknown) => {
        if (error instanceof OperatingError) return error;
        onTrouble(`${operation} on ${machine.id} threw ${messageOf(error)}`);
        return undefined;
      }),
    ]);
    if (result instanceof OperatingError)
      world.count(`${operation} ${result.code} ${result.outcome}`);
    else if (result instanceof Object) this.#countAnswer(operation, request, result.receipt.level);
    else world.count(`${operation} unanswered`);
    return result ?? undefined;
  }

  #countAnswer(operation: 'get' | 'put', { level }: GetRequest, achieved: string): void {
    const { world } = this.#options;
    world.count(`${operation} ok ${achieved}`);
    if (level !== undefined && level.toLowerCase() !== achieved) world.count('fallback used');
  }

  #addressed(random: SeededRandom, key: string, levels: readonly string[]): GetRequest {
    return {
      namespace: 'default',
      key,
      level: random.chance(0.1) ? undefined : random.pick(levels),
      fallbacks: random.pick(FALLBACKS),
      timeoutMilliseconds: random.pick([40, 300, 1000, 2000]),
    };
  }

  #drawTtl(random: SeededRandom): number | 'keep' | undefined {
    if (!random.chance(this.#weights.ttl)) return undefined;
    this.#options.world.count('put with a time to live');
    return random.pick([1, 1, 2, 4, 'keep' as const]);
  }

  /** With a fallback it may have been the weaker level that asked nobody. */
  #consulted({ shown }: ClientWrite, { level = 'quorum', fallbacks }: PutRequest): number {
    if (shown !== undefined || fallbacks.length > 0) return 0;
    return this.#isRepairing(level) ? majority(this.#options.replicaCount) : 0;
  }

  #isRepairing(level: string): boolean {
    return (REPAIRING[level.toLowerCase()] ?? 0) >= majority(this.#options.replicaCount);
  }

  #repaired({ receipt }: GetAnswer): number {
    const { replicaCount, oneZone } = this.#options;
    const promised =
      this.#isRepairing(receipt.level) || (oneZone && receipt.level === 'local-quorum');
    return promised && receipt.answered >= majority(replicaCount) ? majority(replicaCount) : 0;
  }
}

function checkedChange(
  key: string,
  writeId: string,
  random: SeededRandom,
  ttlSeconds: number | 'keep' | undefined,
): PutRequest['change'] {
  const text = writeValue({ key, writeId }, 'x'.repeat(random.below(40)));
  const value = new TextEncoder().encode(text);
  return { state: 'value', contentType: 'text/plain', value, ttlSeconds };
}

function given(level: string | undefined): Partial<GetRequest> {
  return level === undefined ? {} : { level, fallbacks: [], timeoutMilliseconds: 4000 };
}
