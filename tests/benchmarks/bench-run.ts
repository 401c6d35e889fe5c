/** One run: starts what its rows need, measures in interleaved rounds, stops everything. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fill, hangUp } from './ask.js';
import { machine } from './machine.js';
import type { Measured } from './measure.js';
import { measure } from './measure.js';
import type { BenchOptions } from './options.js';
import type { Results } from './report.js';
import type { Row, SystemKind } from './rows.js';
import { ROWS } from './rows.js';
import type { System } from './system.js';
import { workOf } from './system.js';
import { startBare } from './systems/bare.js';
import { startEtcd } from './systems/etcd.js';
import { startQuorate } from './systems/quorate.js';
import { isInstalled, missing } from './tools.js';

const ONE_NODE_PORT = 28_090;
const CLUSTER_PORT = 28_100;
const WARM_UP_SECONDS = 2;

export class BenchRun {
  readonly #options: BenchOptions;
  readonly #directory: string;
  readonly #rows: readonly Row[];
  readonly #systems = new Map<SystemKind, System>();
  /** Why a system does not run. */
  readonly #absent = new Map<SystemKind, string>();
  readonly #measured = new Map<Row, Measured[]>();

  constructor(options: BenchOptions) {
    this.#options = options;
    mkdirSync(options.dataDir, { recursive: true });
    this.#directory = mkdtempSync(join(options.dataDir, 'run-'));
    this.#rows = ROWS.filter(({ usedBy }) => usedBy.some((id) => options.experiments.includes(id)));
  }

  /** @throws Error where an answer is wrong, or a system does not start */
  async run(): Promise<Results> {
    const where = machine(this.#directory);
    await this.#startAll();
    const live = this.#rows.filter(({ system }) => this.#systems.has(system));
    for (const row of live) await this.#measure(row, 'warm-up', WARM_UP_SECONDS);
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
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #startAll(): Promise<void> {
    const dataDir = this.#directory;
    const wanted = (kind: SystemKind): boolean => this.#rows.some(({ system }) => system === kind);
    const start = async (kind: SystemKind, started: Promise<System>): Promise<void> => {
      const system = await started;
      this.#systems.set(kind, system);
      console.error(`${system.name} ${system.version}: ${system.endpoints.join(' ')}`);
      await fill(system, 'filled');
    };
    if (wanted('one node')) {
      await start('one node', startQuorate({ nodes: 1, basePort: ONE_NODE_PORT, dataDir }));
    }
    if (wanted('cluster')) {
      await start('cluster', startQuorate({ nodes: 3, basePort: CLUSTER_PORT, dataDir }));
    }
    const like = this.#systems.get('cluster') ?? this.#systems.get('one node');
    if (wanted('bare') && like !== undefined) await start('bare', startBare(like));
    if (wanted('etcd') && isInstalled('etcd')) await start('etcd', startEtcd(dataDir));
    else if (wanted('etcd')) this.#absent.set('etcd', missing('etcd'));
  }

  #measure(row: Row, stamp: string, seconds: number): Promise<Measured> {
    const system = this.#systems.get(row.system);
    if (system === undefined) throw new Error(`${row.system} does not run`);
    const { connections, generators } = row;
    const work = workOf(system, row.work);
    const directory = this.#directory;
    return measure({ system, work, connections, generators, seconds, stamp, directory });
  }
}
