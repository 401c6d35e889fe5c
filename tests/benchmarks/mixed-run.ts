/** Mixed load on a local cluster, of which nodes are killed meanwhile: figures over time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../../bin/stress/latency-histogram.js';
import type { RealCluster } from '../integration/real-cluster.js';
import type { MixedTally } from './mixed-load.js';
import { judge, mixedLoad, newTally } from './mixed-load.js';
import { eventLoopDelayIn, hintsHeldIn, metricsOf } from './node-metrics.js';
import { residentBytes } from './process-figures.js';

/** When nodes are killed and brought back, as shares of the whole time. */
const EVENTS: readonly { readonly at: number; readonly id: string; readonly kill: boolean }[] = [
  { at: 0.2, id: 'n2', kill: true },
  { at: 0.35, id: 'n2', kill: false },
  { at: 0.55, id: 'n3', kill: true },
  { at: 0.7, id: 'n3', kill: false },
];
const SAMPLE_MILLISECONDS = 1000;
/** The page of metrics takes its time too: so many samples lie between two looks at it. */
const METRICS_EVERY = 5;

export interface Happening {
  readonly seconds: number;
  readonly what: string;
}

export interface NodeSample {
  readonly seconds: number;
  readonly id: string;
  /** Undefined while it is away. */
  readonly residentBytes: number | undefined;
  /** p99 since the last sample that has one, milliseconds. */
  readonly eventLoopMilliseconds: number | undefined;
  /** Undefined in samples without a look at the metrics, and while it is away. */
  readonly hintsHeld: number | undefined;
}

export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly tally: MixedTally;
}

export interface MixedFigures {
  readonly perSecond: number;
  /** Requests by the second in which they were due. */
  readonly seconds: readonly LatencyHistogram[];
  readonly phases: readonly Phase[];
  readonly happenings: readonly Happening[];
  readonly samples: readonly NodeSample[];
  /** Connections that were refused, their requests going to another node. */
  readonly refused: number;
  readonly total: MixedTally;
}

/** Requests a second in a closed loop. */
export async function limitOf(
  endpoints: readonly string[],
  keys: number,
  seconds: number,
): Promise<number> {
  let answers = 0;
  const onAnswer = ({ status }: { readonly status: number }): void => {
    if (status === 200) answers += 1;
  };
  const load = mixedLoad({ endpoints, keys, perSecond: Number.POSITIVE_INFINITY, onAnswer });
  const began = performance.now();
  await load.run(seconds);
  return (1000 * answers) / (performance.now() - began);
}

export class MixedRun {
  readonly #cluster: RealCluster;
  readonly #keys: number;
  readonly #seconds: LatencyHistogram[] = [];
  readonly #phases: Phase[] = [];
  readonly #happenings: Happening[] = [];
  readonly #samples: NodeSample[] = [];
  readonly #total = newTally();
  #startedAt = 0;
  #isOver = false;

  constructor(cluster: RealCluster, keys: number) {
    this.#cluster = cluster;
    this.#keys = keys;
  }

  async run(perSecond: number, seconds: number): Promise<MixedFigures> {
    this.#startedAt = performance.now();
    this.#begin('all up');
    const load = mixedLoad({
      ...{ endpoints: this.#cluster.announced.nodes.map(({ url }) => url), keys: this.#keys },
      perSecond,
      onAnswer: (answered) => {
        judge(this.#total, answered, this.#keys);
        const phase = this.#phases.at(-1);
        if (phase !== undefined) judge(phase.tally, answered, this.#keys);
        const second = Math.floor((answered.due - this.#startedAt) / 1000);
        this.#seconds[second] ??= new LatencyHistogram();
        this.#seconds[second].record(answered.milliseconds);
      },
    });
    const running = load.run(seconds).finally(() => {
      this.#isOver = true;
    });
    await Promise.all([running, this.#disturb(seconds), this.#sample()]);
    return {
      ...{ perSecond, seconds: this.#seconds, phases: this.#phases, samples: this.#samples },
      ...{ happenings: this.#happenings, refused: load.refused, total: this.#total },
    };
  }

  get #elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  #begin(name: string): void {
    this.#phases.push({ name, from: this.#elapsedSeconds, tally: newTally() });
  }

  #happened(what: string): void {
    this.#happenings.push({ seconds: this.#elapsedSeconds, what });
    console.error(`${this.#elapsedSeconds.toFixed(0)} s: ${what}`);
  }

  async #disturb(seconds: number): Promise<void> {
    for (const { at, id, kill } of EVENTS) {
      await sleep(Math.max(0, 1000 * (at * seconds - this.#elapsedSeconds)));
      if (kill) {
        this.#begin(`${id} away`);
        this.#happened(`kill -9 ${id}`);
        await this.#cluster.kill(id);
        continue;
      }
      const { status, err } = await this.#cluster.bringBack(id);
      if (status !== 0) throw new Error(`${id} does not come back: ${err}`);
      this.#begin(`${id} back`);
      this.#happened(`${id} is back`);
    }
  }

  async #sample(): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      await sleep(SAMPLE_MILLISECONDS);
      const isLook = n % METRICS_EVERY === 0;
      const taken = this.#cluster.announced.nodes.map(async ({ id, url }) => {
        const memory = this.#residentBytes(id);
        const metrics = isLook ? await metricsOf(url).catch(() => undefined) : undefined;
        return {
          ...{ id, seconds: this.#elapsedSeconds, residentBytes: memory },
          eventLoopMilliseconds: eventLoopDelayIn(metrics),
          hintsHeld: hintsHeldIn(metrics),
        };
      });
      this.#samples.push(...(await Promise.all(taken)));
    }
  }

  #residentBytes(id: string): number | undefined {
    try {
      return residentBytes(this.#cluster.pidOf(id));
    } catch {
      return undefined;
    }
  }
}
