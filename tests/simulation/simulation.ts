/** One simulation: a cluster of production nodes, a phase of faults, a calm, and the judgement. */
import type { FinalState, Finding } from '../../lib/checkers/history.js';
import { checkHistory } from '../../lib/checkers/check-history.js';
import type { NodeOptions } from '../../lib/node.js';
import { HistoryRecorder } from './history-recorder.js';
import { Machine } from './machine.js';
import { Nemesis } from './nemesis.js';
import type { SeededRandom } from './seeded-random.js';
import { SimulatedNetwork } from './simulated-network.js';
import { observeEnd } from './end-state.js';
import { Workload } from './workload.js';
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

/** What the seed makes of the cluster. */
interface Shape {
  readonly nodes: number;
  readonly replicaCount: number;
  readonly partitionCount: number;
  readonly zones: number;
  readonly keys: readonly string[];
  readonly clients: number;
  readonly faultMilliseconds: number;
}

/** @param narrate is told everything that happens, line by line */
export async function simulate(
  seed: number,
  narrate?: (line: string) => void,
): Promise<SimulationResult> {
  const world = new World(seed, narrate);
  const random = world.random('shape');
  const shape = drawShape(random);
  world.note(`shape ${JSON.stringify(shape)}`);
  const trouble: Finding[] = [];
  const onTrouble = (message: string): void => {
    trouble.push({ checker: 'trouble', key: '', message });
  };
  const network = new SimulatedNetwork(world);
  network.onThrow = (node, reason) => onTrouble(`${node} could not take a frame: ${reason}`);
  const recorder = new HistoryRecorder();
  const machines = drawNodes(random, shape).map(
    (node) =>
      new Machine({
        ...{ world, network, node, onTrouble },
        onMint: (at, intent, realised) => recorder.minted(at, intent, realised),
      }),
  );
  const replicaCount = Math.min(shape.replicaCount, shape.nodes);
  const nemesis = new Nemesis({ world, network, machines });
  const workload = new Workload({
    ...{ world, machines, recorder, replicaCount, onTrouble },
    onAcknowledged: (machine) => nemesis.acknowledged(machine),
    keys: shape.keys,
    clients: shape.clients,
    oneZone: shape.zones === 1,
  });
  const finals: FinalState[] = [];
  const life = async (): Promise<void> => {
    nemesis.prepare();
    await foundCluster(world, random, machines);
    const faults = nemesis.run();
    const clients = workload.run();
    await world.wait(shape.faultMilliseconds, 'calm begins');
    nemesis.stop();
    workload.stop();
    nemesis.calm();
    await Promise.all([faults, clients]);
    // A fault that was under way has ended; nothing new has begun.
    nemesis.calm();
    const lostNothing = nemesis.sparedAll && !world.counters.has('log a hint could not be held');
    const end = { world, random, machines, workload, onTrouble, lostNothing };
    finals.push(...(await observeEnd(end, shape.keys)));
  };
  await world.runUntil(life());
  const history = recorder.history(replicaCount, finals);
  const findings = [...trouble, ...recorder.findings(), ...checkHistory(history)];
  for (const { checker, key, message } of findings) world.note(`! ${checker} ${key} ${message}`);
  return {
    ...{ seed, findings, digest: world.digest, counters: world.counters },
    events: world.eventCount,
    virtualMilliseconds: world.now,
  };
}

function drawShape(random: SeededRandom): Shape {
  const nodes = random.pick([3, 3, 4, 5, 5]);
  return {
    nodes,
    replicaCount: random.pick([3, 3, 3, 2]),
    partitionCount: random.pick([1, 4, 8]),
    zones: random.pick([1, 1, 2, 3]),
    keys: ['k1', 'k2', 'k3'].slice(0, 1 + random.below(3)),
    clients: 2 + random.below(4),
    faultMilliseconds: random.between(3000, 9000),
  };
}

function drawNodes(random: SeededRandom, shape: Shape): NodeOptions[] {
  const founders = Array.from({ length: shape.nodes }, (_, i) => ({
    id: `n${i + 1}`,
    address: `10.0.0.${i + 1}:9090`,
    zone: `z${i % shape.zones}`,
    weight: 1,
  }));
  const heartbeatIntervalMilliseconds = random.pick([50, 100, 200]);
  const consistency = {
    default_level: 'quorum',
    default_write_level: 'quorum',
    read_repair_probability: random.pick([0, 0.1, 1]),
    blind_writes: 'overwrite',
  } as const;
  return founders.map(({ id }) => ({
    ...{ id, founders, version: 'simulated', cluster: 'simulated' },
    partitionCount: shape.partitionCount,
    replicaCount: shape.replicaCount,
    secret: new Uint8Array(32).fill(7),
    consistency,
    limits: {
      timeoutDefaultMilliseconds: 2000,
      timeoutMaxMilliseconds: 60_000,
      keyBytesMax: 1024,
      valueBytesMax: 1_048_576,
      contextBytesMax: 65_536,
      recordBytesMax: 4_194_304,
      hedgeDelayMilliseconds: random.pick([5, 50, 500]),
      peerRequestsMax: 10_000,
      heartbeatIntervalMilliseconds,
      heartbeatsMissedSuspect: 2,
      heartbeatsMissedDead: 6,
      storageQueueBytesMax: 16_777_216,
      recordCacheBytesMax: random.pick([2000, 1_048_576]),
      clockPersistIntervalMilliseconds: random.pick([50, 1000]),
      hintsBytesMax: random.pick([3000, 1_048_576, 1_048_576]),
      hintsTargetBytesMax: 1_048_576,
      hintAgeMaxMilliseconds: random.pick([500, 10_800_000]),
      hintBatchSize: random.pick([1, 16]),
      hintBatchBytesMax: 65_536,
      hintsPerSecondMax: random.pick([200, 100_000]),
      hintRetryIntervalMilliseconds: random.pick([100, 1000]),
      backgroundConcurrency: 16,
    },
  }));
}

/** Every founder must be there once. */
async function foundCluster(
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
