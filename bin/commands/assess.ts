/** `quorate assess`: starts the cluster that a file describes, tries it, and scores it. */
import { parseAssessConfig } from '../assess/assess-config.js';
import { assess, type AssessReport } from '../assess/assessment.js';
import type { CommandRow, Invocation } from '../command.js';
import { VARIABLES_OPTION } from '../command-options.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { jsonText, OUTPUT_OPTION, print, table } from '../output.js';
import { progressBar } from '../progress.js';
import { readWhole } from '../read-input.js';
import { watchSignals } from '../supervision.js';
import { advised, type Terminal } from '../terminal.js';

/** All scenarios together; they take about a minute. */
const LIMIT_MILLISECONDS = 300_000;
/** Nodes are killed then, so it takes a moment. */
const STOP_LIMIT_MILLISECONDS = 10_000;
const MONEY = { minimum: 0, maximum: 1_000_000 };

export const assessCommand: CommandRow = {
  name: 'assess',
  group: 'Other:',
  example: 'assess --config config/shopping-cart.json',
  summary: 'try a cluster on this machine as a file describes it, and score it',
  options: [
    {
      flags: '--config <file>',
      variable: 'QUORATE_ASSESS_CONFIG',
      summary: 'followers, write_quorum, read_quorum, auto_spawn, ...; docs/assess.md',
      completes: 'files',
    },
    {
      flags: '--base-port <port>',
      variable: 'QUORATE_ASSESS_BASE_PORT',
      summary: 'port of the first node of the cluster that is tried',
      default: '8790',
    },
    {
      flags: '--node-cost <dollars>',
      variable: 'QUORATE_ASSESS_NODE_COST',
      summary: 'of one node, an hour',
      default: '10',
    },
    {
      flags: '--budget <dollars>',
      variable: 'QUORATE_ASSESS_BUDGET',
      summary: 'of the cluster, an hour',
      default: '50',
    },
    VARIABLES_OPTION,
    OUTPUT_OPTION,
  ],
  run,
};

async function run({ options, terminal }: Invocation): Promise<ExitCode> {
  const file = options.required('config');
  const text = Buffer.from(readWhole(file, file)).toString();
  const config = parseAssessConfig(text, file);
  const stop = watchSignals({
    limitMilliseconds: STOP_LIMIT_MILLISECONDS,
    endNow: (why) => terminal.err(`quorate: ${why}\n`),
  });
  const timer = setTimeout(() => stop.request('the scenarios took too long'), LIMIT_MILLISECONDS);
  try {
    const report = await assess({
      config,
      basePort: options.integer('basePort', { minimum: 1024, maximum: 60_000 }),
      nodeCost: options.number('nodeCost', MONEY),
      budget: options.number('budget', MONEY),
      signal: stop.signal,
      tell: (what, done) => terminal.err(`${progressBar(done)} ${advised(terminal, what)}\n`),
    });
    print(terminal, options, {
      table: (to) => view(to, report),
      json: () => jsonText(report),
      value: () => String(report.points),
    });
    return report.verdict === 'good' ? EXIT.done : EXIT.degraded;
  } finally {
    clearTimeout(timer);
    stop.close();
  }
}

function view(terminal: Terminal, report: AssessReport): string {
  const { scenarios, analysis, cost, faults, justifications } = report;
  const rows = scenarios.flatMap(({ name, points, of, checks }) => [
    [name, `${points}/${of}`, ''],
    ...checks.map((one) => [`  ${one.what}`, `${one.points}/${one.of}`, one.seen]),
  ]);
  const why = Object.entries(justifications).map(([name, text]) => `  ${name}: ${text}\n`);
  const within = cost.within_budget ? 'within' : 'ABOVE';
  return [
    `${report.verdict}: ${report.points}/${report.of}. ${report.nodes} nodes, `,
    `W = ${report.write_quorum}, R = ${report.read_quorum}\n\n`,
    table(terminal, ['SCENARIO', 'POINTS', 'SEEN'], rows),
    `\n${analysis.quorums}.\n${analysis.failures}.\n`,
    `$${cost.per_hour} an hour, ${within} the budget of $${cost.budget}.\n`,
    ...(why.length === 0 ? [] : ['\nAs it is justified:\n', ...why]),
    ...faults.map((fault) => `! ${fault}\n`),
  ].join('');
}
