/** The end of a simulation: the cluster comes to rest, and every key is read in every way. */
import type { FinalState } from '../../lib/checkers/history.js';
import { messageOf } from '../../lib/errors.js';
import type { QuorateNode } from '../../lib/node.js';
import { covers } from '../../lib/versioning/context.js';
import { dotText } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';
import type { Asking } from './asking.js';
import { listConflicts } from './conflict-lists.js';
import type { Machine } from './machine.js';
import { locate, placeOf, recordKeyOfName } from './key-names.js';
import { liveState, ownersOf, voidNumbersUnder } from './node-view.js';
import { OperationClient } from './operation-client.js';
import { comeToRest } from './rest.js';
import type { SeededRandom } from './seeded-random.js';
import type { Token } from './kv-client.js';
import type { ListClient } from './list-client.js';
import type { SettingsClient } from './settings-client.js';
import { EXPIRY_TOLERANCE_MILLISECONDS } from './shape.js';
import type { Workload } from './workload.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';
import type { World } from './world.js';

export interface EndOptions {
  readonly world: World;
  readonly random: SeededRandom;
  readonly machines: readonly Machine[];
  readonly workload: Workload;
  readonly asking: Asking;
  readonly namespaces: WorkloadNamespaces;
  readonly lists: ListClient;
  readonly settings: SettingsClient;
  readonly onTrouble: (message: string) => void;
  /** Has the key an owner who judges what has ended, and are its clock and the median right? */
  readonly isJudged: (key: string) => boolean;
}

/** Longer than repairs that are under way take when nothing fails. */
const SETTLE_MILLISECONDS = 1000;
const TRIES_MAX = 5;
/** Of many keys, not each is asked of every node, and not each is written once more. */
const KEYS_ASKED_EVERYWHERE = 4;
const KEYS_OVERWRITTEN = 4;

/** What each key comes to. Reads go through the workload, so the history has them too. */
export async function observeEnd(
  options: EndOptions,
  keys: readonly string[],
): Promise<FinalState[]> {
  const { world, random, machines, workload, settings, onTrouble } = options;
  await comeToRest({ ...options, keys });
  await world.wait(SETTLE_MILLISECONDS, 'settle');
  for (const key of keys) countAlike(options, key);
  for (const { id, node } of machines) {
    // What was counted and never left would slow all background work down, unseen.
    const waiting = node?.foreground.requests ?? 0;
    if (waiting !== 0) onTrouble(`${id} counts ${waiting} requests that nobody waits for`);
  }
  for (const machine of machines) {
    if (!(await settings.read(machine, true)))
      onTrouble(`${machine.id} does not show its settings`);
  }
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
    for (const machine of askedOf(options, keys)) await read(machine, 'quorum');
    const began = world.now;
    const last = await read(random.pick(machines), 'quorum');
    finals.push({ key, began, versions: last?.versions ?? [], replicas: replicasOf(options, key) });
  }
  for (const namespace of options.namespaces.stored) {
    const within = finals.filter(({ key }) => placeOf(key).namespace === namespace);
    await checkConflictList(options, namespace, within);
    await checkKeyList(options, namespace, within);
  }
  for (const key of random.shuffle(keys).slice(0, KEYS_OVERWRITTEN)) await overwrite(options, key);
  await buryAboveGaps(options, keys);
  world.note('the end');
  return finals;
}

/** All nodes, or, of many keys, one for each. */
function askedOf({ machines, random }: EndOptions, keys: readonly string[]): readonly Machine[] {
  return keys.length <= KEYS_ASKED_EVERYWHERE ? machines : [random.pick(machines)];
}

/** Rest means that they are, but for values whose time ends just now. */
function countAlike(options: EndOptions, key: string): void {
  const [first, ...others] = replicasOf(options, key);
  if (first === undefined || first === '' || others.some((other) => other !== first)) return;
  options.world.count('alike without any read');
}

/** The primaries, each by itself. */
function replicasOf({ machines, onTrouble }: EndOptions, key: string): string[] {
  const [any] = machines;
  const located = any?.node && locate(any.node, key);
  if (located === undefined) return [];
  return located.primaries.map(({ node: id }) => {
    const machine = machines.find((each) => each.id === id);
    if (machine?.node === undefined) return '';
    checkContext(machine.node, key, onTrouble);
    return liveState(machine.node, key);
  });
}

/** Invariant of every record: its context covers what it holds. */
function checkContext(node: QuorateNode, key: string, onTrouble: (message: string) => void): void {
  const at = recordKeyOfName(key, node.cluster.ring().partitions);
  let siblings: Siblings | undefined;
  try {
    siblings = node.disk.table.read(at)?.siblings;
  } catch (error) {
    onTrouble(`${node.id} cannot read ${key} after the calm: ${messageOf(error)}`);
  }
  for (const { dot } of siblings?.versions ?? []) {
    if (siblings !== undefined && covers(siblings.context, dot)) continue;
    onTrouble(`${node.id} holds ${dotText(dot)} outside its context`);
  }
}

/** What is in conflict is listed, and nothing else. Values that end are of no use here. */
async function checkConflictList(
  { asking, random, machines, workload, world, onTrouble }: EndOptions,
  namespace: string,
  finals: readonly FinalState[],
): Promise<void> {
  if (finals.some(({ key }) => workload.mayEnd(key))) return;
  const machine = random.pick(machines);
  const listed = await listConflicts(asking, world, machine, namespace);
  if (listed === undefined) {
    onTrouble(`${machine.id} does not list the conflicts of all nodes after the calm`);
    return;
  }
  const inConflict = finals.filter(({ versions }) => versions.length > 1).map(({ key }) => key);
  if (inConflict.length > 0) world.count('keys in conflict in the end');
  for (const key of inConflict) {
    if (!listed.includes(key))
      onTrouble(`${key} is in conflict, and ${machine.id} does not list it`);
  }
  for (const key of listed) {
    if (!OperationClient.owns(placeOf(key)) && !inConflict.includes(key))
      onTrouble(`${machine.id} lists ${key}, which is not in conflict`);
  }
}

/** What holds a value is listed, and of the keys that are looked at nothing else. */
async function checkKeyList(
  options: EndOptions,
  namespace: string,
  finals: readonly FinalState[],
): Promise<void> {
  const { lists, random, workload, world, onTrouble, isJudged } = options;
  const asked = {
    ...lists.draw(random),
    namespace,
    prefix: '',
    level: random.pick(['quorum', 'all', 'one']),
  };
  const list = (): Promise<readonly string[] | undefined> =>
    lists.list(random, { ...asked, timeoutMilliseconds: 4000 });
  const listed = await list();
  // What has just ended by one clock is listed by another one, until an owner takes it away. Where
  // no owner can judge ends it stays.
  const mayBeShown = ({ key, versions }: FinalState): boolean =>
    versions.length === 0 && workload.mayEnd(key) && listed?.includes(key) === true;
  const isRepeated = finals.some((final) => mayBeShown(final) && isJudged(final.key));
  if (isRepeated) {
    // No owner may have had a reason to look at its ends yet.
    await world.wait(EXPIRY_TOLERANCE_MILLISECONDS, 'values end by every clock');
    await comeToRest({ ...options, keys: finals.map(({ key }) => key) });
  }
  const settled = isRepeated ? await list() : listed;
  if (listed === undefined || settled === undefined) {
    onTrouble('no list of keys comes to its end after the calm');
    return;
  }
  for (const { key, versions } of finals) {
    const isThere = listed.includes(key);
    const isGone = versions.length === 0 && (!workload.mayEnd(key) || isJudged(key));
    if (isGone && settled.includes(key)) onTrouble(`${key} holds nothing, and is listed`);
    if (versions.length === 0 || workload.mayEnd(key)) continue;
    if (isThere) world.count('key listed in the end');
    else onTrouble(`${key} holds a value, and is not listed at ${asked.level}`);
  }
}

/**
 * Deletes what covers a number of a ballot that no owner has seen. Numbers of proposals that came
 * to nothing are void: the tombstones go all the same.
 */
async function buryAboveGaps(options: EndOptions, keys: readonly string[]): Promise<void> {
  const { world, random, machines, workload } = options;
  const nodes = machines.flatMap(({ node }) => node ?? []);
  const buried = keys.filter((key) => {
    const owners = ownersOf(nodes, key);
    return owners.some((node) => voidNumbersUnder(node, key, owners).length > 0);
  });
  for (const key of buried) {
    const machine = random.pick(machines);
    const seen = await workload.get(random, machine, key, 'quorum');
    const deleted = seen && (await workload.delete(machine, key, 'quorum', seen));
    if (deleted !== undefined) world.count('deleted above a number that nobody has');
  }
  if (buried.length > 0) await comeToRest({ ...options, keys });
}

/** Who has read all of it replaces all of it. */
async function overwrite(
  { world, random, machines, workload, namespaces, onTrouble }: EndOptions,
  key: string,
): Promise<void> {
  const seen = await workload.get(random, random.pick(machines), key, 'quorum');
  if (seen === undefined) return;
  const fixed = { level: 'quorum', fallbacks: [], timeoutMilliseconds: 4000 } as const;
  const tooLarge = (): number => world.counters.get('put context_too_large none') ?? 0;
  const notSane = (): number => world.counters.get('put clock_not_sane none') ?? 0;
  const [before, wereNotSane] = [tooLarge(), notSane()];
  const how = { ...fixed, durability: 'sync' } as const;
  let written: Token | undefined;
  for (
    let tries = 0;
    tries < TRIES_MAX && written === undefined && tooLarge() === before;
    tries += 1
  ) {
    // Where few bytes may wait for a disk, what goes on in the background may have the room.
    if (tries > 0) await world.wait(SETTLE_MILLISECONDS, 'once more');
    written = await workload.put(random, random.pick(machines), key, seen, how);
  }
  if (written === undefined) {
    // At the limit of its context a key takes no value by another writer; a delete it always takes.
    const isFull = tooLarge() > before;
    // An end is dated by clocks that can be trusted, and all of this key's values have one.
    if (namespaces.ttlOf(key) !== undefined && notSane() > wereNotSane) return;
    const picked = random.pick(machines);
    const deleted = isFull && (await workload.delete(picked, key, 'quorum', seen));
    if (deleted) world.count('deleted at the limit of its context');
    else onTrouble(`${key} could not be written at quorum after the calm`);
    return;
  }
  for (const machine of machines) {
    const after = await workload.get(random, machine, key, 'quorum');
    if (after?.shown.length === 1 && after.shown[0] === written.shown.at(-1)) continue;
    onTrouble(`${machine.id} reads ${after?.shown.join(' ')} after ${written.shown.at(-1)}`);
  }
}
