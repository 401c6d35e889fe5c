/** One simulation: a cluster of production nodes, a phase of faults, a calm, and the judgement. */
import type { FinalState, Finding, History } from '../../lib/checkers/history.js';
import { countAllowedAnomalies } from '../../lib/checkers/allowed-anomalies.js';
import { countAllowedStaleReads } from '../../lib/checkers/check-stale-reads.js';
import { countAllowedStaleness } from '../../lib/checkers/check-staleness.js';
import { countSessionSteps } from '../../lib/checkers/check-sessions.js';
import { conflictsLeft } from './conflicts-left.js';
import { isUndecided } from '../../lib/checkers/check-orders.js';
import { checkHistory } from '../../lib/checkers/check-history.js';
import type { RecordKey } from '../../lib/persistence/keyspace.js';
import { ArrangedHistories } from './arranged-histories.js';
import { Asking } from './asking.js';
import { ConnectionClient } from './connection-client.js';
import { type Circumstances, HistoryRecorder } from './history-recorder.js';
import { IdentityNemesis } from './identity-nemesis.js';
import { Machine, type MachineOptions } from './machine.js';
import { ListClient } from './list-client.js';
import { locate, placeOf } from './key-names.js';
import { NamespaceClient } from './namespace-client.js';
import { NamespaceLife } from './namespace-life.js';
import { OperationClient } from './operation-client.js';
import { KvClient } from './kv-client.js';
import { Nemesis } from './nemesis.js';
import { SettingsClient } from './settings-client.js';
import { SettingsLog } from './settings-log.js';
import type { SeededRandom } from './seeded-random.js';
import {
  EXPIRY_TOLERANCE_MILLISECONDS,
  drawApiLimits,
  drawConnectionLimits,
  drawNodes,
  drawShape,
} from './shape.js';
import { SimulatedNetwork } from './simulated-network.js';
import { observeEnd } from './end-state.js';
import { Witness } from './witness.js';
import { Workload } from './workload.js';
import { WorkloadNamespaces, type WorkloadNamespacesOptions } from './workload-namespaces.js';
import { World } from './world.js';

export interface SimulationResult {
  readonly seed: number;
  /** Equal for equal seeds, in any process. */
  readonly digest: string;
  readonly findings: readonly Finding[];
  readonly counters: ReadonlyMap<string, number>;
  readonly events: number;
  readonly virtualMilliseconds: number;
}

/** Whatever a node does not know that it has lost, it may not know when it is asked. */
const UNNOTICED: ReadonlySet<string> = new Set([
  ...['stale reads', 'blind writes', 'sessions', 'causality', 'lists', 'staleness'],
]);

/** @param narrate is called with everything that happens, line by line */
export async function simulate(
  seed: number,
  narrate?: (line: string) => void,
): Promise<SimulationResult> {
  const world = new World(seed, narrate);
  const random = world.random('shape');
  const shape = drawShape(random);
  world.note(`shape ${JSON.stringify(shape)}`);
  if (shape.unequalWeights) world.count('unequal weights');
  const trouble: Finding[] = [];
  const onTrouble = (message: string): void => {
    if (identities.expects(message)) return;
    trouble.push({ checker: 'trouble', key: '', message });
  };
  const network = new SimulatedNetwork(world, shape.frameBytesMax);
  network.onThrow = (node, reason) => onTrouble(`${node} could not take a frame: ${reason}`);
  const recorder = new HistoryRecorder();
  const nodes = drawNodes(random, shape);
  const apiLimits = drawApiLimits(random, shape);
  const connectionLimits = drawConnectionLimits(world.random('limits of connections'));
  const hasAnyDiskLost = (): boolean => nemesis.disks.lastDamage >= 0;
  const machines = nodes.map(
    (node): Machine =>
      new Machine({
        ...{ world, network, node, apiLimits, connectionLimits, hasAnyDiskLost, onTrouble },
        onBegun: (name) => connections.begun(name),
        ...mintsOf(recorder, world, () => ({ operations, connections, namespaces })),
      }),
  );
  const replicaCount = Math.min(shape.replicaCount, shape.nodes);
  const log = new SettingsLog({ ...nodes[0]?.consistency });
  const settings = new SettingsClient({ world, log, onTrouble, isBold: shape.boldSettings });
  const nemesis = new Nemesis({
    ...{ world, network, machines, replicaCount, settings, pace: shape.pace },
  });
  const identities = new IdentityNemesis({
    ...{ world, network, machines, nodes, apiLimits, onTrouble },
  });
  for (const machine of machines) machine.onStarted = () => void settings.read(machine, false);
  const witness = new Witness(world, network, machines, shape.tight);
  const asking = new Asking({ world, onTrouble });
  const spread = spreadKeys(world.random('namespaces of the workload'), shape.keys);
  const namespaces = new WorkloadNamespaces({ settings: log, ...spread });
  const asked = { world, machines, recorder, asking, namespaces };
  const seen = { ...asked, witness, replicaCount, onTrouble };
  const client = new KvClient({
    ...{ ...seen, oneZone: shape.zones === 1 },
    onAcknowledged: (machine) => nemesis.acknowledged(machine),
  });
  const lists = new ListClient(seen);
  const more = { ...seen, hasAnyDiskLost, pace: shape.pace };
  const life = new NamespaceLife(more);
  const others = new NamespaceClient(more);
  const operations = new OperationClient(more);
  const connections = new ConnectionClient({ ...more, ...shape, limits: connectionLimits });
  const workload = new Workload({ ...asked, client, lists, ...shape });
  const allClients = [workload, life, others, operations, connections];
  const arranged = new ArrangedHistories({ ...seen, network, client, workload, nemesis });
  const ownersOf = (key: string): string[] => ownersAt(machines, key);
  const isJudged = (key: string): boolean =>
    nemesis.areClocksSane && ownersOf(key).some((id) => !nemesis.isWild(id));
  const finals: FinalState[] = [];
  /** Nodes that must not run come first, while clients are served and nothing else is wrong. */
  const begin = async () => {
    const areThere = identities.founded();
    await arranged.run();
    const clients = Promise.all(allClients.map((one) => one.run()));
    if (areThere) await identities.run();
    return { faults: nemesis.run(), clients };
  };
  const course = async (): Promise<void> => {
    nemesis.prepare();
    await identities.misfound();
    await foundCluster(world, random, machines);
    await life.found();
    const { faults, clients } = await begin();
    await world.wait(shape.faultMilliseconds, 'calm begins');
    nemesis.stop();
    for (const one of allClients) one.stop();
    nemesis.calm();
    await Promise.all([faults, clients]);
    // A fault that was under way has ended; nothing new has begun.
    nemesis.calm();
    const end = { ...seen, random, workload, lists, settings, isJudged };
    finals.push(...(await observeEnd(end, namespaces.keys)));
    life.lookLast();
    await others.lookLast();
    await operations.settle();
  };
  await world.runUntil(course());
  const end = { world, recorder, nemesis, replicaCount, ownersOf, isJudged };
  const noted = [recorder, log, others, operations, connections].flatMap((one) => one.findings());
  const findings = [...trouble, ...noted, ...judgedAt(end, finals)];
  for (const { checker, key, message } of findings) world.note(`! ${checker} ${key} ${message}`);
  for (const one of [...machines, identities]) one.release();
  return {
    ...{ seed, findings, digest: world.digest, counters: world.counters },
    ...{ events: world.eventCount, virtualMilliseconds: world.now },
  };
}

interface End {
  readonly world: World;
  readonly recorder: HistoryRecorder;
  readonly nemesis: Nemesis;
  readonly replicaCount: number;
  readonly ownersOf: (key: string) => string[];
  readonly isJudged: (key: string) => boolean;
}

/** What the checkers say of the history of the main workload. */
function judgedAt(
  { world, recorder, nemesis, replicaCount, ownersOf, isJudged }: End,
  finals: readonly FinalState[],
): Finding[] {
  const circumstances: Circumstances = {
    replicaCount,
    mayBeLost: (holding) => nemesis.disks.log.mayBeLost(holding, ownersOf(holding.key)),
    isJudged,
    expiryTolerance: nemesis.areClocksSane
      ? EXPIRY_TOLERANCE_MILLISECONDS
      : Number.POSITIVE_INFINITY,
  };
  const history = recorder.history(circumstances, finals);
  countJudged(world, history);
  const findings = checkHistory(history);
  world.count('order of a key not decided', findings.filter(isUndecided).length);
  return findings.filter((finding) => {
    const { checker, key } = finding;
    // Rare, and only of long histories; the table of visits says how often.
    if (isUndecided(finding)) return false;
    // The history does not know of these keys; a list shows them all the same.
    if (OperationClient.owns(placeOf(key))) return false;
    return key !== nemesis.disks.vanishedKey || !UNNOTICED.has(checker);
  });
}

/** The primaries of a key. */
function ownersAt(machines: readonly Machine[], key: string): string[] {
  const { node } = machines.find((machine) => machine.node !== undefined) ?? {};
  return node === undefined ? [] : locate(node, key).primaries.map((row) => row.node);
}

/** Operations, and the namespaces of others, have histories of their own. */
function mintsOf(
  recorder: HistoryRecorder,
  world: World,
  clients: () => {
    readonly operations: OperationClient;
    readonly connections: ConnectionClient;
    readonly namespaces: WorkloadNamespaces;
  },
): Pick<MachineOptions, 'onMint' | 'onClaim' | 'onChosen'> {
  const isOurs = (at: RecordKey): boolean =>
    clients().namespaces.owns(at.namespace) && !OperationClient.owns(at);
  return {
    onMint: (at, intent, realised) => {
      if (OperationClient.owns(at)) clients().operations.minted(at, realised);
      else if (ConnectionClient.owns(at)) clients().connections.minted(intent);
      else if (isOurs(at)) recorder.minted(at, intent, realised, world.now);
    },
    onClaim: (at, of, claimed) => {
      if (isOurs(at)) recorder.took(at, of, claimed, world.now);
    },
    onChosen: (at, state, held) => {
      if (OperationClient.owns(at)) clients().operations.chosen(at, state, held);
      else if (isOurs(at)) recorder.chosen(at, state, world.now);
    },
  };
}

function countJudged(world: World, history: History): void {
  for (const kind of conflictsLeft(history)) world.count(`key left in conflict: ${kind}`);
  world.count('key judged in one order', history.orders?.length ?? 0);
  world.count('stale read at a weak level', countAllowedStaleReads(history));
  world.count('write missed within a bound', countAllowedStaleness(history));
  const { newThenOld, effectBeforeCause } = countAllowedAnomalies(history);
  world.count('new value, then old, at a weak level', newThenOld);
  world.count('effect before its cause at a weak level', effectBeforeCause);
  const { own, causal } = countSessionSteps(history);
  world.count('request of a session that had seen something of the key', own);
  world.count('request that knew of the key by others alone', causal);
}

/**
 * In half of the seeds: keys with the same names in two or three namespaces.
 * @param all as many as the seed wants
 */
function spreadKeys(
  random: SeededRandom,
  all: readonly string[],
): Pick<WorkloadNamespacesOptions, 'keys' | 'others'> {
  if (random.chance(0.5)) return { keys: all, others: new Map() };
  const names = ['blue', 'green'].slice(0, random.pick([1, 2]));
  const some = (share: number): string[] => {
    return all.filter((_, i) => i === 0 || random.chance(share));
  };
  return { keys: some(0.6), others: new Map(names.map((name) => [name, some(0.3)])) };
}

/** Every founder must be there once. */
export async function foundCluster(
  world: World,
  random: SeededRandom,
  machines: readonly Machine[],
): Promise<void> {
  for (const machine of random.shuffle(machines)) {
    machine.start();
    await world.wait(random.between(0, 100), 'founding');
  }
  while (!machines.every(({ node }) => node?.cluster.readiness(undefined).ready === true)) {
    await world.wait(20, 'founding');
  }
}
