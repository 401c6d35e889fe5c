/**
 * Histories that chance hardly makes, arranged in some seeds before all else, each on a key
 * of its own: what counts for nothing any more is added to what comes later (docs/architecture.md,
 * D5 and R5). They take many seconds, so they come before the other clients of the seed.
 */
import type { Message } from '../../lib/environment/transport.js';
import { majority } from '../../lib/replication/quorum.js';
import { nameOf } from '../unit/wire-names.js';
import type { KvClient } from './kv-client.js';
import { recordKeyOfName } from './key-names.js';
import type { Machine } from './machine.js';
import type { Nemesis } from './nemesis.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { Witness } from './witness.js';
import type { Workload } from './workload.js';
import type { World } from './world.js';

export interface ArrangedHistoriesOptions {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly machines: readonly Machine[];
  readonly replicaCount: number;
  readonly nemesis: Pick<Nemesis, 'disks'>;
  readonly workload: Workload;
  readonly client: KvClient;
  readonly witness: Witness;
}

const PROBABILITY = 0.15;
const STEP_MILLISECONDS = 10;
const PATIENCE_MILLISECONDS = 20_000;
const REQUEST = { fallbacks: [], timeoutMilliseconds: 30_000, inQuery: false } as const;
const SURE = { ...REQUEST, durability: 'sync', ttl: undefined, session: undefined } as const;
/** Beyond this a tombstone is not collected while somebody waits. */
const RETENTION_SECONDS_MAX = 1;
const WRITE = /^coordination\.write$/;
const READ = /^coordination\.read$/;
/** All by which a replica learns of a write. */
const SPREADS = /anti|write|handoff/;

export class ArrangedHistories {
  readonly #options: ArrangedHistoriesOptions;
  readonly #random: SeededRandom;

  constructor(options: ArrangedHistoriesOptions) {
    this.#options = options;
    this.#random = options.world.random('arranged histories');
  }

  async run(): Promise<void> {
    if (!this.#random.chance(PROBABILITY)) return;
    const { network } = this.#options;
    for (const act of [() => this.#readOfBeforeCollection(), () => this.#ackOfBeforeLoss()]) {
      await act();
      network.gate = () => undefined;
      network.release();
    }
  }

  /**
   * An owner has acknowledged its own write, loses the record, and is rebuilt from those who lack
   * it; then one more acknowledges than before, and with the first it would be a majority.
   */
  async #ackOfBeforeLoss(): Promise<void> {
    const { world, network, nemesis, workload } = this.#options;
    const key = 'acknowledged before a loss';
    const [first, ...others] = this.#owners(key);
    const late = others.splice(0, majority(others.length + 1) - 1).map(({ id }) => id);
    if (first === undefined || late.length === 0) return;
    // A write without a context looks at its own record once more when a majority has it.
    const put = { ...SURE, level: 'all' };
    const token = await workload.put(this.#random, first, key, undefined, put);
    if (token === undefined) return;
    const { storageKey } = recordKeyOfName(key, first.partitionCount);
    const before = textOf(first.disk.durable(storageKey));
    network.gate = (from, to, messages) => {
      if (from !== first.id || !isThere(messages, WRITE)) return undefined;
      return late.includes(to) ? 'held' : others.some(({ id }) => id === to) ? 'lost' : undefined;
    };
    const fixed = { ...SURE, level: 'quorum' };
    const written = workload.put(this.#random, first, key, token, fixed);
    const isDurable = await this.#until(() => textOf(first.disk.durable(storageKey)) !== before);
    // Its own acknowledgement follows.
    await world.wait(STEP_MILLISECONDS, 'arranged');
    if (isDurable && nemesis.disks.rotRecord(first, key)) {
      const isRebuilt = await this.#until(() => first.isWhole(first.disk.damagedAt));
      const isGone = textOf(first.disk.visible(storageKey)) === before;
      if (isRebuilt && isGone) world.count('arranged: rebuilt before a write arrived elsewhere');
    }
    network.release();
    await written;
  }

  /**
   * A delete is acknowledged; a read begins at the one owner that does not know of it. The others
   * are asked when the tombstone is collected: they hold nothing, and drop what it writes back.
   */
  async #readOfBeforeCollection(): Promise<void> {
    const { world, network, client, workload } = this.#options;
    const key = 'collected before an answer';
    const owners = this.#owners(key);
    const [reader, writer, ...others] = owners;
    const needed = majority(owners.length);
    if (reader === undefined || writer === undefined || owners.length <= needed) return;
    const { settings } = reader.node?.settings.current() ?? {};
    if ((settings?.tombstone_retention_s ?? Infinity) > RETENTION_SECONDS_MAX) return;
    const put = { ...SURE, level: 'all' };
    const token = await workload.put(this.#random, writer, key, undefined, put);
    if (token === undefined) return;

    const asked = [writer, ...others].slice(0, needed - 1);
    let isApart = true;
    network.gate = (from, to, messages) => {
      if (from === reader.id && isThere(messages, READ)) {
        return asked.some(({ id }) => id === to) ? 'held' : 'lost';
      }
      const isOfReader = [from, to].includes(reader.id);
      return isApart && isOfReader && isThere(messages, SPREADS) ? 'lost' : undefined;
    };
    if ((await workload.delete(writer, key, 'quorum', token)) === undefined) return;
    // What begins in the very moment of an answer need not see it.
    await world.wait(STEP_MILLISECONDS, 'arranged');
    const level = { level: 'quorum', readRepair: undefined, asList: false };
    const read = client.get(reader, { ...REQUEST, ...level, key, session: undefined });
    await world.wait(STEP_MILLISECONDS, 'arranged');
    isApart = false;
    const { storageKey } = recordKeyOfName(key, reader.partitionCount);
    const isCollected = await this.#until(() =>
      asked.every(({ disk }) => disk.visible(storageKey) === undefined),
    );
    if (isCollected) world.count('arranged: collected before a read was answered');
    network.gate = () => undefined;
    network.release();
    await read;
  }

  /** In an order of chance; all must be up. */
  #owners(key: string): Machine[] {
    const { machines, witness } = this.#options;
    const ids = witness.primaries(key).map(({ node }) => node);
    const owners = machines.filter(({ id, isUp }) => isUp && ids.includes(id));
    return owners.length === ids.length ? this.#random.shuffle(owners) : [];
  }

  /** @returns whether it came true in time */
  async #until(isTrue: () => boolean): Promise<boolean> {
    const { world } = this.#options;
    const end = world.now + PATIENCE_MILLISECONDS;
    while (!isTrue() && world.now < end) await world.wait(STEP_MILLISECONDS, 'arranged');
    return isTrue();
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function isThere(messages: readonly Message[], names: RegExp): boolean {
  return messages.some((message) => names.test(nameOf(message)));
}
