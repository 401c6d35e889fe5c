/** One run: starts what its rows need, measures in interleaved rounds, stops everything. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from '../integration/real-cluster.js';
import { fill, hangUp } from './ask.js';
import { FACTS } from './facts.js';
import { machine } from './machine.js';
import type { Measured } from './measure.js';
import { measure, metered } from './measure.js';
import type { BenchOptions } from './options.js';
import type { Fact, Results } from './report.js';
import type { Row, SystemKind } from './rows.js';
import { ROWS } from './rows.js';
import type { System } from './system.js';
import { workOf } from './system.js';
import { startBare } from './systems/bare.js';
import { startEtcd } from './systems/etcd.js';
import { startParts } from './systems/parts.js';
import { startQuorate } from './systems/quorate.js';
import { startRedis } from './systems/redis.js';
import { startSketch } from './systems/sketch.js';
import { isInstalled, missing } from './tools.js';

/** How each is started; where it needs a tool that npm does not bring, which. */
const SYSTEMS: readonly {
  readonly kind: SystemKind;
  readonly tool?: string;
  readonly start: (dataDir: string) => Promise<System>;
}[] = [
  { kind: 'one node', start: (dataDir) => startQuorate({ nodes: 1, dataDir }) },
  { kind: 'cluster', start: (dataDir) => startQuorate({ nodes: 3, dataDir }) },
  { kind: 'two nodes', start: (dataDir) => startQuorate({ nodes: 2, replicas: 1, dataDir }) },
  { kind: 'three nodes', start: (dataDir) => startQuorate({ nodes: 3, replicas: 1, dataDir }) },
  { kind: 'five nodes', start: (dataDir) => startQuorate({ nodes: 5, replicas: 1, dataDir }) },
  { kind: 'sketch', start: startSketch },
  { kind: 'etcd', tool: 'etcd', start: startEtcd },
  { kind: 'redis', tool: 'redis-server', start: startRedis },
  { kind: 'parts', start: startParts },
];

export class BenchRun {
  readonly #options: BenchOptions;
  readonly #directory: string;
  readonly #rows: readonly Row[];
  readonly #systems = new Map<SystemKind, System>();
  /** Why a system does not run. */
  readonly #absent = new Map<SystemKind, string>();
  readonly #measured = new Map<Row, Measured[]>();
  readonly #ends: (() => unknown)[] = [];
  /** By row, as it was measured last. */
  readonly #throughput = new Map<string, number>();

  constructor(options: BenchOptions) {
    this.#options = options;
    mkdirSync(options.dataDir, { recursive: true });
    this.#directory = mkdtempSync(join(options.dataDir, 'run-'));
    const { experiments, isQuick } = options;
    this.#rows = ROWS.filter(
      ({ usedBy, fullOnly = false }) =>
        usedBy.some((id) => experiments.includes(id)) && !(isQuick && fullOnly),
    );
  }

  /** @throws Error where an answer is wrong, or a system does not start */
  async run(): Promise<Results> {
    const where = machine(this.#directory);
    await this.#startAll();
    const live = this.#rows.filter(({ system }) => this.#systems.has(system));
    for (const row of live) await this.#measure(row, 'warm-up', this.#options.warmUpSeconds);
    for (let round = 1; round <= this.#options.rounds; round += 1) {
      console.error(`round ${round} of ${this.#options.rounds}`);
      // There and back again, so that nobody always comes first.
      for (const row of round % 2 === 1 ? live : live.toReversed()) {
        const measured = await this.#measure(row, `round-${round}`, this.#options.seconds);
        this.#measured.set(row, [...(this.#measured.get(row) ?? []), measured]);
      }
    }
    const systems = [...this.#systems.values()];
    return {
      options: this.#options,
      machine: where,
      systems: systems.map(({ name, version, synced }) => ({ name, version, synced })),
      facts: await this.#facts(),
      rows: this.#rows.map((row) => ({
        row,
        systemName: this.#systems.get(row.system)?.name ?? row.system,
        rounds: this.#measured.get(row) ?? [],
        notRun: this.#absent.get(row.system),
      })),
    };
  }

  async stop(): Promise<void> {
    hangUp();
    for (const system of [...this.#systems.values()].reverse()) await system.stop();
    this.#systems.clear();
    for (const end of this.#ends.splice(0).reverse()) await end();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #startAll(): Promise<void> {
    const wanted = (kind: SystemKind): boolean => this.#rows.some(({ system }) => system === kind);
    for (const { kind, tool, start } of SYSTEMS.filter(({ kind }) => wanted(kind))) {
      if (tool === undefined || isInstalled(tool)) await this.#start(kind, start(this.#directory));
      else this.#absent.set(kind, missing(tool));
    }
    // Answers what they answer.
    const like = this.#systems.get('cluster') ?? this.#systems.get('one node');
    if (wanted('bare') && like !== undefined) await this.#start('bare', startBare(like));
  }

  async #start(kind: SystemKind, started: Promise<System>): Promise<void> {
    const system = await started;
    this.#systems.set(kind, system);
    console.error(`${system.name} ${system.version}: ${system.endpoints.join(' ')}`);
    await fill(system, 'filled');
  }

  async #measure(row: Row, stamp: string, seconds: number): Promise<Measured> {
    const system = this.#systems.get(row.system);
    if (system === undefined) throw new Error(`${row.system} does not run`);
    const { connections, generators, near = false } = row;
    const ownLoad = system.ownLoads?.get(row.work);
    if (ownLoad !== undefined) {
      return (await metered(system, () => ownLoad(connections, seconds))).measured;
    }
    const work = workOf(system, row.work);
    const perSecond = this.#paceOf(row);
    const measured = await measure({
      ...{ system, work, connections, generators, seconds, stamp, near },
      ...(perSecond === undefined ? {} : { perSecond }),
      directory: this.#directory,
    });
    this.#throughput.set(row.id, measured.operationsPerSecond);
    return measured;
  }

  /** What is no row: measured once, after the rounds, while the systems idle. */
  async #facts(): Promise<readonly Fact[]> {
    const { experiments, isQuick } = this.#options;
    const owner: Owner = { teardown: (end) => this.#ends.push(end) };
    const facts: Fact[] = [];
    for (const { experiment, measure } of FACTS) {
      if (!experiments.includes(experiment)) continue;
      console.error(`${experiment}, once`);
      const owned = { isQuick, etcd: this.#systems.get('etcd'), owner };
      facts.push(...(await measure(owned)));
    }
    return facts;
  }

  #paceOf({ id, pace }: Row): number | undefined {
    if (pace === undefined) return undefined;
    const throughput = this.#throughput.get(pace.of);
    if (throughput === undefined) throw new Error(`${id} needs ${pace.of} first`);
    return throughput * pace.share;
  }
}
