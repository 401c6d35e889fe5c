/** What a load came to, for people and for programs. */
import { BOUNDED, levelName, STRONG } from '../../lib/coordination/request/level.js';
import type { Terminal } from '../terminal.js';
import { table } from '../output.js';
import { progressBar } from '../progress.js';
import type { LatencyHistogram } from './latency-histogram.js';
import { isCausal } from './causal-sessions.js';
import { keyPrefixOf, type StressPlan } from './stress-plan.js';
import type { StressRun } from './stress-run.js';
import type { StressRequestKind, Tally } from './tally.js';

const OPERATIONS: readonly StressRequestKind[] = ['get', 'put'];
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99, 'p99.9': 0.999 } as const;
const REASONS_SHOWN = 10;

/** Plain numbers and texts; latencies are milliseconds from when a request was due. */
export function stressReport(plan: StressPlan, tally: Tally, loadMilliseconds: number) {
  const requests = tally.requests.get + tally.requests.put;
  const successes = tally.successes.get + tally.successes.put;
  const judged = tally.correct + tally.incorrect;
  return {
    levels: { get: plan.readLevel, put: plan.writeLevel },
    strict: plan.isStrict,
    seconds: rounded(loadMilliseconds / 1000),
    requests,
    successes,
    failures: tally.failures,
    failures_by_code: Object.fromEntries(tally.failuresByCode),
    success_percent: percent(successes, requests - tally.broken),
    answers_judged: judged,
    answers_correct: tally.correct,
    correct_percent: percent(tally.correct, judged),
    /** At `strong`: stretches of operations on a key that have no order. */
    without_order: tally.disordered,
    /** Their order is judged up to a point only. */
    keys_never_quiet: tally.keysNeverQuiet,
    keys: { namespace: plan.namespace ?? 'default', prefix: keyPrefixOf(plan) },
    keys_unprepared: tally.keysUnprepared,
    keys_deleted: tally.keysDeleted,
    keys_left: plan.deletesKeys ? tally.keysLeft : undefined,
    keys_read_back: tally.keysRead,
    keys_lost: tally.keysLost,
    keys_unread: tally.keysUnread,
    unknown_outcomes: tally.unknown,
    broken_connections: tally.broken,
    refused_and_retried: tally.refused,
    per_second: rounded((1000 * tally.done) / Math.max(1, loadMilliseconds)),
    latencies_ms: Object.fromEntries(
      OPERATIONS.map((one) => [one, quantilesOf(tally.latencies[one])]),
    ),
    /** Answers that lacked what had been acknowledged when they were asked for, and by how much. */
    stale_answers: tally.staleness.count,
    staleness_ms: quantilesOf(tally.staleness),
    /** Answers that say how old they can be, and what they say. */
    bounded_answers: tally.bounds.count,
    bounds_ms: quantilesOf(tally.bounds),
    reasons: Object.fromEntries(tally.reasons),
  };
}

export type StressReport = ReturnType<typeof stressReport>;

export function reportTable(terminal: Pick<Terminal, 'colours'>, report: StressReport): string {
  const { levels, latencies_ms: latencies } = report;
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['levels', `get ${levels.get}, put ${levels.put}: ${whatHolds(report)}`],
    ['requests', `${report.requests} in ${report.seconds} s, ${report.per_second}/s`],
    ['success', `${report.success_percent} % (${report.successes} of ${report.requests})`],
    ['failed', failuresText(report)],
    [
      'correct',
      `${report.correct_percent} % of ${report.answers_judged} reads; at the end ` +
        `${report.keys_read_back} keys read back, ${report.keys_lost} lost an acknowledged write` +
        (report.keys_unread === 0 ? '' : `, ${report.keys_unread} could not be read`) +
        (report.without_order === 0 ? '' : `; ${report.without_order} stretches have no order`) +
        neverQuiet(report),
    ],
    [
      'unknown',
      `${report.unknown_outcomes} writes; ${report.broken_connections} requests on connections ` +
        'that broke',
    ],
    [
      'stale',
      `${report.stale_answers} answers lacked what had been acknowledged before` +
        (report.stale_answers === 0 ? '' : `, p99 ${report.staleness_ms['p99']} ms long`),
    ],
    ...(report.bounded_answers === 0
      ? []
      : [
          [
            'bounds',
            `p50 ${report.bounds_ms['p50']} ms, p99 ${report.bounds_ms['p99']} ms`,
          ] as const,
        ]),
    ['refused', `${report.refused_and_retried} connections, retried elsewhere`],
    ['keys', keysText(report)],
  ];
  const names = [...Object.keys(QUANTILES), 'max'];
  const rows = OPERATIONS.map((one) => [
    one,
    ...names.map((name) => (latencies[one]?.[name] ?? 0).toFixed(2)),
  ]);
  const reasons = Object.entries(report.reasons).slice(0, REASONS_SHOWN);
  return [
    ...lines.map(([name, text]) => `${name.padEnd(10)}${text}\n`),
    `\n${table(terminal, ['MS', ...names], rows)}`,
    ...reasons.map(([reason, count]) => `! ${count} x ${reason}\n`),
  ].join('');
}

function failuresText({ failures, failures_by_code: codes }: StressReport): string {
  const each = Object.entries(codes).map(([code, count]) => `${count} x ${code}`);
  return `${failures} requests${each.length === 0 ? '' : `: ${each.join(', ')}`}`;
}

/** Where they are: whose they are not should know. */
function keysText({ keys, keys_deleted: deleted, keys_left: left, ...report }: StressReport) {
  const where = `${keys.prefix}* in the namespace ${keys.namespace}`;
  const unprepared =
    report.keys_unprepared === 0
      ? ''
      : `; ${report.keys_unprepared} had no first write, since one failed`;
  if (left === undefined) return `${where}, kept${unprepared}`;
  return `${where}: ${deleted} deleted${left === 0 ? '' : `, ${left} left`}${unprepared}`;
}

function neverQuiet({ keys_never_quiet: keys }: StressReport): string {
  return keys === 0 ? '' : `; ${keys} keys were never quiet, their order was not judged to the end`;
}

/** What the answers are held to. */
function whatHolds({ levels, strict }: StressReport): string {
  if (levels.get === STRONG && levels.put === STRONG) return 'all operations have an order';
  if (strict) return 'reads must see every acknowledged write';
  switch (levelName(levels.get)) {
    case BOUNDED:
      return 'reads must see what was acknowledged before the time that they name';
    case 'causal':
      return isCausal({ readLevel: levels.get, writeLevel: levels.put })
        ? 'reads must see what was seen before by their session, and by the writers of what it saw'
        : 'reads must see the writes of their session';
    case 'session':
      return 'reads must see the writes of their session';
    default:
      return 'stale reads are allowed';
  }
}

/** One line while it runs. */
export function progressLine(
  { tally, inFlight }: Pick<StressRun, 'tally' | 'inFlight'>,
  elapsedMilliseconds: number,
  durationMilliseconds: number,
): string {
  const { get, put } = tally.latencies;
  const perSecond = Math.round((1000 * tally.done) / Math.max(1, elapsedMilliseconds));
  return (
    `${progressBar(elapsedMilliseconds / durationMilliseconds)} ` +
    `${Math.round(elapsedMilliseconds / 1000)} s: ${tally.done} answered (${perSecond}/s), ` +
    `${inFlight} in flight, ${tally.failures} failed, ${tally.incorrect} wrong, ` +
    `${tally.unknown} unknown, p99 get ${get.quantile(0.99).toFixed(1)} ms, ` +
    `put ${put.quantile(0.99).toFixed(1)} ms`
  );
}

/** Of milliseconds. */
export function quantilesOf(histogram: LatencyHistogram): Record<string, number> {
  const quantiles = Object.entries(QUANTILES).map(([name, fraction]) => [
    name,
    rounded(histogram.quantile(fraction)),
  ]);
  return Object.fromEntries([...quantiles, ['max', rounded(histogram.maxMilliseconds)]]);
}

/** 100 only where it is all of them. */
function percent(part: number, whole: number): number {
  return whole === 0 || part >= whole ? 100 : Math.floor((part / whole) * 10_000) / 100;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
