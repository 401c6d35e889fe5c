/** The end of a simulation: the cluster comes to rest, and every key is read in every way. */
import type { FinalState } from '../../lib/checkers/history.js';
import { recordKey } from '../../lib/persistence/records.js';
import { dotText } from '../../lib/versioning/dot.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { Token, Workload } from './workload.js';
import type { World } from './world.js';

export interface EndOptions {
  readonly world: World;
  readonly random: SeededRandom;
  readonly machines: readonly Machine[];
  readonly workload: Workload;
  readonly onTrouble: (message: string) => void;
  /** No node has ended, and no hint was refused: then messages and hints alone must do. */
  readonly lostNothing: boolean;
}

const REST_MILLISECONDS_MAX = 60_000;
const POLL_MILLISECONDS = 100;
/** Longer than any background task takes. */
const SETTLE_MILLISECONDS = 6000;

/** What each key comes to. Reads go through the workload, so the history has them too. */
export async function observeEnd(
  options: EndOptions,
  keys: readonly string[],
): Promise<FinalState[]> {
  const { world, random, machines, workload, onTrouble } = options;
  await comeToRest(options);
  for (const key of keys) lookBeforeReads(options, key);
  const finals: FinalState[] = [];
  for (const key of keys) {
    const read = async (machine: Machine, level: string): Promise<Token | undefined> => {
      const token = await workload.get(random, machine, key, level);
      if (token === undefined) onTrouble(`${key} could not be read at ${level} after the calm`);
      return token;
    };
    // What was acknowledged by a quorum must show in the first of these; the history knows.
    await read(random.pick(machines), 'quorum');
    // What fewer acknowledged is found by asking everybody.
    await read(random.pick(machines), 'all');
    for (const machine of machines) await read(machine, 'quorum');
    const began = world.now;
    const last = await read(random.pick(machines), 'quorum');
    finals.push({ key, began, versions: last?.versions ?? [], replicas: replicasOf(options, key) });
  }
  for (const key of keys) await overwrite(options, key);
  world.note('the end');
  return finals;
}

/** All founded, all links up, all hints delivered, all background work done. */
async function comeToRest({ world, machines, onTrouble }: EndOptions): Promise<void> {
  const end = world.now + REST_MILLISECONDS_MAX;
  while (!machines.every((machine) => isAtRest(machine, machines))) {
    if (world.now > end) {
      for (const machine of machines) {
        const held = [...(machine.node?.hints.held ?? [])].filter(([, { count }]) => count > 0);
        if (held.length > 0) onTrouble(`${machine.id} never delivered ${JSON.stringify(held)}`);
        else if (!isAtRest(machine, machines)) {
          const { node } = machine;
          const state = [node?.cluster.readiness('all'), node?.settings.current()];
          onTrouble(`${machine.id} does not come to rest: ${JSON.stringify(state)}`);
        }
      }
      return;
    }
    await world.wait(POLL_MILLISECONDS, 'rest');
  }
  await world.wait(SETTLE_MILLISECONDS, 'settle');
}

function isAtRest({ node }: Machine, machines: readonly Machine[]): boolean {
  if (node === undefined || !node.cluster.readiness('all').ready) return false;
  if ([...node.hints.held.values()].some(({ count }) => count > 0)) return false;
  const { version } = node.settings.current();
  return machines.every((other) => other.node?.settings.current().version === version);
}

/** What copies and hints alone have come to. */
function lookBeforeReads(options: EndOptions, key: string): void {
  const { world, onTrouble, lostNothing } = options;
  const replicas = replicasOf(options, key);
  if (replicas.every((replica) => replica === replicas[0])) {
    if (lostNothing && replicas[0] !== '') world.count('alike without any read');
    return;
  }
  if (lostNothing) onTrouble(`${key} differs though nothing was lost: ${replicas.join(' | ')}`);
}

/** The primaries, each by itself. */
function replicasOf({ machines, onTrouble }: EndOptions, key: string): string[] {
  const [any] = machines;
  const located = any?.node?.cluster.locate('default', key);
  if (located === undefined) return [];
  const partitionCount = any?.node?.cluster.ring().partitions ?? 1;
  return located.primaries.map(({ node: id }) => {
    const machine = machines.find((each) => each.id === id);
    const stored = machine?.node?.replica.read(recordKey('default', key, partitionCount));
    if (stored === undefined) return '';
    for (const { dot } of stored.siblings.versions) {
      if ((stored.siblings.context.vector.get(dot.writer) ?? 0) >= dot.n) continue;
      onTrouble(`${id} holds ${dotText(dot)} outside its context`);
    }
    // What is all dead may be collected here and not yet there.
    return stored.live ? stored.fingerprint : '';
  });
}

/** Who has read all of it replaces all of it. */
async function overwrite(
  { random, machines, workload, onTrouble }: EndOptions,
  key: string,
): Promise<void> {
  const seen = await workload.get(random, random.pick(machines), key, 'quorum');
  if (seen === undefined) return;
  const fixed = { level: 'quorum', fallbacks: [], timeoutMilliseconds: 4000 } as const;
  const written = await workload.put(random, random.pick(machines), key, seen, {
    ...fixed,
    durability: 'sync',
    overwriteSiblings: true,
  });
  if (written === undefined) {
    onTrouble(`${key} could not be written at quorum after the calm`);
    return;
  }
  for (const machine of machines) {
    const after = await workload.get(random, machine, key, 'quorum');
    if (after?.shown.length === 1 && after.shown[0] === written.shown.at(-1)) continue;
    onTrouble(`${machine.id} reads ${after?.shown.join(' ')} after ${written.shown.at(-1)}`);
  }
}
