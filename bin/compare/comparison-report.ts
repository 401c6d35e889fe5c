/** A comparison of levels for people and for programs: a table, JSON, Markdown, a picture. */
import { availableParallelism, loadavg } from 'node:os';
import { softwareVersion } from '../software-version.js';
import { type ChartPanel, barCharts } from './bar-charts.js';
import {
  type ComparedCell,
  type ComparisonPlan,
  type ComparedCondition,
  CONDITIONS,
} from './comparison.js';

/** Where it was measured, before it began. */
export interface Machine {
  readonly version: string;
  readonly node: string;
  readonly cores: number;
  /** Over the last minute. */
  readonly load_average: number;
  /** Something else ran besides: times say little, counts do. */
  readonly busy: boolean;
}

export interface ComparisonReport {
  readonly machine: Machine;
  readonly plan: ComparisonPlan;
  /** The command that makes it again. */
  readonly command: string;
  readonly cells: readonly ComparedCell[];
}

const BUSY_LOAD = 0.5;

export function machineNow(): Machine {
  const cores = availableParallelism();
  const [load = 0] = loadavg();
  return {
    version: softwareVersion(),
    node: process.version,
    cores,
    load_average: Math.round(10 * load) / 10,
    busy: load > BUSY_LOAD * cores,
  };
}

const HEAD = [
  ...['LEVEL', 'NODES', 'ANSWERED/S', 'GETS %', 'PUTS %', 'GET P50', 'P99', 'PUT P50', 'P99'],
  ...['STALE %', 'STALE P50', 'P99'],
];

const NAMES: Readonly<Record<ComparedCondition, string>> = {
  healthy: 'all well',
  slow: 'one slow',
  cut: 'one cut off',
};

/** A row for each level and condition; times in milliseconds. */
export function rowsOf(cells: readonly ComparedCell[]): readonly (readonly string[])[] {
  const rows = cells.map((cell) => [
    ...[cell.level, NAMES[cell.condition], String(cell.answered_per_second)],
    ...[String(cell.gets_answered_percent), String(cell.puts_answered_percent)],
    ...[cell.get_ms['p50'], cell.get_ms['p99'], cell.put_ms['p50'], cell.put_ms['p99']].map(time),
    String(cell.stale_percent),
    ...[cell.staleness_ms['p50'], cell.staleness_ms['p99']].map(time),
  ]);
  return [HEAD, ...rows];
}

/** What the figures are of, in a sentence or two. */
export function headingOf({ machine, plan }: ComparisonReport): string {
  const { cores, node, version, load_average, busy } = machine;
  const { getsPerSecond, putsPerSecond, durationMilliseconds, slowMilliseconds } = plan;
  const load = `${getsPerSecond} gets and ${putsPerSecond} puts a second for`;
  const seconds = durationMilliseconds / 1000;
  const text =
    `Quorate ${version}, Node ${node}, ${cores} cores for nodes and load: ${load} ${seconds} s a ` +
    `row, through all nodes in turn; the slow node adds ${slowMilliseconds} ms each way.`;
  return busy
    ? `${text} MEASURED ON A BUSY MACHINE (load ${load_average}): times mean little, counts do.`
    : text;
}

export function markdownOf(report: ComparisonReport, picture: string): string {
  const [head = [], ...rows] = rowsOf(report.cells);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    `# Levels compared\n\n${headingOf(report)} Made by \`${report.command}\`.\n\n`,
    `![Levels compared](${picture})\n\n`,
    line(head.map((name) => name.toLowerCase())),
    line(head.map(() => '---')),
    ...rows.map(line),
    '\nTimes are milliseconds from when a request was due until it was answered or refused. ',
    '`gets %`, `puts %`: of the requests, those that were answered; each node is asked equally ',
    'often, also the one that is cut off, which is in a zone without most of the others. Where ',
    '`any` is written `one` is read: nobody can read at it. `stale %`: of the ',
    'answers to gets, those that lacked a write which had been acknowledged before they were ',
    'asked for, by whatever node; `stale p50`, `p99`: for how long it had been. A session is ',
    'one of each key here, so that it sees its own writes; at `causal` there are 16 or more that ',
    'read and write all keys.\n',
  ].join('');
}

export function pictureOf({ cells }: ComparisonReport): string {
  const levels = [...new Set(cells.map(({ level }) => level))];
  const panel = (
    title: string,
    value: (cell: ComparedCell) => number,
    isLogarithmic = false,
  ): ChartPanel => ({
    ...{ title, isLogarithmic },
    groups: levels,
    series: CONDITIONS.map((condition) => ({
      name: NAMES[condition],
      values: levels.map((level) => {
        const cell = cells.find((one) => one.level === level && one.condition === condition);
        return cell === undefined ? undefined : value(cell);
      }),
    })),
  });
  return barCharts('Levels compared', [
    panel('get, median (ms)', ({ get_ms }) => get_ms['p50'] ?? 0, true),
    panel('put, median (ms)', ({ put_ms }) => put_ms['p50'] ?? 0, true),
    panel('get, p99 (ms)', ({ get_ms }) => get_ms['p99'] ?? 0, true),
    panel('put, p99 (ms)', ({ put_ms }) => put_ms['p99'] ?? 0, true),
    panel('throughput (answered a second)', ({ answered_per_second: count }) => count),
    panel(
      'answered (%)',
      ({ gets_answered_percent: gets, puts_answered_percent: puts }) => (gets + puts) / 2,
    ),
    panel('stale answers (%)', ({ stale_percent }) => stale_percent),
  ]);
}

function time(milliseconds: number | undefined): string {
  return (milliseconds ?? 0).toFixed(1);
}
