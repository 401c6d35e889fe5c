/** The same load at every level, healthy and with a fault: what each answered, and how old. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { levelsShape, replicasShape } from '../control-command.js';
import { whyNotAt } from '../stress/stress-plan.js';
import { quantilesOf } from '../stress/stress-report.js';
import { StressRun } from '../stress/stress-run.js';
import type { Tally } from '../stress/tally.js';
import { type Fault, NO_FAULT } from './faulty-transport.js';

export const CONDITIONS = ['healthy', 'slow', 'cut'] as const;
export type ComparedCondition = (typeof CONDITIONS)[number];

export interface ComparisonPlan {
  readonly levels: readonly string[];
  readonly conditions: readonly ComparedCondition[];
  readonly getsPerSecond: number;
  readonly putsPerSecond: number;
  /** Of the load of each level under each condition. */
  readonly durationMilliseconds: number;
  readonly keyCount: number;
  /** By which each message of the slow node is late, on its way out and in. */
  readonly slowMilliseconds: number;
  readonly timeoutMilliseconds: number;
  /** Of each level when it is done: the cluster is somebody's. */
  readonly deletesKeys: boolean;
}

/** What a level came to under a condition. Times are milliseconds. */
export interface ComparedCell {
  readonly level: string;
  readonly condition: ComparedCondition;
  readonly answered_per_second: number;
  readonly gets_answered_percent: number;
  readonly puts_answered_percent: number;
  readonly get_ms: Readonly<Record<string, number>>;
  readonly put_ms: Readonly<Record<string, number>>;
  /** Of the gets that were answered. */
  readonly stale_percent: number;
  readonly staleness_ms: Readonly<Record<string, number>>;
  /** Answers that no order of the writes allows. */
  readonly wrong: number;
  /** What went wrong or was refused, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface ComparedLevels {
  readonly cells: readonly ComparedCell[];
  /** Why it ended before all was compared. */
  readonly trouble: string | undefined;
}

export interface Compared {
  readonly endpoints: readonly string[];
  setFault(fault: Fault): void;
  /** Nodes that have ended, though nobody asked them to, and how. */
  readonly deaths: readonly string[];
}

/** Until every node takes the last one for down. */
const CUT_IS_SEEN_MILLISECONDS = 4500;
const HEALTHY_MILLISECONDS = 30_000;
const READY_MILLISECONDS = 2000;
const PAUSE_MILLISECONDS = 100;

/**
 * @param tell which level is under way, and how far all of them are, of 1
 * @param signal ends it: what was compared until then is returned
 * @throws OperatingError where nothing could be compared
 */
export async function compareLevels(
  cluster: Compared,
  plan: ComparisonPlan,
  tell: (what: string, share: number) => void,
  signal: AbortSignal,
): Promise<ComparedLevels> {
  const cells: ComparedCell[] = [];
  const rows = plan.conditions.flatMap((condition) => {
    return plan.levels.map((level) => ({ level, condition }));
  });
  try {
    for (const row of rows) {
      tell(`${row.level}, ${row.condition}`, cells.length / rows.length);
      await untilHealthy(cluster, signal);
      if (cells.length === 0 && !signal.aborted) await checkReached(cluster, plan);
      const cell = await compareCell(cluster, plan, row, signal);
      // Of a part of its time the figures would be others.
      if (signal.aborted) return { cells, trouble: `ended: ${signal.reason}` };
      cells.push(cell);
    }
  } catch (error) {
    if (!(error instanceof OperatingError) || cells.length === 0) throw error;
    return { cells, trouble: error.message };
  }
  return { cells, trouble: undefined };
}

/** @throws OperatingError `invalid_level` where one cannot work */
async function checkReached({ endpoints }: Compared, { levels }: ComparisonPlan): Promise<void> {
  const found = async (path: string): Promise<unknown> => {
    const signal = AbortSignal.timeout(READY_MILLISECONDS);
    return (await fetch(`${endpoints[0]}${path}`, { signal })).json();
  };
  const reached = levelsShape.parse(await found('/api/v1/cluster/levels')).levels;
  const { replicas_effective: replicas } = replicasShape.parse(
    await found('/api/v1/cluster/status'),
  );
  for (const level of levels) {
    const why =
      whyNotAt(level, 'writes', reached, replicas) ??
      whyNotAt(readLevelBeside(level), 'reads', reached, replicas);
    if (why !== undefined) throw new OperatingError('invalid_level', why);
  }
}

/** Nobody reads at `any`: it is a promise about a hint. */
export function readLevelBeside(level: string): string {
  return level === 'any' ? 'one' : level;
}

async function compareCell(
  cluster: Compared,
  plan: ComparisonPlan,
  { level, condition }: Pick<ComparedCell, 'level' | 'condition'>,
  signal: AbortSignal,
): Promise<ComparedCell> {
  const run = new StressRun({
    ...{ ...plan, endpoints: cluster.endpoints, valueBytes: 100, connections: 32 },
    ...{ readLevel: readLevelBeside(level), writeLevel: level, isStrict: false },
    run: randomBytes(4).toString('hex'),
    namespace: undefined,
  });
  const abort = (): void => (plan.deletesKeys ? run.stop() : run.abort());
  signal.addEventListener('abort', abort);
  try {
    await run.prepare();
    if (condition !== 'healthy') {
      const isCut = condition === 'cut';
      cluster.setFault(
        isCut
          ? { delayMilliseconds: 0, cutFrom: 'everybody' }
          : { delayMilliseconds: plan.slowMilliseconds, cutFrom: [] },
      );
      if (isCut) await pause(CUT_IS_SEEN_MILLISECONDS, signal);
    }
    await run.load();
    if (plan.deletesKeys) await run.readAndDelete();
  } finally {
    signal.removeEventListener('abort', abort);
    if (condition !== 'healthy') cluster.setFault(NO_FAULT);
    run.close();
  }
  return cellOf(level, condition, run.tally, run.loadMilliseconds);
}

function cellOf(
  level: string,
  condition: ComparedCondition,
  tally: Tally,
  loadMilliseconds: number,
): ComparedCell {
  const { requests, successes, latencies, staleness, incorrect, reasons } = tally;
  const answered = successes.get + successes.put;
  return {
    ...{ level, condition },
    answered_per_second: hundredths((1000 * answered) / Math.max(1, loadMilliseconds)),
    gets_answered_percent: percent(successes.get, requests.get),
    puts_answered_percent: percent(successes.put, requests.put),
    get_ms: quantilesOf(latencies.get),
    put_ms: quantilesOf(latencies.put),
    stale_percent: successes.get === 0 ? 0 : hundredths((100 * staleness.count) / successes.get),
    staleness_ms: quantilesOf(staleness),
    wrong: incorrect,
    reasons: Object.fromEntries(reasons),
  };
}

/** 100 only where it is all of them. */
function percent(part: number, whole: number): number {
  if (whole === 0 || part >= whole) return 100;
  return Math.floor((part / whole) * 10_000) / 100;
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}

/** Each node reaches the level all for every partition: nothing of the last fault is left. */
async function untilHealthy(cluster: Compared, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + HEALTHY_MILLISECONDS;
  for (;;) {
    const said = await Promise.all(cluster.endpoints.map(whyNotReady));
    const why = said.filter((one) => one !== undefined);
    if (why.length === 0 || signal.aborted) return;
    const isLost = cluster.deaths.length > 0 || performance.now() > deadline;
    if (isLost) {
      const reasons = cluster.deaths.length > 0 ? cluster.deaths : why;
      const message = `the cluster does not reach the level all: ${reasons.join('; ')}`;
      throw new OperatingError('not_ready', message);
    }
    await pause(PAUSE_MILLISECONDS, signal);
  }
}

async function whyNotReady(endpoint: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(READY_MILLISECONDS);
    const { ok, status } = await fetch(`${endpoint}/readyz?level=all`, { signal });
    return ok ? undefined : `${endpoint} answers ${status}`;
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return `${endpoint}: ${cause?.code ?? messageOf(error)}`;
  }
}

/** Shorter where it is ended. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
