/** A client that lists keys, page by page, each page of any node, and writes down what it saw. */
import { compareUtf8 } from '../../lib/encoding/utf8-order.js';
import { DEFAULT_NAMESPACE } from '../../lib/partitioning/namespace.js';
import { majority } from '../../lib/replication/quorum.js';
import type { Asking } from './asking.js';
import type { HistoryRecorder } from './history-recorder.js';
import type { HttpAnswer } from './http-answers.js';
import { placeOf, prefixOf } from './key-names.js';
import { REFUSED_CONNECTION } from './kv-answer.js';
import { rootOf } from './kv-request.js';
import type { Machine } from './machine.js';
import { OldDisks } from './old-disks.js';
import type { SeededRandom } from './seeded-random.js';
import type { Witness } from './witness.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';
import type { World } from './world.js';

export interface ListClientOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly recorder: HistoryRecorder;
  readonly witness: Witness;
  readonly asking: Asking;
  readonly namespaces: Pick<WorkloadNamespaces, 'stored' | 'isAskable'>;
  /** min(N, nodes). */
  readonly replicaCount: number;
  readonly onTrouble: (message: string) => void;
}

export interface ListAsked {
  /** As it is stored. */
  readonly namespace: string;
  readonly prefix: string;
  readonly limit: number;
  readonly level: string;
  readonly values: boolean;
  readonly timeoutMilliseconds: number;
}

/** How far a list is, and since when it looks at what lies behind. */
interface Passed {
  readonly after: string;
  readonly since: number;
}

interface Page {
  readonly keys?: readonly string[];
  readonly items?: readonly { readonly key: string }[];
  readonly cursor?: string;
}

const LEVELS = ['quorum', 'quorum', 'quorum', 'one', 'two', 'all', 'eventual', 'local-one', '2'];
/** At these what is accepted at `strong` is settled before a node tells its keys. */
const SETTLING = new Set(['quorum', 'all']);
/** Pages of which nodes fail are asked for again, a while later. */
const TRIES_MAX = 4;

export class ListClient {
  readonly #options: ListClientOptions;
  readonly #oldDisks: OldDisks;

  constructor(options: ListClientOptions) {
    this.#options = options;
    this.#oldDisks = new OldDisks(options);
  }

  draw(random: SeededRandom): ListAsked {
    const [only = DEFAULT_NAMESPACE, ...others] = this.#options.namespaces.stored;
    return {
      namespace: others.length === 0 ? only : random.pick([only, ...others]),
      prefix: random.pick(['', '', 'k', 'k1', 'new', 'nothing']),
      limit: random.pick([1, 2, 3, 10, 1000]),
      level: random.pick(LEVELS),
      values: random.chance(0.3),
      timeoutMilliseconds: random.pick([300, 1000, 2000]),
    };
  }

  /** The names of all keys; undefined where nobody answers before their end. */
  async list(random: SeededRandom, asked: ListAsked): Promise<string[] | undefined> {
    const { world, machines } = this.#options;
    const listed: string[] = [];
    let cursor: string | undefined;
    // Pages may have passed what lies behind the last key that was shown since then.
    let passed: Passed = { after: '', since: Number.POSITIVE_INFINITY };
    for (let tries = 0; tries < TRIES_MAX; ) {
      const machine = random.pick(machines);
      const page = await this.#page(machine, asked, cursor, passed);
      if (page === undefined) {
        tries += 1;
        await world.wait(random.between(20, 400), 'list again');
        continue;
      }
      if (cursor !== undefined && tries > 0) world.count('list goes on after a failure');
      if (cursor !== undefined) world.count('list goes on');
      listed.push(...page.keys);
      passed = page.passed;
      if (page.cursor === undefined) {
        world.count(`list to its end at ${asked.level}`);
        return listed;
      }
      cursor = page.cursor;
    }
    return undefined;
  }

  async #page(
    machine: Machine,
    asked: ListAsked,
    cursor: string | undefined,
    { after, since }: Passed,
  ) {
    const { world, recorder, witness } = this.#options;
    const { namespace, limit, level, values } = asked;
    const prefix = `${prefixOf(namespace)}${asked.prefix}`;
    const began = witness.begin([]).at;
    const old = this.#oldDisks.now;
    if (!this.#options.namespaces.isAskable(machine, [prefix])) return undefined;
    const answer = await this.#ask(machine, asked, cursor);
    if (answer?.status !== 200) return undefined;
    const page = JSON.parse(answer.body.toString('utf8')) as Page;
    const listed = page.keys ?? (page.items ?? []).map(({ key }) => key);
    const keys = listed.map((key) => `${prefixOf(namespace)}${key}`);
    if (namespace !== DEFAULT_NAMESPACE) world.count('page of another namespace');
    if (values) world.count('list with values');
    if (keys.length > limit) this.#options.onTrouble(`a page of ${limit} has ${keys.length} keys`);
    if (keys.length < limit && page.cursor !== undefined) world.count('list with a short page');
    const ended = world.now;
    const countOf = (key: string): number => this.#trusted(level, key, old);
    const settles = SETTLING.has(level);
    const shown = keys.map((key) => ({ key, answered: countOf(key), settles }));
    const looked = Math.min(since, began);
    const of = { began, ended, prefix, after };
    recorder.list({ ...of, keys: shown });
    world.note(
      `list ${prefix} behind ${after} at ${level}: ${keys.join(' ')} ${page.cursor ?? ''}`,
    );
    // Behind the last key of a page that goes on, nothing is known.
    const end = page.cursor === undefined ? undefined : (keys.at(-1) ?? after);
    for (const key of recorder.keys) {
      if (placeOf(key).namespace !== namespace) continue;
      if (keys.includes(key) || !key.startsWith(prefix) || !isWithin(key, after, end)) continue;
      const found = { versions: [], answered: countOf(key), repaired: 0, settles };
      recorder.read({ key, began: looked, ended, ...found });
    }
    const last = keys.at(-1);
    const next = last === undefined ? { after, since: looked } : { after: last, since: began };
    return { keys, cursor: page.cursor, passed: next };
  }

  /** Primaries of each key that tell at this level, less those whose disks prove nothing. */
  #trusted(level: string, key: string, old: readonly string[]): number {
    const { replicaCount } = this.#options;
    const counts: Readonly<Record<string, number>> = {
      ...{ quorum: majority(replicaCount), all: replicaCount, two: 2, '2': 2 },
    };
    return this.#oldDisks.trusted(counts[level] ?? 1, key, old);
  }

  async #ask(
    machine: Machine,
    { namespace, prefix, limit, level, values, timeoutMilliseconds }: ListAsked,
    cursor: string | undefined,
  ): Promise<HttpAnswer | undefined> {
    const { world, asking, onTrouble } = this.#options;
    const more = `${cursor === undefined ? '' : `&cursor=${cursor}`}${values ? '&values=1' : ''}`;
    const query = `prefix=${encodeURIComponent(prefix)}&limit=${limit}${more}`;
    const path = `${rootOf(namespace)}/kv?${query}`;
    const headers = { 'X-Consistency-Level': level, 'X-Timeout': `${timeoutMilliseconds}ms` };
    const request = { method: 'GET', path, headers, body: undefined };
    const result = await asking.ask('list of keys', machine, { timeoutMilliseconds }, request);
    if (result === REFUSED_CONNECTION) return undefined;
    const status = result?.status ?? 0;
    world.count(`list of keys: ${status}`);
    if (status >= 400 && status < 429) {
      const isBeyond = result?.body.includes('invalid_level') === true;
      if (!isBeyond) onTrouble(`${path} on ${machine.id}: ${result?.body.toString('utf8')}`);
    }
    return result;
  }
}

/** @param end undefined: there is none */
function isWithin(key: string, after: string, end: string | undefined): boolean {
  return compareUtf8(key, after) > 0 && (end === undefined || compareUtf8(key, end) <= 0);
}
