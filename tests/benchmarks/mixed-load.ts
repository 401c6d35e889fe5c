/** Puts and gets at quorum in turn over a set of keys, and what became of them. */
import { LatencyHistogram } from '../../bin/stress/latency-histogram.js';
import type { Answered, OpenRequest } from './open-load.js';
import { OpenLoad, sendOnce } from './open-load.js';

/** What nodes are told with each request: no answer may take longer from when it left. */
export const DEADLINE_MILLISECONDS = 5000;
/** A node that says nothing even then is given up. */
const PATIENCE_MILLISECONDS = 2 * DEADLINE_MILLISECONDS;
const CONNECTIONS = 66;
/** Coprime to every round number of keys. */
const STRIDE = 7919;
/** Of so many gets one is looked into. */
const CHECK_EVERY = 64;
const VALUE_CHARACTERS = 98;
const OK = 200;
const CONFLICT = 409;

const COMMON = {
  'X-Timeout': `${DEADLINE_MILLISECONDS}ms`,
  'X-Consistency-Level': 'quorum',
};
/** A put whose connection broke may have happened, and stand beside the next one. */
const PUT = { ...COMMON, 'Content-Type': 'application/json' };

export interface MixedTally {
  readonly latencies: LatencyHistogram;
  /** Answers that say no. */
  failures: number;
  /** Connections that broke, as those to a node that is killed do. */
  broken: number;
  /** Without an answer, or with one too late, from when they left. */
  beyondDeadline: number;
  /** In time so, but not from when they were due: they waited for a connection. */
  late: number;
  /** Gets that found two values side by side: one of them of a put whose connection broke. */
  siblings: number;
  /** Answers that were looked into, and of those the ones that hold a value of another key. */
  checked: number;
  wrong: number;
  readonly reasons: Map<string, number>;
}

export function newTally(): MixedTally {
  return {
    latencies: new LatencyHistogram(),
    ...{ failures: 0, broken: 0, beyondDeadline: 0, late: 0, siblings: 0, checked: 0, wrong: 0 },
    reasons: new Map(),
  };
}

/** The n-th request: a key is written again only when all others were. */
export function mixedRequest(n: number, keys: number): OpenRequest {
  const turn = n >> 1;
  const isPut = n % 2 === 0;
  // Gets are half the set behind the puts.
  const key = keyAt(isPut ? turn : turn + (keys >> 1), keys);
  const path = `/api/v1/kv/${key}`;
  if (isPut) return { method: 'PUT', path, headers: PUT, body: bodyOf(key, n) };
  return { method: 'GET', path, headers: COMMON, keepBody: isChecked(n) };
}

function keyAt(turn: number, keys: number): string {
  return `mixed-${(turn * STRIDE) % keys}`;
}

function bodyOf(key: string, n: number): string {
  return JSON.stringify({ value: `${key}/${n}/`.padEnd(VALUE_CHARACTERS, '.') });
}

function isChecked(n: number): boolean {
  return n % 2 === 1 && (n >> 1) % CHECK_EVERY === 0;
}

export function judge(tally: MixedTally, answered: Answered, keys: number): void {
  const { n, milliseconds, underwayMilliseconds, status, body, reason } = answered;
  tally.latencies.record(milliseconds);
  const isBeyond = underwayMilliseconds > DEADLINE_MILLISECONDS;
  if (isBeyond) tally.beyondDeadline += 1;
  else if (milliseconds > DEADLINE_MILLISECONDS) tally.late += 1;
  if (status === OK) {
    if (body === undefined) return;
    tally.checked += 1;
    const { value } = JSON.parse(body) as { readonly value: string };
    if (!value.startsWith(`${keyAt((n >> 1) + (keys >> 1), keys)}/`)) tally.wrong += 1;
  } else if (status === CONFLICT && n % 2 === 1) tally.siblings += 1;
  else if (status === 0 && !isBeyond) tally.broken += 1;
  else tally.failures += 1;
  if (status === OK) return;
  const name = reason ?? `${n % 2 === 0 ? 'put' : 'get'}: ${status}`;
  tally.reasons.set(name, (tally.reasons.get(name) ?? 0) + 1);
}

export interface MixedLoadOptions {
  readonly endpoints: readonly string[];
  readonly keys: number;
  /** Infinity: a closed loop, which finds the limit. */
  readonly perSecond: number;
  readonly onAnswer: (answered: Answered) => void;
}

export function mixedLoad({ endpoints, keys, perSecond, onAnswer }: MixedLoadOptions): OpenLoad {
  return new OpenLoad({
    ...{ endpoints, perSecond, connections: CONNECTIONS, onAnswer },
    patienceMilliseconds: PATIENCE_MILLISECONDS,
    request: (n) => mixedRequest(n, keys),
  });
}

/** Every key once. @throws Error where one is refused */
export function fillMixed(endpoints: readonly string[], keys: number): Promise<void> {
  const request = (n: number): OpenRequest => mixedRequest(2 * n, keys);
  return sendOnce({ endpoints, connections: CONNECTIONS, count: keys, request });
}
