/** The table of a benchmark: medians of rounds, ratios of the same round, and the yardstick. */
import type { Machine } from './machine.js';
import type { Measured } from './measure.js';
import type { Experiment, Row } from './rows.js';
import {
  COMPARISONS,
  type Comparison,
  type Figure,
  LESS_IS_BETTER,
  type Part,
} from './comparisons.js';
import type { BenchOptions } from './options.js';

export interface RowResult {
  readonly row: Row;
  readonly systemName: string;
  /** One a round. */
  readonly rounds: readonly Measured[];
  /** Why there is none. */
  readonly notRun: string | undefined;
}

export interface Versions {
  readonly name: string;
  readonly version: string;
  readonly synced: string;
}

export interface Results {
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly systems: readonly Versions[];
  readonly rows: readonly RowResult[];
  readonly facts: readonly Fact[];
}

/** What was measured once, and is no ratio. */
export interface Fact {
  readonly experiment: Experiment;
  readonly text: string;
  readonly value: number;
  readonly unit: string;
  /** Not to be passed; undefined: said for the reader's sense of scale. */
  readonly target: number | undefined;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function reportText(results: Results): string {
  return [
    ...headLines(results),
    '',
    '| work | conn. | system | operations/s | p50 ms | p99 ms | loop ms | CPU us/op | x sketch |',
    '|---|---|---|---|---|---|---|---|---|',
    ...results.rows.map((row) => rowLine(row, results.rows)),
    '',
    '| | compared | figure | target | |',
    '|---|---|---|---|---|',
    ...comparisonLines(results),
    ...results.facts.map(factLine),
    '',
    `again: ${results.options.command}`,
  ].join('\n');
}

function headLines({ options, machine, systems }: Results): string[] {
  const { cores, processor, memoryGigabytes, kernel, node, wrk, fileSystem } = machine;
  return [
    `${cores} cores (${processor}) shared by all nodes and the load, ${memoryGigabytes} GB, ` +
      `Linux ${kernel}, node ${node}, wrk ${wrk}`,
    `disk: ${fileSystem}; a write of 4 KiB and its sync take ` +
      `${machine.syncMilliseconds.toFixed(2)} ms; values of 100 bytes, N = 3`,
    'a read of memory that waits for the one before it: ' +
      `${machine.nearReadNanoseconds.toFixed(1)} ns within 256 KiB, ` +
      `${machine.farReadNanoseconds.toFixed(0)} within 8 MiB`,
    ...systems.map(({ name, version, synced }) => `${name} ${version}: synced: ${synced}`),
    `medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU: all processes ` +
      'of a system together; loop: p99 of the event-loop delay of its worst process',
  ];
}

function rowLine(
  { row, systemName, rounds, notRun }: RowResult,
  all: readonly RowResult[],
): string {
  const { id, connections, sketch } = row;
  const start = `| ${workText(row)} | ${connections} | ${systemName} |`;
  if (notRun !== undefined) return `${start} **NOT RUN** | | | | | |`;
  const of = (figure: (measured: Measured) => number): number => median(rounds.map(figure));
  const overSketch =
    sketch === undefined ? undefined : ratioOf(all, { of: id, against: sketch, figure: 'cpu' });
  const cells = [
    of(({ operationsPerSecond }) => operationsPerSecond).toFixed(0),
    of(({ p50Milliseconds }) => p50Milliseconds).toFixed(2),
    of(({ p99Milliseconds }) => p99Milliseconds).toFixed(1),
    rounds.some(({ eventLoopMilliseconds }) => eventLoopMilliseconds !== undefined)
      ? of(FIGURES.eventLoop).toFixed(1)
      : '',
    of(FIGURES.cpu).toFixed(1),
    overSketch?.toFixed(2) ?? '',
  ];
  return `${start} ${cells.join(' | ')} |`;
}

export function workText({ work, near = false, pace }: Row): string {
  if (pace !== undefined) return `${work}, open-loop at ${100 * pace.share} %`;
  return near ? `${work}, of its node` : work;
}

const FIGURES: Readonly<Record<Figure, (measured: Measured) => number>> = {
  throughput: ({ operationsPerSecond }) => operationsPerSecond,
  efficiency: ({ cpuMicroseconds }) => 1 / cpuMicroseconds,
  cpu: ({ cpuMicroseconds }) => cpuMicroseconds,
  p50: ({ p50Milliseconds }) => p50Milliseconds,
  p99: ({ p99Milliseconds }) => p99Milliseconds,
  eventLoop: ({ eventLoopMilliseconds }) => eventLoopMilliseconds ?? Number.NaN,
};

/**
 * Median of the ratios of each round, or of the figure where it stands for itself; undefined where
 * one side did not run.
 */
export function ratioOf(
  rows: readonly RowResult[],
  { of, against, figure }: Pick<Comparison, 'of' | 'against' | 'figure'>,
): number | undefined {
  const value = (id: string, round: number): number | undefined => {
    const measured = rows.find(({ row }) => row.id === id)?.rounds[round];
    return measured === undefined ? undefined : FIGURES[figure](measured);
  };
  const parts: readonly Part[] =
    typeof against === 'string' ? [{ id: against, times: 1 }] : (against ?? []);
  const count = rows.find(({ row }) => row.id === of)?.rounds.length ?? 0;
  const ratios = Array.from({ length: count }, (_, round) => {
    const others = parts.map(({ id, times }) => (value(id, round) ?? Number.NaN) * times);
    const sum = others.reduce((total, other) => total + other, 0);
    return (value(of, round) ?? Number.NaN) / (parts.length === 0 ? 1 : sum);
  }).filter((ratio) => !Number.isNaN(ratio));
  return ratios.length === 0 ? undefined : median(ratios);
}

function comparisonLines({ options, rows }: Results): string[] {
  return comparisonsOf(options).map((comparison) => {
    const { experiment, text, figure, target } = comparison;
    const less = LESS_IS_BETTER.has(figure);
    return targetLine(experiment, text, ratioOf(rows, comparison), '', target, less);
  });
}

function factLine({ experiment, text, value, unit, target }: Fact): string {
  return targetLine(experiment, text, value, unit, target, true);
}

function targetLine(
  experiment: Experiment,
  text: string,
  value: number | undefined,
  unit: string,
  target: number | undefined,
  lessIsBetter: boolean,
): string {
  const sign = lessIsBetter ? '<=' : '>=';
  const wanted = target === undefined ? '' : `${sign} ${target}`;
  const start = `| ${experiment} | ${text} |`;
  if (value === undefined) return `${start} **NOT RUN** | ${wanted} | |`;
  const shown = `${start} ${value.toFixed(value < 100 ? 2 : 0)} ${unit}`.trimEnd();
  if (target === undefined) return `${shown} | | |`;
  const reached = lessIsBetter ? value <= target : value >= target;
  return `${shown} | ${wanted} | ${reached ? 'reached' : 'missed'} |`;
}

function comparisonsOf({ experiments }: BenchOptions): readonly Comparison[] {
  return COMPARISONS.filter(({ experiment }) => experiments.includes(experiment));
}

/** The figures of every round, and the ratios. */
export function reportJson(results: Results): string {
  const comparisons = comparisonsOf(results.options).map((comparison) => ({
    ...comparison,
    ratio: ratioOf(results.rows, comparison) ?? null,
  }));
  return `${JSON.stringify({ ...results, comparisons }, undefined, 2)}\n`;
}
