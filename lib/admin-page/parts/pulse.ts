/** The pulse of the cluster: metrics of all nodes, read every few seconds, as rates. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api.js';
import { addedUp, type Gain, gainOf, type Reading, type Readings } from '../logic/gained.js';
import { parseMetrics, quantile, type Sample, sumBy, totalOf } from '../logic/metrics.js';

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
  /** What counters have gained since the page was opened: the sums below are of it. */
  readonly gained: readonly Sample[];
  /** By operation and level, over the time that this page has looked. */
  readonly levels: ReadonlyMap<string, LevelLatency>;
  /** Failures in that time, by code. */
  readonly errors: ReadonlyMap<string, number>;
  /** Answers at a fallback in that time, by the level asked for and the one that held. */
  readonly fallbacks: ReadonlyMap<string, number>;
}

const INTERVAL_MILLISECONDS = 2000;
/** A node that hangs must not hold up the others, nor the few connections of a browser. */
const PATIENCE_MILLISECONDS = 1500;
const POINTS_MAX = 150;
const DURATION = 'quorate_request_duration_seconds_bucket';
const REQUESTS = 'quorate_requests_total';
export const NO_PULSE: Pulse = {
  times: [],
  series: new Map(),
  nodes: new Map(),
  gained: [],
  levels: new Map(),
  errors: new Map(),
  fallbacks: new Map(),
};

async function readAll(ids: readonly string[]): Promise<Map<string, Reading>> {
  const readings = new Map<string, Reading>();
  const look = async (id: string): Promise<void> => {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
      const { body } = await ask<string>(`/nodes/${id}/metrics`, { signal });
      if (body !== '') readings.set(id, { at: Date.now(), samples: parseMetrics(body) });
    } catch {
      // A node that does not answer has no samples.
    }
  };
  await Promise.all(ids.map(look));
  return readings;
}

const isRead = (operation: string | undefined): boolean => operation === 'get';
const isWrite = (operation: string | undefined): boolean =>
  operation === 'put' || operation === 'delete';

const sum = (map: ReadonlyMap<string, number>): number =>
  [...map.values()].reduce((total, value) => total + value, 0);

function pointOf(gains: readonly Gain[]): Record<SeriesName, number | undefined> {
  const rate = (
    name: string,
    holds: (labels: Sample['labels']) => boolean = () => true,
  ): number | undefined => {
    const rates = gains.map(
      ({ samples, seconds }) =>
        sum(sumBy(samples, name, (labels) => (holds(labels) ? '' : undefined))) / seconds,
    );
    return rates.length === 0 ? undefined : rates.reduce((total, value) => total + value, 0);
  };
  const gained = addedUp(gains.map(({ samples }) => samples));
  const p99 = (holds: (operation: string | undefined) => boolean): number | undefined => {
    const buckets = sumBy(gained, DURATION, ({ operation, le }) =>
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
    hints: rate('quorate_hints_stored_total'),
    siblings: rate('quorate_siblings_created_total'),
  };
}

function latencies(gained: readonly Sample[]): Map<string, LevelLatency> {
  const keys = sumBy(gained, REQUESTS, ({ operation = '', level = '' }) =>
    isRead(operation) || isWrite(operation)
      ? `${isRead(operation) ? 'read' : 'write'} ${level}`
      : undefined,
  );
  const rows = new Map<string, LevelLatency>();
  for (const [key, requests] of keys) {
    const [operation = '', level = ''] = key.split(' ');
    const holds = operation === 'read' ? isRead : isWrite;
    const buckets = sumBy(gained, DURATION, (labels) =>
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

/** What has gained anything, the most first. */
function most(counts: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...counts].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]));
}

function failures(gained: readonly Sample[]): Map<string, number> {
  const byCode = sumBy(gained, REQUESTS, ({ operation, result, class: kind }) =>
    (isRead(operation) || isWrite(operation)) && kind === 'failed' ? result : undefined,
  );
  return most(byCode);
}

function degraded(gained: readonly Sample[]): Map<string, number> {
  const byLevels = sumBy(gained, 'quorate_fallbacks_total', ({ level, achieved }) => {
    return `${level}, held ${achieved}`;
  });
  return most(byLevels);
}

/** @param now what each node said that answered, perhaps none */
function grown(pulse: Pulse, known: Readings, now: Readings, openedAt: number): Pulse {
  const gains = [...now].map(([id, reading]) => gainOf(known.get(id), reading, openedAt));
  const gained = addedUp([pulse.gained, ...gains.map(({ samples }) => samples)]);
  const nodes = new Map([...now].map(([id, { samples }]) => [id, samples]));
  // The first reading is what the others are held against.
  if (known.size === 0) return { ...pulse, nodes, gained };
  const point = pointOf(gains);
  const names = Object.keys(point) as SeriesName[];
  const series = new Map(
    names.map((name) => {
      const values = [...(pulse.series.get(name) ?? []), point[name]];
      return [name, values.slice(-POINTS_MAX)];
    }),
  );
  return {
    times: [...pulse.times, Date.now() / 1000].slice(-POINTS_MAX),
    ...{ series, nodes, gained, levels: latencies(gained) },
    errors: failures(gained),
    fallbacks: degraded(gained),
  };
}

export function usePulse(ids: readonly string[]): Pulse {
  const [pulse, setPulse] = useState(NO_PULSE);
  const known = useRef<Readings>(new Map());
  const openedAt = useRef(Date.now());
  const names = ids.join(' ');
  useEffect(() => {
    const list = names === '' ? [] : names.split(' ');
    let isOver = false;
    let isBusy = false;
    const look = async (): Promise<void> => {
      if (document.hidden || list.length === 0 || isBusy) return;
      isBusy = true;
      const now = await readAll(list);
      isBusy = false;
      if (isOver) return;
      const before = known.current;
      known.current = new Map([...before, ...now]);
      setPulse((old) => grown(old, before, now, openedAt.current));
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
