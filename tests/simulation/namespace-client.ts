/**
 * Makes, changes and deletes namespaces over HTTP while others write their keys, and writes down
 * what it sees. Its keys are its own: whoever else looks at keys looks at the default namespace.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Finding } from '../../lib/checkers/history.js';
import type { Asking } from './asking.js';
import type { HttpAnswer } from './http-answers.js';
import { refusalOf } from './kv-answer.js';
import type { Machine } from './machine.js';
import { NamespaceLog, NAMESPACES } from './namespace-log.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

export interface NamespaceClientOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly asking: Pick<Asking, 'ask'>;
  readonly onTrouble: (message: string) => void;
  readonly pace: number;
  /** Has a disk lost anything that it had kept? */
  readonly hasAnyDiskLost: () => boolean;
}

type Rules = Readonly<Record<string, unknown>>;

const PATH = '/api/v1/namespaces';
const KEYS = ['s1', 's2', 's3'];
/** What names no level has that of the namespace. */
const NO_LEVEL = '';
const LEVELS = ['quorum', 'quorum', 'one', 'all', 'eventual', 'two', NO_LEVEL, NO_LEVEL];
const RULES: Readonly<Record<string, readonly unknown[]>> = {
  default_level: ['one', 'quorum', 'all'],
  default_write_level: ['quorum', 'all', 'one'],
  allowed_levels: [
    ['quorum', 'one'],
    ['QUORUM', '1', 'all'],
    ['quorum', 'one', '2', 'eventual'],
  ],
  blind_writes: ['overwrite', 'sibling', 'refuse'],
  conflict_resolution: ['siblings', 'last-writer'],
  default_ttl_s: [1, 3600],
  durability: ['sync', 'os', 'memory'],
  versions_kept: [0, 2],
};
/** The node itself gives up after 5 s for each of its two rounds, and asks for a list before. */
const CHANGE_MILLISECONDS = 15_000;
const KEY_MILLISECONDS = 2000;

const viewShape = z.object({
  namespace: z.string(),
  rules: z.record(z.string(), z.unknown()),
  effective: z.record(z.string(), z.unknown()),
});
const changedShape = z.object({
  rules: z.record(z.string(), z.unknown()).nullable(),
  nodes: z.array(z.string()),
});

export class NamespaceClient {
  readonly #options: NamespaceClientOptions;
  readonly #log: NamespaceLog;
  readonly #thinkMean: number;
  #stopped = false;

  constructor(options: NamespaceClientOptions) {
    this.#options = options;
    this.#log = new NamespaceLog();
    this.#thinkMean = 150 * options.pace;
  }

  /** Resolves when all have come to an end after `stop`. */
  async run(): Promise<void> {
    await Promise.all([this.#process('changes'), this.#process('a'), this.#process('b')]);
  }

  stop(): void {
    this.#stopped = true;
  }

  findings(): Finding[] {
    return this.#log.findings(this.#options.hasAnyDiskLost());
  }

  /** After the calm: every node has heard of everything. */
  async lookLast(): Promise<void> {
    const { world, machines, onTrouble } = this.#options;
    const random = world.random('namespaces in the end');
    for (const machine of machines) {
      for (const namespace of NAMESPACES) {
        const isShown = await this.#show(machine, namespace, true);
        if (!isShown) onTrouble(`${machine.id} does not show the namespace ${namespace}`);
        for (const key of KEYS) await this.#get(random, machine, namespace, key, true);
      }
    }
  }

  async #makeAll(random: SeededRandom): Promise<void> {
    for (const namespace of NAMESPACES) {
      await this.#make(random, random.pick(this.#options.machines), namespace);
    }
  }

  async #process(name: string): Promise<void> {
    const { world, machines } = this.#options;
    const random = world.random(`namespaces: ${name}`);
    if (name === 'changes') await this.#makeAll(random);
    for (;;) {
      await world.wait(random.exponential(this.#thinkMean), `namespaces: ${name}`);
      if (this.#stopped) return;
      const machine = random.pick(machines);
      const namespace = random.pick(NAMESPACES);
      if (name === 'changes') await this.#change(random, machine, namespace);
      else await this.#use(random, machine, namespace);
    }
  }

  async #change(random: SeededRandom, machine: Machine, namespace: string): Promise<void> {
    if (random.chance(0.15)) await this.#delete(random, machine, namespace);
    else await this.#make(random, machine, namespace);
    await this.#show(machine, namespace, false);
    if (random.chance(0.2)) await this.#history(machine, namespace);
  }

  async #use(random: SeededRandom, machine: Machine, namespace: string): Promise<void> {
    const key = random.pick(KEYS);
    const draw = random.fraction();
    if (draw < 0.5) await this.#put(random, machine, namespace, key);
    else if (draw < 0.9) await this.#get(random, machine, namespace, key, false);
    else await this.#show(machine, namespace, false);
  }

  async #make(random: SeededRandom, machine: Machine, namespace: string): Promise<void> {
    const { world, onTrouble } = this.#options;
    const rules = drawRules(random);
    const isDry = random.chance(0.1);
    const onlyNew = random.chance(0.2);
    const log = isDry ? undefined : this.#log.beginChange(namespace, rules, world.now);
    const path = `${PATH}/${namespace}${isDry ? '?dry_run=1' : ''}`;
    const headers = onlyNew ? { ...JSON_TYPE, 'If-None-Match': '*' } : JSON_TYPE;
    const answer = await this.#ask(machine, 'PUT', path, headers, JSON.stringify(rules));
    if (isDry && answer?.status === 200) {
      world.count('namespaces: dry run');
      const shown = changedShape.parse(jsonOf(answer)).rules;
      if (!isDeepStrictEqual(shown, rules)) onTrouble(`a dry run of ${path} shows other rules`);
    }
    this.#settle(log, answer, 'made or changed');
  }

  async #delete(random: SeededRandom, machine: Machine, namespace: string): Promise<void> {
    const { world } = this.#options;
    const withKeys = random.chance(0.5);
    const log = this.#log.beginDelete(namespace, withKeys, world.now);
    const query = `?confirm=${namespace}${withKeys ? '&with_keys=1' : ''}`;
    const answer = await this.#ask(machine, 'DELETE', `${PATH}/${namespace}${query}`, {});
    this.#settle(log, answer, withKeys ? 'deleted with its keys' : 'deleted while empty');
  }

  #settle(
    attempt: ReturnType<NamespaceLog['beginChange']> | undefined,
    answer: HttpAnswer | undefined,
    what: string,
  ): void {
    const { world } = this.#options;
    if (attempt === undefined || answer === undefined) return;
    attempt.ended = world.now;
    if (answer.status === 200) {
      attempt.outcome = 'acknowledged';
      attempt.nodes = changedShape.parse(jsonOf(answer)).nodes;
      world.count(`namespace ${what}`);
      world.note(`namespace ${attempt.id} ${what}`);
      return;
    }
    const { code, outcome } = refusalOf(jsonOf(answer));
    if (outcome === 'none') attempt.outcome = 'refused';
    world.count(`namespace not ${what}: ${code}`);
  }

  /** False: the node did not say. */
  async #show(machine: Machine, namespace: string, isLast: boolean): Promise<boolean> {
    const { world, onTrouble } = this.#options;
    const began = world.now;
    const answer = await this.#ask(machine, 'GET', `${PATH}/${namespace}`, {});
    const isThere = answer?.status === 200;
    if (!isThere && answer?.status !== 404) return false;
    const view = isThere ? viewShape.parse(jsonOf(answer)) : undefined;
    for (const [name, value] of Object.entries(view?.rules ?? {})) {
      if (isDeepStrictEqual(view?.effective[name], value)) continue;
      onTrouble(`${namespace} has another ${name} in force than its rules say`);
    }
    world.count(isThere ? 'namespace shown' : 'namespace not there');
    const { damagedAt } = machine.disk;
    const read = { node: machine.id, began, ended: world.now, isLast, damagedAt };
    this.#log.shown(namespace, view?.rules, read);
    return true;
  }

  async #history(machine: Machine, namespace: string): Promise<void> {
    const answer = await this.#ask(machine, 'GET', `${PATH}/${namespace}/history`, {});
    if (answer?.status !== 200) return;
    const shape = z.object({ history: z.array(z.object({ from: z.unknown(), to: z.unknown() })) });
    const { history } = shape.parse(jsonOf(answer));
    if (history.length > 0) this.#options.world.count('namespaces: history read');
    for (const { from, to } of history) this.#log.changedFrom(namespace, from, to);
  }

  async #put(
    random: SeededRandom,
    machine: Machine,
    namespace: string,
    key: string,
  ): Promise<void> {
    const { world } = this.#options;
    const level = random.pick(LEVELS);
    const write = this.#log.beginWrite(namespace, key, level, world.now);
    const body = JSON.stringify({ value: write.value });
    const path = `${PATH}/${namespace}/kv/${key}`;
    const headers = { ...JSON_TYPE, ...levelHeader(level) };
    // A node that stood still does it when it goes on, though nobody waits for the
    // answer any more; and who it passes it on to has as long again.
    const onOver = (): void => {
      write.decided = world.now + KEY_MILLISECONDS;
    };
    const answer = await this.#askKey(machine, 'PUT', path, headers, { body, onOver });
    write.ended = answer === undefined ? undefined : world.now;
    if (answer?.status === 200) {
      // What was acknowledged before it was synced may go in a crash.
      const isSynced = answer.headers.get('x-durability') === 'sync';
      write.outcome = isSynced ? 'acknowledged' : 'open';
      write.decided = world.now;
      world.count('put in a namespace');
      world.note(`namespaced ${write.id} ${namespace} ${key} ${write.value}`);
      return;
    }
    if (answer === undefined) return;
    const { code, outcome } = refusalOf(jsonOf(answer));
    if (outcome === 'none') write.outcome = 'refused';
    world.count(`put in a namespace: ${code}`);
  }

  async #get(
    random: SeededRandom,
    machine: Machine,
    namespace: string,
    key: string,
    isLast: boolean,
  ): Promise<void> {
    const { world } = this.#options;
    const began = world.now;
    const level = isLast ? NO_LEVEL : random.pick(LEVELS);
    const path = `${PATH}/${namespace}/kv/${key}?siblings=list`;
    const answer = await this.#askKey(machine, 'GET', path, levelHeader(level));
    if (answer === undefined) return;
    if (answer.status !== 200) {
      world.count(`get in a namespace: ${refusalOf(jsonOf(answer)).code}`);
      return;
    }
    const shape = z.object({ siblings: z.array(z.object({ value: z.string() })) });
    const values = shape.parse(jsonOf(answer)).siblings.map(({ value }) => value);
    world.count(values.length > 0 ? 'get in a namespace' : 'nothing in a namespace');
    const { damagedAt } = machine.disk;
    const read = { node: machine.id, began, ended: world.now, isLast, damagedAt };
    this.#log.read({ ...read, namespace, key, values });
  }

  #ask(
    machine: Machine,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<HttpAnswer | undefined> {
    const request = { method, path, headers, body };
    const patience = { timeoutMilliseconds: CHANGE_MILLISECONDS };
    return this.#options.asking.ask('namespace', machine, patience, request);
  }

  #askKey(
    machine: Machine,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    { body, onOver }: { readonly body?: string; readonly onOver?: () => void } = {},
  ): Promise<HttpAnswer | undefined> {
    const timed = { ...headers, 'X-Timeout': `${KEY_MILLISECONDS}ms` };
    const request = { method, path, headers: timed, body };
    const how = { timeoutMilliseconds: KEY_MILLISECONDS, onOver };
    return this.#options.asking.ask('key of a namespace', machine, how, request);
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function levelHeader(level: string): Record<string, string> {
  return level === NO_LEVEL ? {} : { 'X-Consistency-Level': level };
}

function drawRules(random: SeededRandom): Rules {
  const names = random.shuffle(Object.keys(RULES)).slice(0, random.below(4));
  return Object.fromEntries(names.map((name) => [name, random.pick(RULES[name] ?? [])]));
}

function jsonOf({ body }: HttpAnswer): unknown {
  return JSON.parse(body.toString('utf8'));
}
