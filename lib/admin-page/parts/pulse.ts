/** The pulse of the cluster: metrics of all nodes, read every few seconds, as rates. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api.js';
import { gains, parseMetrics, quantile, type Sample, sumBy, totalOf } from '../logic/metrics.js';

export type SeriesName =
  | 'reads'
  | 'writes'
  | 'errors'
  | 'readP99'
  | 'writeP99'
  | 'hints'
  | 'siblings';

export interface LevelLatency {
  readonly operation: string;
  readonly level: string;
  readonly requests: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface Pulse {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** A value for each time; undefined: nothing to be measured. */
  readonly series: ReadonlyMap<SeriesName, readonly (number | undefined)[]>;
  /** The latest samples of each node that answered. */
  readonly nodes: ReadonlyMap<string, readonly Sample[]>;
  /** By operation and level, over the time that this page has looked. */
  readonly levels: ReadonlyMap<string, LevelLatency>;
  /** Failures in that time, by code. */
  readonly errors: ReadonlyMap<string, number>;
  /** Answers at a fallback in that time, by the level asked for and the one that held. */
  readonly fallbacks: ReadonlyMap<string, number>;
}

interface Reading {
  readonly at: number;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

const INTERVAL_MILLISECONDS = 2000;
const POINTS_MAX = 150;
const DURATION = 'quorate_request_duration_seconds_bucket';
const REQUESTS = 'quorate_requests_total';
export const NO_PULSE: Pulse = {
  times: [],
  series: new Map(),
  nodes: new Map(),
  levels: new Map(),
  errors: new Map(),
  fallbacks: new Map(),
};

async function readAll(ids: readonly string[]): Promise<Reading> {
  const samples = new Map<string, readonly Sample[]>();
  const look = async (id: string): Promise<void> => {
    try {
      const { body } = await ask<string>(`/nodes/${id}/metrics`);
      if (body !== '') samples.set(id, parseMetrics(body));
    } catch {
      // A node that does not answer has no samples.
    }
  };
  await Promise.all(ids.map(look));
  return { at: Date.now(), samples };
}

const isRead = (operation: string | undefined): boolean => operation === 'get';
const isWrite = (operation: string | undefined): boolean =>
  operation === 'put' || operation === 'delete';

/** What all nodes that were read both times have gained, by a label. */
function gainedBy(
  before: Reading,
  after: Reading,
  name: string,
  labelOf: (labels: Sample['labels']) => string | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [id, samples] of after.samples) {
    const earlier = before.samples.get(id);
    if (earlier === undefined) continue;
    for (const [label, gain] of gains(
      sumBy(earlier, name, labelOf),
      sumBy(samples, name, labelOf),
    )) {
      sums.set(label, (sums.get(label) ?? 0) + gain);
    }
  }
  return sums;
}

const sum = (map: ReadonlyMap<string, number>): number =>
  [...map.values()].reduce((total, value) => total + value, 0);

function pointOf(before: Reading, after: Reading): Record<SeriesName, number | undefined> {
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  const rate = (name: string, holds: (labels: Sample['labels']) => boolean): number =>
    sum(gainedBy(before, after, name, (labels) => (holds(labels) ? '' : undefined))) / seconds;
  const p99 = (holds: (operation: string | undefined) => boolean): number | undefined => {
    const buckets = gainedBy(before, after, DURATION, ({ operation, le }) =>
      holds(operation) ? le : undefined,
    );
    const value = quantile(0.99, buckets);
    return value === undefined ? undefined : 1000 * value;
  };
  return {
    reads: rate(REQUESTS, ({ operation }) => isRead(operation)),
    writes: rate(REQUESTS, ({ operation }) => isWrite(operation)),
    errors: rate(REQUESTS, ({ operation, class: kind }) => {
      return (isRead(operation) || isWrite(operation)) && kind === 'failed';
    }),
    readP99: p99(isRead),
    writeP99: p99(isWrite),
    hints: rate('quorate_hints_stored_total', () => true),
    siblings: rate('quorate_siblings_created_total', () => true),
  };
}

/** Over all that the page has seen. */
function latencies(first: Reading, last: Reading): Map<string, LevelLatency> {
  const keys = gainedBy(first, last, REQUESTS, ({ operation = '', level = '' }) =>
    isRead(operation) || isWrite(operation)
      ? `${isRead(operation) ? 'read' : 'write'} ${level}`
      : undefined,
  );
  const rows = new Map<string, LevelLatency>();
  for (const [key, requests] of keys) {
    const [operation = '', level = ''] = key.split(' ');
    const holds = operation === 'read' ? isRead : isWrite;
    const buckets = gainedBy(first, last, DURATION, (labels) =>
      holds(labels['operation']) && labels['level'] === level ? labels['le'] : undefined,
    );
    const of = (share: number): number | undefined => {
      const value = quantile(share, buckets);
      return value === undefined ? undefined : 1000 * value;
    };
    rows.set(key, { operation, level, requests, p50: of(0.5), p99: of(0.99) });
  }
  return rows;
}

function failures(first: Reading, last: Reading): Map<string, number> {
  const byCode = gainedBy(first, last, REQUESTS, ({ operation, result, class: kind }) =>
    (isRead(operation) || isWrite(operation)) && kind === 'failed' ? result : undefined,
  );
  return new Map([...byCode].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]));
}

function degraded(first: Reading, last: Reading): Map<string, number> {
  const byLevels = gainedBy(first, last, 'quorate_fallbacks_total', ({ level, achieved }) => {
    return `${level}, held ${achieved}`;
  });
  return new Map([...byLevels].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]));
}

export function grown(pulse: Pulse, first: Reading, before: Reading, after: Reading): Pulse {
  const point = pointOf(before, after);
  const names = Object.keys(point) as SeriesName[];
  const series = new Map(
    names.map((name) => {
      const values = [...(pulse.series.get(name) ?? []), point[name]];
      return [name, values.slice(-POINTS_MAX)];
    }),
  );
  return {
    times: [...pulse.times, after.at / 1000].slice(-POINTS_MAX),
    series,
    nodes: after.samples,
    levels: latencies(first, after),
    errors: failures(first, after),
    fallbacks: degraded(first, after),
  };
}

export function usePulse(ids: readonly string[]): Pulse {
  const [pulse, setPulse] = useState(NO_PULSE);
  const readings = useRef<{ first: Reading; last: Reading } | undefined>(undefined);
  const names = ids.join(' ');
  useEffect(() => {
    const list = names === '' ? [] : names.split(' ');
    let isOver = false;
    const look = async (): Promise<void> => {
      if (document.hidden || list.length === 0) return;
      const now = await readAll(list);
      if (isOver || now.samples.size === 0) return;
      const before = readings.current;
      readings.current = { first: before?.first ?? now, last: now };
      setPulse((old) =>
        before === undefined
          ? { ...old, nodes: now.samples }
          : grown(old, before.first, before.last, now),
      );
    };
    void look();
    const timer = setInterval(() => void look(), INTERVAL_MILLISECONDS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [names]);
  return pulse;
}

/** One figure of one node. */
export function gauge(pulse: Pulse, node: string, name: string): number | undefined {
  const samples = pulse.nodes.get(node);
  return samples === undefined ? undefined : totalOf(samples, name);
}
