/** One simulation: a cluster of production nodes, a phase of faults, a calm, and the judgement. */
import type { FinalState, Finding, History } from '../../lib/checkers/history.js';
import { countAllowedStaleReads } from '../../lib/checkers/check-stale-reads.js';
import { countAllowedStaleness } from '../../lib/checkers/check-staleness.js';
import { countSessionSteps } from '../../lib/checkers/check-sessions.js';
import { conflictsLeft } from './conflicts-left.js';
import { checkHistory } from '../../lib/checkers/check-history.js';
import type { ApiLimits } from '../../lib/api/api-world.js';
import type { NodeOptions } from '../../lib/node-options.js';
import { DEFAULT_NAMESPACE } from '../../lib/partitioning/namespace.js';
import type { RecordKey } from '../../lib/persistence/keyspace.js';
import type { CustomSibling, CustomValue } from '../../lib/resolution/custom.js';
import { STRATEGY_NAMES } from '../../lib/resolution/strategies.js';
import { type Circumstances, HistoryRecorder } from './history-recorder.js';
import { IdentityNemesis } from './identity-nemesis.js';
import { Machine, type MachineOptions } from './machine.js';
import { ListClient } from './list-client.js';
import { NamespaceClient } from './namespace-client.js';
import { OperationClient } from './operation-client.js';
import { KvClient } from './kv-client.js';
import { Nemesis } from './nemesis.js';
import { SettingsClient } from './settings-client.js';
import { SettingsLog } from './settings-log.js';
import type { SeededRandom } from './seeded-random.js';
import { SimulatedNetwork } from './simulated-network.js';
import { observeEnd } from './end-state.js';
import { Witness } from './witness.js';
import { Workload, type WorkloadOptions } from './workload.js';
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

/** One seed in so many takes its time. */
const SLOW_SEEDS = 25;

/** What the seed makes of the cluster. */
export interface Shape {
  readonly nodes: number;
  readonly replicaCount: number;
  readonly partitionCount: number;
  readonly zones: number;
  readonly keys: readonly string[];
  readonly clients: number;
  readonly faultMilliseconds: number;
  /** Everything takes longer: for pauses of minutes. */
  readonly pace: number;
  /** Do some nodes own more than others? */
  readonly unequalWeights: boolean;
  readonly valueShape: WorkloadOptions['valueShape'];
  /** Are fields of the settings changed that decide what a read or a write is to do? */
  readonly boldSettings: boolean;
  /** Of a peer frame; some values are a quarter of it. */
  readonly frameBytesMax: number;
  readonly largeValueBytes: number;
  /** Are there so few requests at once, and so few bytes that wait, that some are refused? */
  readonly tight: boolean;
}

/** Where nothing of the clients is of interest. */
export const PLAIN_SHAPE = {
  valueShape: 'text',
  ...{ unequalWeights: false, boldSettings: false, tight: false },
  ...{ frameBytesMax: 262_144, largeValueBytes: 0 },
} as const;

/** Clocks that agree so far are sane. */
const CLOCK_SKEW_MAX_MILLISECONDS = 400;
/** Two sane clocks may be on either side of the median, and estimates of it are not exact. */
const EXPIRY_TOLERANCE_MILLISECONDS = 2.5 * CLOCK_SKEW_MAX_MILLISECONDS;
/** Whatever a node does not know that it has lost, it may not know when it is asked. */
const UNNOTICED: ReadonlySet<string> = new Set([
  ...['stale reads', 'blind writes', 'sessions', 'causality', 'lists', 'staleness'],
]);

/** @param narrate is told everything that happens, line by line */
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
  const hasAnyDiskLost = (): boolean => nemesis.disks.lastDamage >= 0;
  const machines = nodes.map(
    (node): Machine =>
      new Machine({
        ...{ world, network, node, apiLimits, hasAnyDiskLost, onTrouble },
        ...mintsOf(recorder, world, () => operations),
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
  const seen = { world, machines, recorder, witness, replicaCount, onTrouble };
  const client = new KvClient({
    ...{ ...seen, settings: log, oneZone: shape.zones === 1 },
    onAcknowledged: (machine) => nemesis.acknowledged(machine),
  });
  const lists = new ListClient(seen);
  const namespaces = new NamespaceClient({ ...seen, client, hasAnyDiskLost, pace: shape.pace });
  const operations = new OperationClient({ ...seen, client, hasAnyDiskLost, pace: shape.pace });
  const workload = new Workload({ world, machines, recorder, client, lists, ...shape });
  const ownersOf = (key: string): string[] => ownersAt(machines, key);
  const isJudged = (key: string): boolean =>
    nemesis.areClocksSane && ownersOf(key).some((id) => !nemesis.isWild(id));
  const finals: FinalState[] = [];
  /** Nodes that must not run come first, while clients are served and nothing else is wrong. */
  const begin = async () => {
    const areThere = identities.founded();
    const clients = Promise.all([workload.run(), namespaces.run(), operations.run()]);
    if (areThere) await identities.run();
    return { faults: nemesis.run(), clients };
  };
  const life = async (): Promise<void> => {
    nemesis.prepare();
    await identities.misfound();
    await foundCluster(world, random, machines);
    const { faults, clients } = await begin();
    await world.wait(shape.faultMilliseconds, 'calm begins');
    nemesis.stop();
    workload.stop();
    namespaces.stop();
    operations.stop();
    nemesis.calm();
    await Promise.all([faults, clients]);
    // A fault that was under way has ended; nothing new has begun.
    nemesis.calm();
    const end = { world, random, machines, workload, client, lists, settings, onTrouble, isJudged };
    finals.push(...(await observeEnd(end, shape.keys)));
    await namespaces.lookLast();
    await operations.settle();
  };
  await world.runUntil(life());
  const end = { world, recorder, nemesis, replicaCount, ownersOf, isJudged };
  const noted = [recorder, log, namespaces, operations].flatMap((one) => one.findings());
  const findings = [...trouble, ...noted, ...judgedAt(end, finals)];
  for (const { checker, key, message } of findings) world.note(`! ${checker} ${key} ${message}`);
  for (const one of [...machines, identities]) one.release();
  return {
    ...{ seed, findings, digest: world.digest, counters: world.counters },
    events: world.eventCount,
    virtualMilliseconds: world.now,
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

/** What the checkers say of the history of the default namespace. */
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
  return checkHistory(history).filter(({ checker, key }) => {
    // The history does not know of these keys; a list shows them all the same.
    if (OperationClient.owns({ namespace: DEFAULT_NAMESPACE, key })) return false;
    return key !== nemesis.disks.vanishedKey || !UNNOTICED.has(checker);
  });
}

/** The primaries of a key of the default namespace. */
function ownersAt(machines: readonly Machine[], key: string): string[] {
  const { node } = machines.find((machine) => machine.node !== undefined) ?? {};
  return (node?.cluster.locate(DEFAULT_NAMESPACE, key).primaries ?? []).map((row) => row.node);
}

/** Namespaces and operations have histories of their own. */
function mintsOf(
  recorder: HistoryRecorder,
  world: World,
  operations: () => OperationClient,
): Pick<MachineOptions, 'onMint' | 'onClaim' | 'onChosen'> {
  const isDefault = ({ namespace }: RecordKey): boolean => namespace === DEFAULT_NAMESPACE;
  return {
    onMint: (at, intent, realised) => {
      if (OperationClient.owns(at)) operations().minted(at, realised);
      else if (isDefault(at)) recorder.minted(at, intent, realised, world.now);
    },
    onClaim: (at, of, claimed) => {
      if (isDefault(at) && !OperationClient.owns(at)) recorder.took(at, of, claimed, world.now);
    },
    onChosen: (at, state, held) => {
      if (OperationClient.owns(at)) operations().chosen(at, state, held);
      else if (isDefault(at)) recorder.chosen(at, state, world.now);
    },
  };
}

function countJudged(world: World, history: History): void {
  for (const kind of conflictsLeft(history)) world.count(`key left in conflict: ${kind}`);
  world.count('key judged in one order', history.orders?.length ?? 0);
  world.count('stale read at a weak level', countAllowedStaleReads(history));
  world.count('write missed within a bound', countAllowedStaleness(history));
  const { own, causal } = countSessionSteps(history);
  world.count('request of a session that had seen something of the key', own);
  world.count('request that knew of the key by others alone', causal);
}

function drawShape(random: SeededRandom): Shape {
  const pace = random.below(SLOW_SEEDS) === 0 ? 20 : 1;
  const keys = random.pick([1, 1, 2, 3, 3, 3, 10, 40]);
  const size = random.pick(SIZES);
  return {
    nodes: random.pick([3, 3, 3, 3, 4, 5, 5, 5, 6, 7, 9]),
    replicaCount: random.pick([3, 3, 3, 3, 3, 2, 1, 4, 5]),
    partitionCount: random.pick([1, 4, 8, 16]),
    zones: random.pick([1, 1, 2, 3]),
    keys: Array.from({ length: keys }, (_, i) => `k${i + 1}`),
    clients: 2 + random.below(4),
    faultMilliseconds: random.between(3000, 9000) * pace,
    pace,
    unequalWeights: random.chance(0.2),
    valueShape: random.pick(['text', 'text', 'mixed', 'mixed', 'array', 'object', 'number']),
    boldSettings: random.chance(0.3),
    ...size,
    tight: random.chance(0.15),
  };
}

/** Most values are small; some are so large that few of them fill a frame, be it a smaller one. */
const SIZES: readonly Pick<Shape, 'frameBytesMax' | 'largeValueBytes'>[] = [
  ...Array.from({ length: 13 }, () => ({ frameBytesMax: 262_144, largeValueBytes: 0 })),
  { frameBytesMax: 32_768, largeValueBytes: 8000 },
  { frameBytesMax: 32_768, largeValueBytes: 2000 },
  { frameBytesMax: 400_000, largeValueBytes: 90_000 },
];

export function drawApiLimits(random: SeededRandom, { tight, largeValueBytes }: Shape): ApiLimits {
  return {
    valueBytesMax: 1_048_576,
    contextBytesMax: 65_536,
    timeoutDefaultMilliseconds: 2000,
    timeoutMaxMilliseconds: 60_000,
    batchBytesMax: tight ? random.pick([1000, 8_388_608]) : 8_388_608,
    answerBytesInFlightMax: 67_108_864,
    controlInFlightMax: 16,
    requestsInFlightMax: tight ? random.pick([1, 2, 64]) : 64,
    requestBytesInFlightMax: tight
      ? random.pick([1500 + 2 * largeValueBytes, 8_388_608])
      : 8_388_608,
  };
}

export function drawNodes(random: SeededRandom, shape: Shape): NodeOptions[] {
  const founders = Array.from({ length: shape.nodes }, (_, i) => ({
    id: `n${i + 1}`,
    address: `n${i + 1}:9090`,
    zone: `z${i % shape.zones}`,
    weight: shape.unequalWeights ? random.pick([1, 1, 2, 3]) : 1,
  }));
  // Every node asks every other one: many nodes do so less often.
  const slowness = (shape.pace > 1 ? 5 : 1) * (shape.nodes > 5 ? 2 : 1);
  const heartbeatIntervalMilliseconds = random.pick([100, 200, 400]) * slowness;
  const consistency = {
    default_level: 'quorum',
    default_write_level: 'quorum',
    read_repair_probability: random.pick([0, 0.1, 1]),
    blind_writes: random.pick(['overwrite', 'overwrite', 'overwrite', 'sibling'] as const),
    tombstone_retention_s: random.pick([0, 0, 1, 2, 86_400]),
    conflict_resolution: shape.boldSettings ? random.pick(STRATEGY_NAMES) : 'siblings',
    versions_kept: random.pick([0, 0, 2]),
    versions_kept_for_s: 0,
    rate_limit_max: 0,
    rate_limit_window: '1s',
  } as const;
  const { frameBytesMax, tight } = shape;
  return founders.map(({ id }) => ({
    ...{ id, founders, version: 'simulated', cluster: 'simulated' },
    partitionCount: shape.partitionCount,
    replicaCount: shape.replicaCount,
    secret: new Uint8Array(32).fill(7),
    consistency,
    customResolver: greatestText,
    sessionTokenCharactersMax: random.pick([4096, 4096, 160]),
    limits: {
      timeoutDefaultMilliseconds: 2000,
      timeoutMaxMilliseconds: 60_000,
      keyBytesMax: 1024,
      valueBytesMax: frameBytesMax / 4,
      contextBytesMax: random.pick([65_536, 65_536, 65_536, 60]),
      recordBytesMax: Math.floor(0.3 * frameBytesMax),
      hedgeDelayMilliseconds: random.pick([5, 50, 500]),
      peerRequestsMax: tight ? random.pick([20, 10_000]) : 10_000,
      heartbeatIntervalMilliseconds,
      heartbeatsMissedSuspect: 2,
      heartbeatsMissedDead: 6,
      clockSkewMaxMilliseconds: CLOCK_SKEW_MAX_MILLISECONDS,
      tombstonesMax: random.pick([0, 1000]),
      reapIntervalMilliseconds: random.pick([50, 1000]),
      reapKeysMax: random.pick([1, 1000]),
      storageQueueBytesMax: tight ? random.pick([8000, 16_777_216]) : 16_777_216,
      storageReserveBytes: 1_000_000,
      recordCacheBytesMax: random.pick([2000, 1_048_576]),
      clockPersistIntervalMilliseconds: random.pick([50, 1000]),
      hintsBytesMax: random.pick([3000, 1_048_576, 1_048_576]),
      hintsTargetBytesMax: random.pick([2000, 1_048_576, 1_048_576]),
      hintAgeMaxMilliseconds: random.pick([200, 1000, 10_800_000]),
      hintBatchSize: random.pick([1, 16]),
      hintBatchBytesMax: random.pick([1000, Math.min(65_536, frameBytesMax / 4)]),
      hintsPerSecondMax: random.pick([200, 100_000]),
      hintRetryIntervalMilliseconds: random.pick([100, 1000]),
      backgroundConcurrency: 16,
      operationRetentionMilliseconds: 86_400_000,
      customTimeMaxMilliseconds: 50,
      auditBytesMax: 100_000,
      auditRetentionMilliseconds: 600_000,
      versionsBytesMax: 100_000,
      recentDotsMax: random.pick([0, 5, 1000]),
      mintedKeysMax: random.pick([2, 1000]),
      exchangeIntervalMilliseconds: random.pick([200, 1000, 5000]),
      confirmMilliseconds: random.pick([1, 100, 500]),
      treeComparisonIntervalMilliseconds: random.pick([500, 5000]),
      scrubPeriodMilliseconds: random.pick([2000, 20_000]),
      collectIntervalMilliseconds: random.pick([100, 1000]),
      collectBatchSize: random.pick([1, 100]),
      pageBytesMax: random.pick([1024, Math.min(65_536, frameBytesMax / 4)]),
      digestLogEntriesMax: random.pick([1, 10, 100]),
    },
  }));
}

/** A function of the siblings alone, whatever their order, as it must be. */
function greatestText(siblings: readonly CustomSibling[]): CustomValue | undefined {
  const [first] = siblings.toSorted((a, b) => (a.text < b.text ? 1 : -1));
  return first && { contentType: first.contentType, value: first.bytes };
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
