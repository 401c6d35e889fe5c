/**
 * What can be seen from outside of how an answer came about: which machines hold a version, how
 * safely, and which were asked for a key. Receipts are judged by it.
 */
import type { ReportedVersions } from '../../lib/checkers/explained-request.js';
import type { Miss } from '../../lib/checkers/history.js';
import type { QuorateNode } from '../../lib/node.js';
import { decodeHint } from '../../lib/hints/hint-records.js';
import { decodeRecord } from '../../lib/persistence/records.js';
import {
  parseHintKey,
  PREFIX,
  proposalKey,
  type RecordKey,
} from '../../lib/persistence/keyspace.js';
import { decodeAcceptance } from '../../lib/persistence/proposals.js';
import { covers } from '../../lib/versioning/context.js';
import { type Dot, parseDot } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';
import { locate, nameOf, recordKeyOfName } from './key-names.js';
import type { Durability } from './kv-request.js';
import type { Machine } from './machine.js';
import { ReadWatch } from './read-watch.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { World } from './world.js';

export interface Primary {
  readonly node: string;
  readonly zone: string;
}

/** When a request began, and in which of their lives the machines were then. */
export interface Beginning {
  readonly at: number;
  readonly lives: ReadonlyMap<string, number>;
}

export interface WatchedRead {
  /** `heard`: what others said in answer to it. */
  readonly end: () => { readonly miss: Miss; readonly heard: readonly ReportedVersions[] };
}

export class Witness {
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #machines: readonly Machine[];
  readonly #hasFullQueues: boolean;
  readonly #primaries = new Map<string, readonly Primary[]>();

  /** @param hasFullQueues may too many requests wait for a node that is up, to ask it? */
  constructor(
    world: World,
    network: SimulatedNetwork,
    machines: readonly Machine[],
    hasFullQueues: boolean,
  ) {
    this.#world = world;
    this.#hasFullQueues = hasFullQueues;
    this.#network = network;
    this.#machines = machines;
  }

  begin(keys: readonly string[]): Beginning {
    // By the time of the answer all nodes may be down.
    for (const key of keys) this.primaries(key);
    const lives = new Map(this.#machines.map(({ id, lives }) => [id, lives]));
    return { at: this.#world.now, lives };
  }

  /**
   * Watches a read that begins at this moment; undefined where that cannot be known from others.
   * `end` must be called.
   */
  watch(machine: Machine, key: string, timeoutMilliseconds: number): WatchedRead | undefined {
    const { node, time, id } = machine;
    if (node === undefined || time.isPaused) return undefined;
    const deadline = this.#world.now * time.rate + timeoutMilliseconds;
    const watch = new ReadWatch(id, key, deadline);
    this.#network.watches.add(watch);
    const up = upOf(node, key);
    return {
      end: () => {
        this.#network.watches.delete(watch);
        const still = machine.node === node ? upOf(node, key) : [];
        const late = this.#world.now * time.rate >= deadline;
        const isAskable = !late && !this.#hasFullQueues && !watch.isCutShort;
        const unasked = up.filter((one) => {
          return one !== id && still.includes(one) && !watch.asked.has(one) && isAskable;
        });
        return { miss: { reported: watch.versions, unasked }, heard: watch.heard };
      },
    };
  }

  /** Of a key; the ring of a simulation stays as it is. Empty while no node was ever up. */
  primaries(key: string): readonly Primary[] {
    const known = this.#primaries.get(key);
    if (known !== undefined) return known;
    const { node } = this.#machines.find((machine) => machine.node !== undefined) ?? {};
    if (node === undefined) return [];
    const { primaries } = locate(node, key);
    this.#primaries.set(key, primaries);
    return primaries;
  }

  zoneOf(id: string): string {
    return this.#machines.find((machine) => machine.id === id)?.zone ?? '';
  }

  /**
   * The primaries that hold the version now, accepted or learned, or what superseded it; also
   * those of which nobody can know, since they have lost something since.
   */
  holders(key: string, version: string, durability: Durability, since: Beginning): string[] {
    const dot = parseDot(version);
    if (dot === undefined) return [];
    return this.#owners(key)
      .filter((machine) => mayHold(machine, this.#at(machine, key), dot, durability, since))
      .map(({ id }) => id);
  }

  /** Where an acknowledged version can lie: at primaries, or as a hint alone. */
  lyingAt(key: string, version: string, standIns: boolean, since: Beginning): string[] {
    const dot = parseDot(version);
    if (!standIns || dot === undefined) return this.holders(key, version, 'sync', since);
    return this.#machines
      .filter((machine) => mayHint(machine, key, dot, 'sync', since))
      .map(({ id }) => id);
  }

  /** The primaries whose record of the key was looked at since. */
  asked(key: string, { at }: Beginning): string[] {
    return this.#owners(key)
      .filter(({ lastReads }) => (lastReads.get(key) ?? Number.NEGATIVE_INFINITY) >= at)
      .map(({ id }) => id);
  }

  /** Does a stand-in hold it on its disk, or has it handed it over to a primary? */
  isHinted(key: string, version: string, durability: Durability, since: Beginning): boolean {
    const dot = parseDot(version);
    if (dot === undefined) return false;
    // What is in memory alone cannot be seen from outside.
    if (durability === 'memory') return true;
    if (this.holders(key, version, durability, since).length > 0) return true;
    return this.#machines.some((machine) => mayHint(machine, key, dot, durability, since));
  }

  #owners(key: string): Machine[] {
    const ids = this.primaries(key).map(({ node }) => node);
    return this.#machines.filter(({ id }) => ids.includes(id));
  }

  #at({ partitionCount }: Machine, key: string): RecordKey {
    return recordKeyOfName(key, partitionCount);
  }
}

/** The primaries that are up as the node sees it. */
function upOf(node: QuorateNode, key: string): string[] {
  return locate(node, key).primaries.flatMap((one) => (one.up ? [one.node] : []));
}

/**
 * What it had may be gone, though it was true when it said that it had it. Once it is rebuilt that
 * is no excuse: it holds again what another one held, and what it alone had said counts no more.
 */
function isExcused(machine: Machine, durability: Durability, since: Beginning): boolean {
  const { disk, id, lives, isUp } = machine;
  const isRebuilt = machine.isWhole(disk.damagedAt) && !disk.isOld;
  if (disk.damagedAt >= since.at && !isRebuilt) return true;
  return durability !== 'sync' && (!isUp || lives !== since.lives.get(id));
}

function mayHold(
  machine: Machine,
  at: RecordKey,
  dot: Dot,
  durability: Durability,
  since: Beginning,
): boolean {
  if (isExcused(machine, durability, since)) return true;
  const { disk, node } = machine;
  // It said what it remembers, and has not missed it on its disk yet.
  if (disk.vanished.has(at.storageKey)) return true;
  try {
    const inMemory = (): Siblings | undefined => node?.disk.table.read(at)?.siblings;
    const held = durability === 'memory' ? inMemory() : stored(machine, at, durability);
    if (held !== undefined && covers(held.context, dot)) return true;
    const accepted = disk.durable(proposalKey('acceptance', at));
    if (accepted !== undefined && covers(decodeAcceptance(at, accepted).state.context, dot)) {
      return true;
    }
    // What was collected is in the clock alone, also where the key was written again since.
    const now = inMemory();
    const isCollected = now === undefined || !covers(now.context, dot);
    return isCollected && node?.disk.clocks.of(at.partition).has(dot) === true;
  } catch {
    // A record that cannot be read: nobody can know.
    return disk.everFaulty;
  }
}

function mayHint(
  machine: Machine,
  key: string,
  dot: Dot,
  durability: 'sync' | 'os',
  since: Beginning,
): boolean {
  // Hints are not rebuilt.
  if (machine.disk.damagedAt >= since.at || isExcused(machine, durability, since)) return true;
  return hintsOf(machine, key, durability).some(({ context }) => covers(context, dot));
}

function stored({ disk }: Machine, at: RecordKey, durability: 'sync' | 'os'): Siblings | undefined {
  const bytes = durability === 'sync' ? disk.durable(at.storageKey) : disk.visible(at.storageKey);
  return bytes === undefined ? undefined : decodeRecord(at, bytes);
}

function hintsOf(
  { disk, partitionCount }: Machine,
  key: string,
  durability: 'sync' | 'os',
): Siblings[] {
  const entries =
    durability === 'sync' ? disk.durableEntries(PREFIX.hint) : disk.visibleEntries(PREFIX.hint);
  return entries.flatMap(([hint, bytes]) => {
    const at = parseHintKey(hint, partitionCount);
    if (nameOf(at) !== key) return [];
    try {
      return decodeRecord(at, decodeHint(hint, bytes).bytes);
    } catch {
      return [];
    }
  });
}
