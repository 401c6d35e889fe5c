/** `quorate stress`: a load that checks every answer. See docs/testing.md. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { KeyValueRequests } from '../../lib/client/client.js';
import { namespacePathOf } from '../../lib/client/key-path.js';
import { OperatingError } from '../../lib/errors.js';
import {
  clientOf,
  endpointOptions,
  LOAD_OPTIONS,
  NAMESPACE_OPTION,
  readOptionsOf,
} from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { OptionRow } from '../option-row.js';
import type { CommandOptions } from '../command-options.js';
import { levelsShape, settingsShape, replicasShape } from '../control-command.js';
import { CRASHED, EXIT } from '../exit-code.js';
import { watchSignals } from '../supervision.js';
import { jsonText, OUTPUT_OPTION, print } from '../output.js';
import { showProgress } from '../progress.js';
import { keyPrefixOf, levelsOverlap, whyNotAt } from '../stress/stress-plan.js';
import type { StressPlan } from '../stress/stress-plan.js';
import { progressLine, reportTable, stressReport } from '../stress/stress-report.js';
import { StressRun } from '../stress/stress-run.js';

const STRESS_OPTIONS: readonly OptionRow[] = [
  {
    flags: '--get-qps <number>',
    variable: 'QUORATE_STRESS_GET_QPS',
    summary: 'gets a second',
    default: '100',
  },
  {
    flags: '--put-qps <number>',
    variable: 'QUORATE_STRESS_PUT_QPS',
    summary: 'puts a second',
    default: '100',
  },
  {
    flags: '--set-qps <number>',
    variable: 'QUORATE_STRESS_SET_QPS',
    summary: 'the same as --put-qps',
  },
  {
    flags: '--duration <duration>',
    variable: 'QUORATE_STRESS_DURATION',
    summary:
      'how long requests become due; what was written is read back after it, for up to 15s more ' +
      'where nodes do not answer',
    default: '10s',
  },
  {
    flags: '--keys <count>',
    variable: 'QUORATE_STRESS_KEYS',
    summary:
      'keys that are written and read, stress-RUN-NUMBER; each has one writer at a time, ' +
      'and all are deleted at the end',
    default: '1000',
  },
  {
    flags: '--keep-keys',
    variable: 'QUORATE_STRESS_KEEP_KEYS',
    summary: 'do not delete the keys at the end',
  },
  {
    flags: '--value-bytes <count>',
    variable: 'QUORATE_STRESS_VALUE_BYTES',
    summary: 'length of each value',
    default: '100',
  },
  {
    flags: '--connections <count>',
    variable: 'QUORATE_STRESS_CONNECTIONS',
    summary: 'connections to each endpoint, at most',
    default: '32',
  },
];

export const stressCommand: CommandRow = {
  name: 'stress',
  group: 'Other:',
  example: 'stress --get-qps 500 --put-qps 500 --duration 1m',
  summary: 'put a load on a cluster and check every answer',
  options: [...STRESS_OPTIONS, NAMESPACE_OPTION, ...LOAD_OPTIONS, OUTPUT_OPTION],
  run,
};

const HOUR_MILLISECONDS = 3_600_000;
const QPS = { minimum: 0, maximum: 1_000_000 };

const namespaceShape = z.looseObject({ effective: z.record(z.string(), z.unknown()) });

async function run({ options, terminal }: Invocation): Promise<number> {
  const plan = await planOf(options);
  const stress = new StressRun(plan);
  const began = performance.now();
  const endProgress = showProgress(terminal, () =>
    progressLine(stress, performance.now() - began, plan.durationMilliseconds),
  );
  const stop = watchSignals({
    limitMilliseconds: undefined,
    endNow: (why) => terminal.err(`quorate: ${why}; keys ${keyPrefixOf(plan)}* may be left\n`),
  });
  stop.signal.addEventListener('abort', () => stress.stop());
  try {
    await stress.run();
  } finally {
    endProgress();
    stop.close();
  }
  const report = stressReport(plan, stress.tally, stress.loadMilliseconds);
  print(terminal, options, {
    table: (to) => reportTable(to, report),
    json: () => jsonText(report),
    value: () => String(report.per_second),
  });
  if (stress.tally.isPerfect) return EXIT.done;
  // A wrong answer is a bug of the store.
  return stress.tally.isCorrect ? EXIT.notAvailable : CRASHED;
}

async function planOf(options: CommandOptions): Promise<StressPlan> {
  const both = options.isGiven('putQps') && options.isGiven('setQps');
  if (both) throw new OperatingError('invalid_request', '--set-qps is --put-qps: give one of them');
  const { timeoutMilliseconds } = readOptionsOf(options, 'both');
  const level = options.text('level');
  const asked = {
    endpoints: endpointOptions(options),
    getsPerSecond: options.number('getQps', QPS),
    putsPerSecond: options.number(options.isGiven('setQps') ? 'setQps' : 'putQps', QPS),
    durationMilliseconds: options.milliseconds('duration', {
      minimum: 1,
      maximum: 24 * HOUR_MILLISECONDS,
    }),
    keyCount: options.integer('keys', { minimum: 1, maximum: 1_000_000 }),
    valueBytes: options.integer('valueBytes', { minimum: 1, maximum: 1_000_000 }),
    connections: options.integer('connections', { minimum: 1, maximum: 10_000 }),
    timeoutMilliseconds,
    run: randomBytes(4).toString('hex'),
    namespace: options.text('namespace'),
    deletesKeys: !options.isSet('keepKeys'),
  };
  const client = await clientOf(options);
  const [settings, status, levels] = await Promise.all([
    settingsAt(client, asked.namespace),
    client.control('GET', '/api/v1/cluster/status', replicasShape),
    client.control('GET', '/api/v1/cluster/levels', levelsShape),
  ]);
  const { default_level: read, default_write_level: write } = settings;
  const writeLevel = level ?? String(write);
  // Nobody reads at `any`: it is a promise about a hint.
  const readLevel = level === 'any' ? 'one' : (level ?? String(read));
  const replicas = status.content.replicas_effective;
  const reached = levels.content.levels;
  const why =
    whyNotAt(writeLevel, 'writes', reached, replicas) ??
    whyNotAt(readLevel, 'reads', reached, replicas);
  if (why !== undefined) throw new OperatingError('invalid_level', why);
  const isStrict = levelsOverlap(readLevel, writeLevel, replicas);
  return { ...asked, readLevel, writeLevel, isStrict };
}

/** Of the namespace, where one is named: it may have levels of its own. */
async function settingsAt(client: KeyValueRequests, namespace: string | undefined) {
  if (namespace === undefined) {
    const found = await client.control('GET', '/api/v1/config/consistency', settingsShape);
    return found.content.settings;
  }
  const found = await client.control('GET', namespacePathOf(namespace), namespaceShape);
  return found.content.effective;
}
