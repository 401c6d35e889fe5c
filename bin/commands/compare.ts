/** `quorate compare`: the same load at every level, healthy and with a fault. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { LEVEL_NAMES, parseLevel } from '../../lib/coordination/request/level.js';
import { makeFolder } from '../../lib/platform/make-folder.js';
import { endpointOptions } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { type CommandOptions, VARIABLES_OPTION } from '../command-options.js';
import { ComparedCluster } from '../compare/compared-cluster.js';
import {
  type ComparedCell,
  compareLevels,
  type ComparisonPlan,
  CONDITIONS,
  readLevelBeside,
} from '../compare/comparison.js';
import {
  type ComparisonReport,
  headingOf,
  machineNow,
  markdownOf,
  pictureOf,
  rowsOf,
} from '../compare/comparison-report.js';
import { CRASHED, EXIT } from '../exit-code.js';
import type { OptionRow } from '../option-row.js';
import { jsonText, OUTPUT_OPTION, print, table } from '../output.js';
import { progressBar } from '../progress.js';
import { watchSignals } from '../supervision.js';

const COMPARE_OPTIONS: readonly OptionRow[] = [
  {
    flags: '--levels <list>',
    variable: 'QUORATE_COMPARE_LEVELS',
    summary: 'levels to compare; without it all that there are',
  },
  {
    flags: '--get-qps <number>',
    variable: 'QUORATE_COMPARE_GET_QPS',
    summary: 'gets a second',
    default: '200',
  },
  {
    flags: '--put-qps <number>',
    variable: 'QUORATE_COMPARE_PUT_QPS',
    summary: 'puts a second',
    default: '100',
  },
  {
    flags: '--duration <duration>',
    variable: 'QUORATE_COMPARE_DURATION',
    summary: 'of the load of each level under each condition',
    default: '5s',
  },
  {
    flags: '--keys <count>',
    variable: 'QUORATE_COMPARE_KEYS',
    summary: 'keys that are written and read',
    default: '200',
  },
  {
    flags: '--nodes <count>',
    variable: 'QUORATE_COMPARE_NODES',
    summary: 'of the cluster that is started',
    default: '3',
  },
  {
    flags: '--base-port <port>',
    variable: 'QUORATE_COMPARE_BASE_PORT',
    summary: 'port of its first node; peers listen 2000 above',
    default: '18090',
  },
  {
    flags: '--slow <duration>',
    variable: 'QUORATE_COMPARE_SLOW',
    summary: 'how much later each message of the slow node leaves and arrives',
    default: '50ms',
  },
  {
    flags: '--endpoint <list>',
    variable: 'QUORATE_COMPARE_ENDPOINT',
    summary: 'a cluster that runs, instead of one that is started: all well only',
  },
  {
    flags: '--report <folder>',
    variable: 'QUORATE_COMPARE_REPORT',
    summary: 'folder for compare.md, compare.json and compare.svg',
  },
];

export const compareCommand: CommandRow = {
  name: 'compare',
  group: 'Other:',
  example: 'compare --duration 2s --levels one,quorum,strong',
  summary: 'put the same load on every level: all well, one node slow, one node cut off',
  options: [...COMPARE_OPTIONS, VARIABLES_OPTION, OUTPUT_OPTION],
  run,
};

const HOUR_MILLISECONDS = 3_600_000;
/** Nodes are killed then, so it takes a moment. */
const STOP_LIMIT_MILLISECONDS = 10_000;
const QPS = { minimum: 1, maximum: 100_000 };
/** Of a request: a level that cannot be reached is told soon. */
const TIMEOUT_MILLISECONDS = 1000;

async function run({ options, terminal }: Invocation): Promise<number> {
  const machine = machineNow();
  const plan = planOf(options);
  const folder = options.text('report');
  // Before it costs minutes.
  if (folder !== undefined) makeFolder(folder, `--report ${folder}`);
  const given = options.text('endpoint') === undefined ? undefined : endpointOptions(options);
  const nodes = options.integer('nodes', { minimum: 3, maximum: 9 });
  const basePort = options.integer('basePort', { minimum: 1024, maximum: 60_000 });
  const stop = watchSignals({
    limitMilliseconds: STOP_LIMIT_MILLISECONDS,
    endNow: (why) => terminal.err(`quorate: ${why}\n`),
  });
  let started: ComparedCluster | undefined;
  const tell = (what: string, share: number): void =>
    terminal.err(`${progressBar(share)} ${what}\n`);
  try {
    if (given === undefined)
      started = await ComparedCluster.start(nodes, basePort, {
        signal: stop.signal,
        zoneOf: zonesOf(nodes),
      });
    const cluster = started ?? { endpoints: given ?? [], setFault: () => undefined, deaths: [] };
    const { cells, trouble } = await compareLevels(cluster, plan, tell, stop.signal);
    const report = { machine, plan, command: commandOf(options), cells };
    if (trouble !== undefined) terminal.err(`quorate: ${trouble}; no report is written\n`);
    else if (folder !== undefined) await writeReport(folder, report).catch(options.outputFailed);
    printReport({ options, terminal }, report);
    return statusOf(report.cells, trouble, terminal);
  } finally {
    await started?.stop();
    stop.close();
  }
}

/** A wrong answer is a bug of the store. */
function statusOf(
  cells: readonly ComparedCell[],
  trouble: string | undefined,
  { err }: Invocation['terminal'],
): number {
  const wrong = cells.filter((cell) => cell.wrong > 0);
  for (const { level, condition, wrong: count, reasons } of wrong) {
    err(
      `quorate: ${level}, ${condition}: ${count} answers are wrong: ${JSON.stringify(reasons)}\n`,
    );
  }
  if (wrong.length > 0) return CRASHED;
  return trouble === undefined ? EXIT.done : EXIT.notAvailable;
}

/** Two, so that the levels of zones differ; the node that is slow or cut off is in the second. */
function zonesOf(nodes: number): (index: number) => string {
  return (index) => (index < Math.ceil(nodes / 2) ? 'a' : 'b');
}

function printReport(
  { options, terminal }: Pick<Invocation, 'options' | 'terminal'>,
  report: ComparisonReport,
): void {
  const [head = [], ...rows] = rowsOf(report.cells);
  print(terminal, options, {
    table: (to) => `${headingOf(report)}\n\n${table(to, head, rows)}`,
    json: () => jsonText(report),
    value: () => rows.map((row) => row.join('\t')).join('\n'),
  });
}

function planOf(options: CommandOptions): ComparisonPlan {
  const isGivenCluster = options.text('endpoint') !== undefined;
  if (isGivenCluster) {
    for (const name of ['nodes', 'basePort', 'slow']) {
      options.refuseIdle(name, 'a cluster of its own: leave --endpoint away');
    }
  }
  const asked = options.text('levels') === undefined ? LEVEL_NAMES : options.list('levels');
  const levels = [...new Set(asked)];
  if (levels.length === 0) throw new OperatingError('invalid_request', '--levels names none');
  for (const level of levels) {
    parseLevel(readLevelBeside(level), 'read');
    parseLevel(level, 'write');
  }
  return {
    levels,
    conditions: isGivenCluster ? ['healthy'] : CONDITIONS,
    getsPerSecond: options.number('getQps', QPS),
    putsPerSecond: options.number('putQps', QPS),
    durationMilliseconds: options.milliseconds('duration', {
      minimum: 100,
      maximum: HOUR_MILLISECONDS,
    }),
    keyCount: options.integer('keys', { minimum: 1, maximum: 100_000 }),
    slowMilliseconds: options.milliseconds('slow', { minimum: 1, maximum: 400 }),
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    deletesKeys: isGivenCluster,
  };
}

/** What was given, so that the figures can be made again. */
function commandOf(options: CommandOptions): string {
  const flags = compareCommand.options.flatMap(({ flags: text }) => {
    const [long = ''] = text.split(' ').filter((word) => word.startsWith('--'));
    const name = long.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return options.isGiven(name) && name !== 'output' ? [`${long} ${options.text(name)}`] : [];
  });
  return ['quorate compare', ...flags].join(' ');
}

async function writeReport(folder: string, report: ComparisonReport): Promise<void> {
  try {
    await writeFile(join(folder, 'compare.md'), markdownOf(report, 'compare.svg'));
    await writeFile(join(folder, 'compare.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    await writeFile(join(folder, 'compare.svg'), pictureOf(report));
  } catch (error) {
    const message = `--report ${folder} cannot be written: ${messageOf(error)}`;
    throw new OperatingError('invalid_request', message);
  }
}
