/**
 * Makes the namespaces of the main workload over HTTP, and lets some of them be deleted with all
 * their keys, and made anew under other rules.
 */
import { z } from 'zod';
import type { NamespaceRules } from '../../lib/membership/namespace-rules.js';
import { STRATEGY_NAMES } from '../../lib/resolution/strategies.js';
import type { Asking } from './asking.js';
import { refusalOf } from './kv-answer.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import { CHANGE_PATIENCE_MILLISECONDS } from './settings-client.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';
import type { World } from './world.js';

export interface NamespaceLifeOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly asking: Asking;
  readonly namespaces: WorkloadNamespaces;
  readonly onTrouble: (message: string) => void;
  readonly pace: number;
  /** Has a disk lost anything that it had kept? */
  readonly hasAnyDiskLost: () => boolean;
}

const PATH = '/api/v1/namespaces';
const AGAIN_MILLISECONDS = 200;
/** Where the network is so slow that settings cannot be agreed on, there are no namespaces. */
const FOUNDING_TRIES_MAX = 50;
const LIFE_MEAN_MILLISECONDS = 2500;
const RULES: { readonly [Name in keyof NamespaceRules]: readonly NamespaceRules[Name][] } = {
  default_level: ['one', 'quorum', 'all', 'eventual', 'strong'],
  default_write_level: ['quorum', 'one', 'all', 'strong'],
  blind_writes: ['overwrite', 'sibling', 'refuse'],
  conflict_resolution: STRATEGY_NAMES,
  default_ttl_s: [3, 86_400],
  durability: ['sync', 'os', 'memory'],
  versions_kept: [0, 2],
};

/** Where values end by themselves only nodes with a sane clock take any. */
const SHARES: Readonly<Record<string, number>> = { default_ttl_s: 0.25 };

export class NamespaceLife {
  readonly #options: NamespaceLifeOptions;
  readonly #random: SeededRandom;
  /** Undefined: none is deleted. */
  readonly #mortal: string | undefined;
  #isStopped = false;

  constructor(options: NamespaceLifeOptions) {
    this.#options = options;
    this.#random = options.world.random('life of namespaces');
    const { names } = options.namespaces;
    const isMortal = names.length > 0 && this.#random.chance(0.5);
    this.#mortal = isMortal ? this.#random.pick(names) : undefined;
  }

  /** Resolves when all are there that can be made. */
  async found(): Promise<void> {
    for (const name of this.#options.namespaces.names) await this.#make(name, FOUNDING_TRIES_MAX);
  }

  /** Resolves after `stop`, when all are there. */
  async run(): Promise<void> {
    const { world, pace, namespaces, asking } = this.#options;
    const name = this.#mortal;
    if (name === undefined || !namespaces.isThere(name)) return;
    for (;;) {
      await world.wait(this.#random.exponential(LIFE_MEAN_MILLISECONDS * pace), 'namespace ends');
      if (this.#isStopped) return;
      namespaces.close(name);
      // What is under way is for the keys of the former.
      await asking.allEnded();
      await this.#end(name);
      await this.#make(name);
      world.count('workload: namespace made anew');
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** After the calm: every node knows which namespaces are there now. */
  lookLast(): void {
    const { machines, namespaces, onTrouble } = this.#options;
    for (const machine of machines) {
      if (!namespaces.isAskable(machine, namespaces.keys)) {
        onTrouble(`${machine.id} knows of another namespace than was made last`);
      }
    }
  }

  async #make(name: string, triesMax = Number.POSITIVE_INFINITY): Promise<void> {
    const { world, namespaces, onTrouble, hasAnyDiskLost } = this.#options;
    const rules = drawRules(this.#random);
    const request = { method: 'PUT', path: `${PATH}/${name}`, body: JSON.stringify(rules) };
    for (let tries = 1; (await this.#ask(request)) !== 200; tries += 1) {
      if (tries >= triesMax) return;
      await this.#pause();
    }
    const stored = await this.#newest(name);
    world.note(`namespace ${stored} ${JSON.stringify(rules)}`);
    world.count('workload: namespace made');
    if (namespaces.open(stored, rules)) return;
    // Who has forgotten the former takes it for one that never was.
    if (!hasAnyDiskLost()) onTrouble(`${stored} is made anew, and has the keys of the former`);
  }

  async #end(name: string): Promise<void> {
    const { onTrouble, hasAnyDiskLost } = this.#options;
    const path = `${PATH}/${name}?confirm=${name}&with_keys=1`;
    for (let tries = 1; ; tries += 1) {
      const status = await this.#ask({ method: 'DELETE', path, body: undefined });
      if (status === 200) return;
      if (status === 404) {
        const isLost = tries > 1 || hasAnyDiskLost();
        if (!isLost) onTrouble(`a majority does not know the namespace ${name}, which is there`);
        return;
      }
      await this.#pause();
    }
  }

  /** As it is stored by who knows most. */
  async #newest(name: string): Promise<string> {
    for (;;) {
      const known = this.#options.machines.flatMap(({ node }) => {
        return node?.namespaces.known(name)?.stored ?? [];
      });
      const newest = known.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1);
      if (newest !== undefined) return newest;
      await this.#pause();
    }
  }

  /** Undefined: no answer. */
  async #ask(request: {
    readonly method: string;
    readonly path: string;
    readonly body: string | undefined;
  }): Promise<number | undefined> {
    const { asking, machines, world } = this.#options;
    const headers: Record<string, string> =
      request.body === undefined ? {} : { 'Content-Type': 'application/json' };
    const how = { timeoutMilliseconds: CHANGE_PATIENCE_MILLISECONDS };
    const machine = this.#random.pick(machines);
    // A change whose answer did not come may be made much later: then of settings that are gone.
    const version = machine.node?.settings.current().version;
    if (version !== undefined) headers['If-Match'] = `"${version}"`;
    const answer = await asking.ask('namespace', machine, how, { ...request, headers });
    if (answer === undefined) return undefined;
    if (answer.status !== 200) {
      const { code } = refusalOf(z.unknown().parse(JSON.parse(answer.body.toString('utf8'))));
      world.count(`workload: namespace ${request.method} ${code}`);
    }
    return answer.status;
  }

  #pause(): Promise<void> {
    return this.#options.world.wait(AGAIN_MILLISECONDS, 'namespace once more');
  }
}

function drawRules(random: SeededRandom): NamespaceRules {
  const fields = Object.entries(RULES).filter(([name]) => random.chance(SHARES[name] ?? 0.5));
  return Object.fromEntries(fields.map(([name, values]) => [name, random.pick<unknown>(values)]));
}
