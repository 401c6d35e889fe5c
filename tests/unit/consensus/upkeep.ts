/** What happens in the background of the small world: exchanges, collection, expiry, damage. */
import { rebuildingFrom } from '../../../lib/consensus/rebuilding.js';
import { NO_BALLOT } from '../../../lib/consensus/ballot.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { fingerprint, find, type Siblings } from '../../../lib/versioning/siblings.js';
import { dotOf, nameOf, OPERATIONS_MAX } from './ledger.js';
import type { World } from './world.js';
import type { Disk, WorldNode } from './world-node.js';

export function crash(world: World, node: WorldNode, rolledBackTo?: Disk): void {
  node.restart(rolledBackTo ?? node.disk, world.freshWriter(node));
  if (rolledBackTo !== undefined || node.rebuilding !== undefined) damage(world, node);
}

/** It has lost all that is stored of the key, and its promises. */
export function lose(world: World, node: WorldNode, key: string): void {
  node.records.delete(key);
  node.acceptances.clear();
  node.marks.clear();
  node.promised = NO_BALLOT;
  node.active = NO_BALLOT;
  node.disk = node.snapshot();
  damage(world, node);
}

/** Found: it vouches for nothing, has a higher start, and reports its loss to every other owner. */
export function damage(world: World, node: WorldNode): void {
  world.count('damaged');
  node.restart({ ...node.disk, clock: new PartitionClock() }, world.freshWriter(node));
  const others = world.othersOf(node).map(({ name }) => name);
  node.rebuilding = new Set(others);
  node.unconfirmed = new Set(others);
}

/** What the damaged one said before counts no more at the other. */
function strike(other: WorldNode, damaged: WorldNode): void {
  other.leastStarts.set(damaged.name, damaged.start);
}

/** One exchange of an owner under rebuild: first it reports its loss, then it copies. */
export function rebuildFrom(world: World, node: WorldNode, other: WorldNode): void {
  const { rebuilding } = node;
  if (rebuilding === undefined || other.rebuilding !== undefined) return;
  if (node.unconfirmed.size > 0) {
    if (node.unconfirmed.delete(other.name)) strike(other, node);
    return;
  }
  if (!rebuilding.has(other.name)) return;
  copyStrong(node, other);
  for (const [key, state] of other.records) node.merge(key, state);
  node.clock.union(other.clock);
  node.sync();
  rebuilding.delete(other.name);
  if (rebuilding.size > 0) return;
  node.rebuilding = undefined;
  world.count('rebuilt');
  purge(world, node);
}

function copyStrong(node: WorldNode, other: WorldNode): void {
  const { promised, active } = other;
  node.store(rebuildingFrom(node.held(), { promised, active, entries: other.entries() }));
}

/** What all others have seen, and none holds, is dead. */
function purge(world: World, node: WorldNode): void {
  const others = world.othersOf(node);
  for (const [key, state] of node.records) {
    const isHeldBy = (one: WorldNode, dot: Dot): boolean => {
      const record = one.records.get(key);
      return record !== undefined && find(record, dot) !== undefined;
    };
    const versions = state.versions.filter(
      ({ dot }) => !others.every((one) => one.clock.has(dot) && !isHeldBy(one, dot)),
    );
    if (versions.length === state.versions.length) continue;
    if (versions.length === 0) node.records.delete(key);
    else node.records.set(key, { ...state, versions });
    node.isDirty = true;
    node.sync();
  }
}

/** Everybody exchanges with everybody, to the end. */
export function exchangeAll(world: World): void {
  for (let round = 0; round < 2; round += 1) {
    for (const node of world.nodes) {
      for (const other of world.othersOf(node)) exchange(world, node, other);
    }
  }
}

function exchange(world: World, node: WorldNode, other: WorldNode): void {
  if (other.rebuilding !== undefined) return;
  if (node.name === world.cut || other.name === world.cut) return;
  if (node.rebuilding !== undefined) {
    rebuildFrom(world, node, other);
    return;
  }
  for (const [key, state] of other.records) {
    const isMissing = state.versions.some(({ dot }) => !node.clock.has(dot));
    const own = node.records.get(key);
    const differs = own !== undefined && fingerprint(own) !== fingerprint(state);
    if (isMissing || differs) node.merge(key, state);
  }
  node.sync();
  node.clock.union(other.clock);
  node.persistClock();
}

/** A record of the dead goes once every owner's persisted clock covers all that it covers. */
export function collect(world: World, node: WorldNode): void {
  if (node.rebuilding !== undefined) return;
  for (const [key, state] of node.records) {
    if (node.acceptances.has(key) || !isCollectable(world, key, state)) continue;
    for (const [text, entry] of world.ledger.dots()) {
      const dot = dotOf(text);
      if ((state.context.vector.get(dot.writer) ?? 0) >= dot.n) world.collected.add(entry);
    }
    node.records.delete(key);
    node.isDirty = true;
    world.count('collected');
  }
}

function isCollectable({ nodes }: World, key: string, { versions, context }: Siblings): boolean {
  if (versions.some(({ state }) => state === 'value')) return false;
  if (nodes.some(({ rebuilding }) => rebuilding !== undefined)) return false;
  if (!nodes.every(({ disk }) => disk.clock.coversWithoutGap(context.vector))) return false;
  const isValueAt = (records: ReadonlyMap<string, Siblings>, dot: Dot): boolean => {
    const record = records.get(key);
    return record !== undefined && find(record, dot)?.state === 'value';
  };
  return !versions.some(
    ({ state, dot }) =>
      state === 'stub' &&
      nodes.some(({ records, disk }) => isValueAt(records, dot) || isValueAt(disk.records, dot)),
  );
}

/** One value of the key ends, by the clock of this node. */
export function expire(world: World, node: WorldNode, key: string): void {
  const state = node.records.get(key);
  if (state === undefined || node.rebuilding !== undefined) return;
  const values = state.versions.filter((version) => version.state === 'value');
  const [ended] = world.random.shuffle(values);
  if (ended === undefined || world.ledger.entries.length >= OPERATIONS_MAX) return;
  const entry = world.ledger.begin('expiry', key);
  entry.isDelete = true;
  entry.removes = [nameOf(world.ledger.entryOf(ended.dot))];
  end(node, key, ended.dot);
}

export function end(node: WorldNode, key: string, dot: Dot): void {
  const state = node.records.get(key);
  if (state === undefined) return;
  const text = dotText(dot);
  const versions = state.versions.map((version) =>
    dotText(version.dot) === text ? { ...version, state: 'stub' as const } : version,
  );
  node.records.set(key, { ...state, versions });
  node.isDirty = true;
}
