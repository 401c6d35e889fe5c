/** The table of a benchmark: medians of rounds, ratios of the same round, and the yardstick. */
import type { Machine } from './machine.js';
import type { Measured } from './measure.js';
import type { Comparison, Figure, Row } from './rows.js';
import { COMPARISONS } from './rows.js';
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
    '| work | conn. | system | operations/s | p50 ms | p99 ms | CPU us/op | sketch | x sketch |',
    '|---|---|---|---|---|---|---|---|---|',
    ...results.rows.map(rowLine),
    '',
    '| | compared | ratio | target | |',
    '|---|---|---|---|---|',
    ...comparisonLines(results),
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
    ...systems.map(({ name, version, synced }) => `${name} ${version}: synced: ${synced}`),
    `medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU: all processes ` +
      'of a system together',
  ];
}

function rowLine({ row, systemName, rounds, notRun }: RowResult): string {
  const { work, connections, sketchMicroseconds: sketch } = row;
  const start = `| ${work} | ${connections} | ${systemName} |`;
  if (notRun !== undefined) return `${start} **NOT RUN** | | | | | |`;
  const of = (figure: (measured: Measured) => number): number => median(rounds.map(figure));
  const cpu = of(({ cpuMicroseconds }) => cpuMicroseconds);
  const cells = [
    of(({ operationsPerSecond }) => operationsPerSecond).toFixed(0),
    of(({ p50Milliseconds }) => p50Milliseconds).toFixed(2),
    of(({ p99Milliseconds }) => p99Milliseconds).toFixed(1),
    cpu.toFixed(1),
    sketch === undefined ? '' : String(sketch),
    sketch === undefined ? '' : (cpu / sketch).toFixed(2),
  ];
  return `${start} ${cells.join(' | ')} |`;
}

const FIGURES: Readonly<Record<Figure, (measured: Measured) => number>> = {
  throughput: ({ operationsPerSecond }) => operationsPerSecond,
  efficiency: ({ cpuMicroseconds }) => 1 / cpuMicroseconds,
  p99: ({ p99Milliseconds }) => p99Milliseconds,
};

/** Median of the ratios of each round; undefined where one side did not run. */
export function ratioOf(results: Results, comparison: Comparison): number | undefined {
  const roundsOf = (id: string) => results.rows.find(({ row }) => row.id === id)?.rounds ?? [];
  const against = roundsOf(comparison.against);
  const figure = FIGURES[comparison.figure];
  const ratios = roundsOf(comparison.of).flatMap((measured, round) => {
    const other = against[round];
    return other === undefined ? [] : [figure(measured) / figure(other)];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

function comparisonLines(results: Results): string[] {
  return COMPARISONS.filter(({ experiment }) =>
    results.options.experiments.includes(experiment),
  ).map((comparison) => {
    const { experiment, text, figure, target } = comparison;
    const ratio = ratioOf(results, comparison);
    const sign = figure === 'p99' ? '<=' : '>=';
    const start = `| ${experiment} | ${text} |`;
    if (ratio === undefined) return `${start} **NOT RUN** | ${sign} ${target} | |`;
    const reached = figure === 'p99' ? ratio <= target : ratio >= target;
    return `${start} ${ratio.toFixed(2)} | ${sign} ${target} | ${reached ? 'reached' : 'missed'} |`;
  });
}

/** The figures of every round, and the ratios. */
export function reportJson(results: Results): string {
  const comparisons = COMPARISONS.filter(({ experiment }) =>
    results.options.experiments.includes(experiment),
  ).map((comparison) => ({ ...comparison, ratio: ratioOf(results, comparison) ?? null }));
  return `${JSON.stringify({ ...results, comparisons }, undefined, 2)}\n`;
}
