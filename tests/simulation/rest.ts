/**
 * The calm: what must come true by itself when nothing is wrong any more, without any read. Each
 * row says what is not so yet.
 */
import type { QuorateNode } from '../../lib/node.js';
import type { LeafSums } from '../../lib/persistence/leaf-sums.js';
import { keptOn, keptTroubles } from './kept-at-rest.js';
import type { Machine } from './machine.js';
import {
  hasEnded,
  isDue,
  liveState,
  obstacle,
  openAt,
  ownersByPartition,
  ownersOf,
  valuesOfEnded,
  voidNumbersUnder,
} from './node-view.js';
import { EPOCH_MILLISECONDS } from './simulated-clock.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';
import type { World } from './world.js';

export interface RestOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly keys: readonly string[];
  readonly namespaces: Pick<WorkloadNamespaces, 'owns' | 'versionsKeptOf'>;
  readonly onTrouble: (message: string) => void;
  /** Has the key an owner who judges what has ended, and are its clock and the median right? */
  readonly isJudged: (key: string) => boolean;
}

/** Late, so that nobody need be blamed who is late as well. */
function wallTime(world: World): number {
  return EPOCH_MILLISECONDS + world.now - LATE_MILLISECONDS;
}

/** Says what keeps the cluster from rest; nothing: an empty list. */
type Condition = (nodes: readonly QuorateNode[], options: RestOptions) => string[];

const CONDITIONS: Readonly<Record<string, Condition>> = {
  'nodes that serve': (nodes) =>
    nodes.flatMap((node) => {
      const { ready, reason } = node.cluster.readiness('all');
      return ready ? [] : [`${node.id}: ${reason}`];
    }),
  // A link that froze looks open until enough heartbeats are missed.
  'peers that answer': (nodes) =>
    nodes.flatMap(({ id, view }) =>
      nodes.flatMap((peer) => (view.isSuspect(peer.id) ? [`${id} suspects ${peer.id}`] : [])),
    ),
  'no hints': (nodes) =>
    nodes.flatMap(({ id, hints }) =>
      [...hints.held]
        .filter(([, { count }]) => count > 0)
        .map(([target, { count }]) => `${id} holds ${count} for ${target}`),
    ),
  'no rebuild': (nodes) =>
    nodes
      .filter(({ disk }) => disk.health.rebuilding.length > 0)
      .map(({ id, disk }) => `${id} rebuilds ${disk.health.rebuilding.join(' ')}`),
  'no rotten record': (_, { machines }) =>
    machines.flatMap(({ id, disk }) =>
      [...disk.rotten].filter((key) => key.startsWith('r')).map((key) => `${id}: ${key}`),
    ),
  // It may be gone for good, where nobody else had it; but its node must know.
  'no record gone unnoticed': (_, { machines }) =>
    machines.flatMap(({ id, disk }) =>
      [...disk.vanished].filter((key) => key.startsWith('r')).map((key) => `${id}: ${key}`),
    ),
  'one clock': (nodes) =>
    ownersByPartition(nodes).flatMap((owners, partition) => {
      const hashes = new Set(owners.map(({ disk }) => disk.clocks.hashOf(partition)));
      return hashes.size > 1 ? [`partition ${partition}: ${[...hashes].join(' | ')}`] : [];
    }),
  'one tree': (nodes) =>
    ownersByPartition(nodes).flatMap((owners, partition) => {
      const trees = new Set(owners.map(({ disk }) => treeOf(disk.digests.of(partition))));
      return trees.size > 1 ? [`partition ${partition}`] : [];
    }),
  'one state a key': (nodes, { keys }) =>
    keys.flatMap((key) => {
      const states = ownersOf(nodes, key).map((node) => liveState(node, key));
      return new Set(states).size > 1 ? [`${key}: ${states.join(' | ')}`] : [];
    }),
  'nothing whose time has ended': (nodes, { world, keys, isJudged }) => {
    return keys.filter(isJudged).flatMap((key) => {
      return ownersOf(nodes, key)
        .filter((node) => hasEnded(node, key, wallTime(world)))
        .map(({ id }) => `${id} holds ${key}`);
    });
  },
  'nothing dead that may go': (nodes, options) => {
    return options.keys.flatMap((key) => {
      const owners = ownersOf(nodes, key);
      return owners
        .filter((node) => obstacle(node, key, owners) === 'none')
        .map((node) => `${node.id} holds ${key}${openAt(node, key)}`);
    });
  },
  'no number that nobody has keeps the dead of strong writes': (nodes, { keys }) =>
    keys.flatMap((key) => {
      const owners = ownersOf(nodes, key);
      return owners
        .filter((node) => isDue(node, key))
        .flatMap((node) =>
          voidNumbersUnder(node, key, owners).map((what) => `${node.id} holds ${key}: ${what}`),
        );
    }),
  'nothing of a namespace that was deleted': (nodes, { machines }) =>
    nodes.flatMap((node) => {
      const disk = machines.find(({ id }) => id === node.id)?.disk;
      const held = disk === undefined ? [] : valuesOfEnded(node, disk);
      return held.map((key) => `${node.id} holds ${key}`);
    }),
  'one version of the settings': (nodes) => {
    const versions = new Set(nodes.map(({ settings }) => settings.current().version));
    return versions.size > 1 ? [[...versions].join(' | ')] : [];
  },
  'no more versions kept than the rule says': (nodes, { machines, namespaces }) =>
    nodes.flatMap((node) => {
      const disk = machines.find(({ id }) => id === node.id)?.disk;
      return disk === undefined ? [] : keptTroubles(node, disk, namespaces);
    }),
};

function treeOf(sums: LeafSums): string {
  return sums.live().toString('hex');
}

const LATE_MILLISECONDS = 2000;
const REST_MILLISECONDS_MAX = 120_000;
const POLL_MILLISECONDS = 250;

/** Resolves when all is so, or when it took too long: then `onTrouble` got what is not. */
export async function comeToRest(options: RestOptions): Promise<void> {
  const { world, onTrouble } = options;
  const begun = world.now;
  for (;;) {
    const missing = obstacles(options);
    if (missing.length === 0) break;
    if (world.now > begun + REST_MILLISECONDS_MAX) {
      for (const obstacle of missing.slice(0, 5)) onTrouble(`does not come to rest: ${obstacle}`);
      break;
    }
    await world.wait(POLL_MILLISECONDS, 'rest');
  }
  world.note(`at rest after ${(world.now - begun).toFixed(0)} ms`);
  countTheDead(options);
  countKept(options);
}

function countKept({ world, machines }: RestOptions): void {
  for (const { disk } of machines) {
    for (const count of keptOn(disk).values()) world.count('kept versions at rest', count);
  }
}

/** Why records of the dead are still there. */
function countTheDead(options: RestOptions): void {
  const { world, machines, keys } = options;
  const nodes = machines.flatMap(({ node }) => node ?? []);
  for (const key of keys) {
    const owners = ownersOf(nodes, key);
    for (const node of owners) {
      const why = obstacle(node, key, owners);
      if (why !== undefined) world.count(`dead record left: ${why}`);
    }
  }
}

function obstacles(options: RestOptions): string[] {
  const { machines } = options;
  const nodes = machines.flatMap(({ node }) => node ?? []);
  if (nodes.length < machines.length) {
    return machines.filter(({ node }) => node === undefined).map(({ id }) => `${id} is not up`);
  }
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const missing = condition(nodes, options);
    if (missing.length > 0) return missing.map((what) => `${name}: ${what}`);
  }
  return [];
}
