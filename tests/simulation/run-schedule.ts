/** Runs a named schedule of cuts under a workload: each side is asked, and all histories judged. */
import { checkHistory } from '../../lib/checkers/check-history.js';
import type { FinalState, Finding } from '../../lib/checkers/history.js';
import { Availability, isPossible, LEVELS, REFUSED } from '../partition/availability.js';
import { observeEnd } from './end-state.js';
import { Asking } from './asking.js';
import { HistoryRecorder } from './history-recorder.js';
import { Machine } from './machine.js';
import type { Direction, Phase, Schedule, ScheduleName } from './schedules.js';
import { SCHEDULES } from './schedules.js';
import type { SeededRandom } from './seeded-random.js';
import { CALM_NETWORK } from './network-faults.js';
import { SimulatedNetwork } from './simulated-network.js';
import { drawApiLimits, drawNodes, PLAIN_SHAPE, type Shape } from './shape.js';
import { foundCluster } from './simulation.js';
import { ListClient } from './list-client.js';
import { KvClient } from './kv-client.js';
import { SettingsClient } from './settings-client.js';
import { SettingsLog } from './settings-log.js';
import { Witness } from './witness.js';
import { Workload } from './workload.js';
import { WorkloadNamespaces } from './workload-namespaces.js';
import { World } from './world.js';

export interface ScheduleResult {
  readonly findings: readonly Finding[];
  readonly availability: Availability;
  /** Tombstones that were collected from when the first cut was noticed until the last heal. */
  readonly collectedWhileCut: number;
  readonly collectedAfterwards: number;
  readonly digest: string;
}

const REPLICAS = 3;
const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'];
const SHAPE: Shape = {
  ...{ nodes: 3, replicaCount: REPLICAS, partitionCount: 16, zones: 1, keys: KEYS },
  ...{ clients: 4, faultMilliseconds: 0, pace: 1, ...PLAIN_SHAPE },
};
/** Longer than any node needs to miss all heartbeats of another. */
const NOTICED_MILLISECONDS = 6000;
/** Nothing gets lost but at a cut; so each outcome follows from the ring. */
const NETWORK = { ...CALM_NETWORK, duplication: 0.1, reorder: true, delayMean: 2 };

export class ScheduleRun {
  readonly #schedule: Schedule;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #network: SimulatedNetwork;
  readonly #machines: readonly Machine[];
  readonly #recorder = new HistoryRecorder();
  readonly #asking: Asking;
  readonly #namespaces: WorkloadNamespaces;
  readonly #lists: ListClient;
  readonly #log: SettingsLog;
  readonly #settings: SettingsClient;
  readonly #workload: Workload;
  readonly #trouble: Finding[] = [];
  readonly #availability = new Availability();
  #collectedAtCut: number | undefined;

  constructor(name: ScheduleName, seed: number, narrate?: (line: string) => void) {
    this.#schedule = SCHEDULES[name];
    const world = new World(seed, narrate);
    this.#world = world;
    world.note(`schedule ${name}`);
    this.#random = world.random('schedule');
    const onTrouble = (message: string) => this.#onTrouble(message);
    const network = new SimulatedNetwork(world);
    this.#network = network;
    network.faults = NETWORK;
    network.onThrow = (node, reason) => onTrouble(`${node} could not take a frame: ${reason}`);
    const nodes = this.#drawNodes();
    const apiLimits = drawApiLimits(this.#random, SHAPE);
    this.#machines = nodes.map(
      (node) =>
        new Machine({
          ...{ world, network, node, apiLimits, onTrouble, hasAnyDiskLost: () => false },
          onMint: (at, intent, realised) => this.#recorder.minted(at, intent, realised, world.now),
          onClaim: (at, of, claimed) => this.#recorder.took(at, of, claimed, world.now),
          onChosen: (at, state) => this.#recorder.chosen(at, state, world.now),
        }),
    );
    const common = { world, machines: this.#machines, recorder: this.#recorder };
    this.#log = new SettingsLog({ ...nodes[0]?.consistency });
    this.#settings = new SettingsClient({ world, log: this.#log, onTrouble, isBold: false });
    const witness = new Witness(world, network, this.#machines, false);
    const asking = new Asking({ world, onTrouble });
    const of = { settings: this.#log, keys: KEYS, others: new Map<string, string[]>() };
    const namespaces = new WorkloadNamespaces(of);
    const asked = { asking, namespaces, onTrouble };
    const seen = { ...common, ...asked, witness, replicaCount: REPLICAS };
    const lists = new ListClient(seen);
    const client = new KvClient({ ...seen, oneZone: true, onAcknowledged: () => undefined });
    this.#workload = new Workload({ ...common, ...SHAPE, ...asked, client, lists });
    this.#asking = asking;
    this.#namespaces = namespaces;
    this.#lists = lists;
  }

  async run(): Promise<ScheduleResult> {
    const finals: FinalState[] = [];
    // All clocks are right here.
    const isJudged = (): boolean => true;
    let collectedAtHeal = 0;
    const life = async (): Promise<void> => {
      await foundCluster(this.#world, this.#random, this.#machines);
      const clients = this.#workload.run();
      await this.#wait(1000);
      for (const phase of this.#schedule.phases) await this.#live(phase);
      // Whatever the clients do, one tombstone is there that the replica away has not seen.
      await this.#delete('gone');
      collectedAtHeal = this.#collected;
      this.#workload.stop();
      this.#network.healAll();
      await clients;
      finals.push(...(await observeEnd({ ...this.#ended(), isJudged }, KEYS)));
    };
    await this.#world.runUntil(life());
    const circumstances = {
      ...{ replicaCount: REPLICAS, mayBeLost: () => false },
      ...{ isJudged, expiryTolerance: Number.POSITIVE_INFINITY },
    };
    const history = this.#recorder.history(circumstances, finals);
    const observed = [...this.#recorder.findings(), ...this.#log.findings()];
    const judged = [...observed, ...checkHistory(history)];
    return {
      findings: [...this.#trouble, ...judged],
      availability: this.#availability,
      collectedWhileCut: collectedAtHeal - (this.#collectedAtCut ?? collectedAtHeal),
      collectedAfterwards: this.#collected - collectedAtHeal,
      digest: this.#world.digest,
    };
  }

  async #delete(key: string): Promise<void> {
    const [machine] = this.#machines;
    if (machine !== undefined) await this.#workload.delete(machine, key, 'quorum');
  }

  async #live({ cuts, sides, milliseconds }: Phase): Promise<void> {
    this.#network.healAll();
    for (const [from, to] of cuts) this.#network.cut(from, to);
    this.#world.note(`cut ${cuts.map((cut) => cut.join('>')).join(' ')}`);
    if (Object.keys(sides).length === 0) {
      await this.#wait(milliseconds);
      return;
    }
    await this.#wait(NOTICED_MILLISECONDS);
    this.#collectedAtCut ??= this.#collected;
    for (const [side, nodes] of Object.entries(sides)) {
      for (const id of nodes) await this.#askEverything(side, id, cuts);
    }
    await this.#wait(Math.max(0, milliseconds - NOTICED_MILLISECONDS));
  }

  async #askEverything(side: string, id: string, cuts: readonly Direction[]): Promise<void> {
    const machine = this.#machines.find((one) => one.id === id);
    if (machine?.node === undefined) return this.#onTrouble(`${id} does not run`);
    const reach = (from: string): string[] =>
      this.#machines.map((one) => one.id).filter((to) => from === to || isLinked(from, to, cuts));
    for (const key of KEYS) {
      const located = machine.node.cluster.locate('default', key);
      const primaries = located.primaries.map(({ node }) => node);
      for (const level of LEVELS) {
        for (const operation of level.operations) {
          const may = isPossible(level, operation, primaries, id, reach);
          const done = await this.#ask(operation, machine, key, level.name);
          this.#availability.note(side, level.name, operation, done ? 'ok' : REFUSED);
          if (may === undefined || done === may) continue;
          const where = `${id}, primaries ${primaries.join()}`;
          const what = done ? 'succeeded' : 'failed';
          this.#availability.surprises.push(`${operation} ${level.name} on ${where}: ${what}`);
        }
      }
    }
  }

  async #ask(operation: 'get' | 'put', machine: Machine, key: string, level: string) {
    const token =
      operation === 'get'
        ? await this.#workload.get(this.#random, machine, key, level)
        : await this.#workload.put(this.#random, machine, key, undefined, {
            ...{ level, fallbacks: [], timeoutMilliseconds: 4000 },
            durability: 'sync',
          });
    return token !== undefined;
  }

  #drawNodes() {
    const { nodes, limits, tombstoneRetentionSeconds } = this.#schedule;
    return drawNodes(this.#random, { ...SHAPE, nodes }).map((node) => ({
      ...node,
      consistency: {
        ...node.consistency,
        blind_writes: 'overwrite' as const,
        tombstone_retention_s: tombstoneRetentionSeconds ?? node.consistency.tombstone_retention_s,
      },
      limits: {
        ...node.limits,
        ...{ hintsBytesMax: 4_194_304, hintsTargetBytesMax: 4_194_304 },
        ...{ hintAgeMaxMilliseconds: 10_800_000, contextBytesMax: 65_536, ...limits },
      },
    }));
  }

  #ended() {
    const onTrouble = (message: string) => this.#onTrouble(message);
    const [world, random, machines] = [this.#world, this.#random, this.#machines];
    const asking = { asking: this.#asking, namespaces: this.#namespaces, lists: this.#lists };
    const answered = { workload: this.#workload, settings: this.#settings, onTrouble };
    return { world, random, machines, ...asking, ...answered };
  }

  #onTrouble(message: string): void {
    this.#trouble.push({ checker: 'trouble', key: '', message });
  }

  get #collected(): number {
    return this.#world.counters.get('tombstone collected') ?? 0;
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#world.wait(milliseconds, 'schedule');
  }
}

/** Links need both directions. */
function isLinked(one: string, other: string, cuts: readonly Direction[]): boolean {
  return !cuts.some(
    ([from, to]) => (from === one && to === other) || (from === other && to === one),
  );
}
