/** Clients of a simulated cluster: each a logical process that reads and writes a few keys. */
import type { Asking } from './asking.js';
import { listConflicts } from './conflict-lists.js';
import {
  addressed,
  drawCondition,
  drawRead,
  expectedBy,
  given,
  PATIENT,
  READ_LEVELS,
  WIDE_BOUNDS,
  WRITE_LEVELS,
} from './drawn-requests.js';
import { DrawnValues, type DrawnValuesOptions } from './drawn-values.js';
import type { ClientWrite, HistoryRecorder } from './history-recorder.js';
import { KeptTokens } from './kept-tokens.js';
import type { KvClient, Token } from './kv-client.js';
import { placeOf } from './key-names.js';
import type { Durability, ReadRequest, WriteRequest } from './kv-request.js';
import type { ListClient } from './list-client.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import { SimulatedSession } from './simulated-session.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';

export interface WorkloadOptions extends DrawnValuesOptions {
  readonly machines: readonly Machine[];
  readonly recorder: HistoryRecorder;
  readonly client: KvClient;
  readonly lists: ListClient;
  readonly asking: Asking;
  readonly namespaces: WorkloadNamespaces;
  readonly clients: number;
  /** Above one, everybody takes longer. */
  readonly pace: number;
}

const STRATEGIES = ['last-writer', 'set-union', 'max', 'json-merge', 'custom'];
/** By the shape of the values. */
const FITTING: Readonly<Record<string, string>> = {
  ...{ array: 'set-union', object: 'json-merge', number: 'max', text: 'custom' },
};
const OTHER_DURABILITIES: readonly Durability[] = ['os', 'memory'];
const NEW_KEYS = 3;
/** No simulation lasts so long, by any clock. */
const LONG_SECONDS = 86_400;

/** One of what clients do beside single reads and writes. */
type Errand = (client: Client) => Promise<Token | undefined>;

interface Client {
  readonly random: SeededRandom;
  readonly machine: Machine;
  readonly key: string;
  /** Of the key, the latest last. */
  readonly kept: readonly Token[];
  /** Undefined: this request is of no session. */
  readonly session: SimulatedSession | undefined;
}

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #style: SeededRandom;
  readonly #weights: {
    read: number;
    delete: number;
    blind: number;
    stale: number;
    ttl: number;
    errand: number;
    session: number;
  };
  readonly #thinkMean: number;
  #stopped = false;
  #fresh = 0;
  readonly #sessions: SimulatedSession[] = [];
  readonly #deadlines: SeededRandom;
  readonly #values: DrawnValues;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#values = new DrawnValues(options);
    this.#style = options.world.random('workload');
    this.#deadlines = options.world.random('deadlines of reads of new keys');
    this.#weights = {
      read: this.#style.between(0.2, 0.6),
      delete: this.#style.between(0, 0.35),
      blind: this.#style.between(0.1, 0.7),
      stale: this.#style.between(0, 0.5),
      ttl: this.#style.chance(0.5) ? this.#style.between(0.1, 0.6) : 0,
      errand: this.#style.between(0, 0.25),
      session: this.#style.pick([0, 0.5, 0.5, 1]),
    };
    this.#thinkMean = this.#style.pick([20, 80, 200]) * options.pace;
  }

  /** May a value of the key end by itself? */
  mayEnd(key: string): boolean {
    const { ttl } = this.#weights;
    return ttl > 0 || (this.#options.namespaces.ttlOf(key) ?? LONG_SECONDS) < LONG_SECONDS;
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
    const { world, namespaces, machines } = this.#options;
    const random = world.random(`client ${number}`);
    const tokens = new KeptTokens();
    const session = new SimulatedSession();
    this.#sessions.push(session);
    let machine = random.pick(machines);
    for (;;) {
      await world.wait(random.exponential(this.#thinkMean), `client ${number}`);
      if (this.#stopped) return;
      const key = random.pick(namespaces.keys);
      if (random.chance(0.3) || !machine.isUp) machine = random.pick(machines);
      const kept = tokens.of(key);
      if (random.chance(0.03)) this.#handOver(random, session);
      const carried = random.chance(this.#weights.session) ? session : undefined;
      const client = { random, machine, key, kept, session: carried };
      const token = await this.#act(client, tokens);
      if (token !== undefined) tokens.keep(key, token);
    }
  }

  #act(client: Client, tokens: KeptTokens): Promise<Token | undefined> {
    const { random, machine, key, kept, session } = client;
    if (random.chance(this.#weights.errand)) {
      return random.pick(this.#errands(tokens))(client);
    }
    if (random.chance(this.#weights.read)) {
      return this.#options.client.get(machine, { ...drawRead(random, key), session });
    }
    // What a token names is synced first: another durability is refused.
    const fixed = session === undefined ? {} : { session, durability: 'sync' as const };
    return this.put(random, machine, key, this.#drawToken(random, kept), fixed);
  }

  #errands(tokens: KeptTokens): readonly Errand[] {
    return [
      (client) => this.#batch(client, tokens),
      (client) => this.#batch(client, tokens),
      ({ random, machine, key, session }) => {
        const request = addressed(random, key, READ_LEVELS);
        return this.#options.client.conflicts(machine, { ...request, session });
      },
      (client) => this.#together(client),
      (client) => this.#together(client),
      async ({ random, machine, key }) => {
        await this.#options.client.versions(machine, addressed(random, key, READ_LEVELS));
        return undefined;
      },
      async ({ machine, key }) => {
        const { asking, world } = this.#options;
        await listConflicts(asking, world, machine, placeOf(key).namespace);
        return undefined;
      },
      async ({ random }) => {
        const { lists } = this.#options;
        await lists.list(random, lists.draw(random));
        return undefined;
      },
      (client) => this.#resolve(client),
      (client) => this.#resolve(client),
      (client) => this.#resolve(client),
      (client) => this.#resolve(client),
      (client) => this.#lookForNew(client),
      (client) => this.#lookForNew(client),
      (client) => this.#readWithinBound(client),
      (client) => this.#readWithinBound(client),
      (client) => this.#readWithinBound(client),
    ];
  }

  /** @param level as the client writes it; undefined: any that reads take */
  get(
    random: SeededRandom,
    machine: Machine,
    key: string,
    level?: string,
  ): Promise<Token | undefined> {
    const request = drawRead(random, key);
    return this.#options.client.get(machine, { ...request, ...given(level) });
  }

  /** @param token undefined: a blind write */
  put(
    random: SeededRandom,
    machine: Machine,
    key: string,
    token: Token | undefined,
    fixed: Partial<WriteRequest> = {},
  ): Promise<Token | undefined> {
    const [drawn, write] = this.#drawWrite(random, key, token, fixed.level !== undefined);
    return this.#options.client.put(machine, { ...drawn, ...fixed }, write);
  }

  /** Replaces what its token has shown; whatever is there, where it has none. */
  delete(machine: Machine, key: string, level: string, token?: Token): Promise<Token | undefined> {
    const context = token?.context;
    const write = this.#begin(key, 'delete', context === undefined ? undefined : token?.shown);
    const request = { value: undefined, ttl: undefined, context, inQuery: false };
    const byDefault = this.#options.namespaces.durabilityOf(key);
    const how = { ...PATIENT, durability: 'sync' as const, byDefault };
    return this.#options.client.put(machine, { ...request, ...how, key, level }, write);
  }

  #drawToken(random: SeededRandom, kept: readonly Token[]): Token | undefined {
    const { blind, stale } = this.#weights;
    if (kept.length === 0 || random.chance(blind)) return undefined;
    return random.chance(stale) ? random.pick(kept) : kept.at(-1);
  }

  /** @param isLast a value that stays, of a write that is to succeed */
  #drawWrite(
    random: SeededRandom,
    key: string,
    token: Token | undefined,
    isLast: boolean,
  ): [WriteRequest, ClientWrite] {
    const kind = random.chance(this.#weights.delete) && !isLast ? 'delete' : 'value';
    const condition = isLast ? undefined : drawCondition(random, token);
    const context = condition === undefined ? token?.context : undefined;
    const shown = context === undefined ? undefined : token?.shown;
    const write = this.#begin(key, kind, shown, expectedBy(condition));
    const shape = this.#values.shape(random);
    const value = kind === 'delete' ? undefined : this.#values.of(random, write, shape);
    const request: WriteRequest = {
      ...addressed(random, key, condition === undefined ? WRITE_LEVELS : ['strong']),
      value,
      ttl: kind === 'delete' ? undefined : isLast ? this.#lastTtl(key) : this.#drawTtl(random),
      context,
      ...this.#drawDurability(random, key),
    };
    if (condition === undefined) return [request, write];
    return [{ ...request, condition, fallbacks: [] }, write];
  }

  /** What is said by default, six times of eight. */
  #drawDurability(
    random: SeededRandom,
    key: string,
  ): Pick<WriteRequest, 'durability' | 'byDefault'> {
    const byDefault = this.#options.namespaces.durabilityOf(key);
    const drawn = random.pick([...Array<Durability>(6).fill(byDefault), ...OTHER_DURABILITIES]);
    return { durability: drawn, byDefault };
  }

  #begin(
    key: string,
    kind: ClientWrite['kind'],
    shown: ClientWrite['shown'],
    expected?: ClientWrite['expected'],
  ): ClientWrite {
    const { recorder, world } = this.#options;
    return recorder.begin({ key, kind, shown, expected, began: world.now });
  }

  async #batch(client: Client, tokens: KeptTokens): Promise<undefined> {
    const { random, machine, session } = client;
    const { namespaces } = this.#options;
    const keys = random.shuffle(namespaces.keys).slice(0, 1 + random.below(6));
    const writes = new Map<unknown, ClientWrite>();
    const isSynced = session !== undefined || random.chance(0.75);
    const durability = isSynced ? 'sync' : 'os';
    const timeoutMilliseconds = random.pick([300, 1000, 2000]);
    const byDefault = onlyOne(keys.map((key) => namespaces.durabilityOf(key)));
    const all = { durability, byDefault, timeoutMilliseconds, session } as const;
    const whole = { timeoutMilliseconds, fallbacks: [], inQuery: false, session };
    const operations = keys.map((key): ReadRequest | WriteRequest => {
      if (random.chance(this.#weights.read)) return { ...drawRead(random, key), ...whole };
      const token = this.#drawToken(random, tokens.of(key));
      const [drawn, write] = this.#drawWrite(random, key, token, false);
      const operation = { ...drawn, ...whole, durability } as const;
      writes.set(operation, write);
      return operation;
    });
    const answered = await this.#options.client.batch(machine, operations, writes, all);
    for (const [i, token] of answered.entries()) {
      if (token !== undefined) tokens.keep(keys[i] ?? '', token);
    }
    return undefined;
  }

  /** Two requests of one session under way at once. */
  async #together({ random, machine, session }: Client): Promise<undefined> {
    if (session === undefined) return undefined;
    const { client, namespaces, machines } = this.#options;
    const { keys } = namespaces;
    const fixed = { session, durability: 'sync' as const };
    await Promise.all([
      this.put(random, machine, random.pick(keys), undefined, fixed),
      client.get(random.pick(machines), { ...drawRead(random, random.pick(keys)), session }),
    ]);
    return undefined;
  }

  /** What another client has seen, this one has from here on seen, too: somebody told it. */
  #handOver(random: SeededRandom, session: SimulatedSession): void {
    const other = random.pick(this.#sessions);
    if (other !== session) session.join(other);
  }

  /** Of siblings, where some are met: by a strategy, or by a value of the client. */
  async #resolve({ random, machine, key }: Client): Promise<Token | undefined> {
    const { client } = this.#options;
    const seen = await client.conflicts(machine, addressed(random, key, ['quorum']));
    if (seen?.context === undefined || seen.versions.length < 2) return seen;
    const request = addressed(random, key, READ_LEVELS);
    if (random.chance(0.6)) {
      const fitting = FITTING[this.#options.valueShape] ?? 'last-writer';
      const strategy = random.chance(0.6) ? fitting : random.pick(STRATEGIES);
      return client.resolve(machine, request, seen, { strategy });
    }
    const write = this.#begin(key, 'value', seen.shown);
    const shape = this.#values.shape(random);
    const { text: value } = this.#values.of(random, write, shape === 'text' ? 'string' : shape);
    return client.resolve(machine, request, seen, { value, write });
  }

  /** Keys that few replicas have yet are read at once, where one answer is enough. */
  async #lookForNew({ random, machine }: Client): Promise<undefined> {
    for (let keys = 0; keys < NEW_KEYS; keys += 1) {
      this.#fresh += 1;
      const key = `new${this.#fresh}`;
      const fixed = { level: 'one', fallbacks: [], ttl: undefined } as const;
      await this.put(random, machine, key, undefined, fixed);
      for (const other of random.shuffle(this.#options.machines).slice(0, 3)) {
        const request = drawRead(random, key);
        const level = random.pick(['eventual', 'local-one']);
        // Often so short that it ends between what a replica says first and what it is asked then.
        const timeoutMilliseconds = this.#deadlines.pick([2, 3, 5, 9, 20, 300]);
        const weak = { level, fallbacks: [], readRepair: 'none' as const, timeoutMilliseconds };
        await this.#options.client.get(other, { ...request, ...weak });
      }
    }
    return undefined;
  }

  /** Some time after a write all are asked for what a replica can prove. */
  async #readWithinBound({ random, key }: Client): Promise<undefined> {
    const { client, machines, world } = this.#options;
    const read = async (): Promise<void> => {
      const request = { ...drawRead(random, key), level: random.pick(WIDE_BOUNDS) };
      const patient = { fallbacks: [], timeoutMilliseconds: 1000, readRepair: undefined };
      await client.get(random.pick(machines), { ...request, ...patient });
    };
    // From then on the owners ask each other.
    await Promise.all([read(), read(), read()]);
    await world.wait(random.exponential(300), 'owners ask');
    const level = random.pick(['one', 'one', 'quorum', 'strong']);
    const fixed = { level, fallbacks: [], ttl: undefined, durability: 'sync' as const };
    await this.put(random, random.pick(machines), key, undefined, fixed);
    for (let n = random.below(8); n >= 0 && !this.#stopped; n -= 1) {
      await world.wait(random.exponential(random.pick([20, 100, 500])), 'a bound');
      await read();
    }
    return undefined;
  }

  /** Of a value that is to stay, where those of its namespace end soon. */
  #lastTtl(key: string): number | undefined {
    const { namespaces } = this.#options;
    return (namespaces.ttlOf(key) ?? LONG_SECONDS) < LONG_SECONDS ? LONG_SECONDS : undefined;
  }

  #drawTtl(random: SeededRandom): number | 'keep' | undefined {
    if (!random.chance(this.#weights.ttl)) return undefined;
    const ttl = random.pick([1, 1, 2, 4, 'keep' as const]);
    this.#options.world.count('put with a time to live');
    if (ttl === 'keep') this.#options.world.count('put that keeps the end');
    return ttl;
  }
}

/** What holds for all of a batch. */
function onlyOne(durabilities: readonly Durability[]): Durability | 'mixed' {
  const [first = 'mixed', ...others] = new Set(durabilities);
  return others.length === 0 ? first : 'mixed';
}
