/** What the counters of all nodes have gained while the page looked, reading by reading. */
import { type Sample, totalOf } from './metrics.js';

/** Of one node. */
export interface Reading {
  /** Milliseconds since 1970, here. */
  readonly at: number;
  readonly samples: readonly Sample[];
}

/** The latest reading of each node, also of those that are silent by now. */
export type Readings = ReadonlyMap<string, Reading>;

export interface Gain {
  /** Samples whose values are what was gained. */
  readonly samples: readonly Sample[];
  /** In which it was gained. */
  readonly seconds: number;
}

const COUNTERS: ReadonlySet<string> = new Set([
  ...['quorate_requests_total', 'quorate_request_duration_seconds_bucket'],
  ...['quorate_fallbacks_total', 'quorate_hints_stored_total', 'quorate_siblings_created_total'],
]);

const idOf = ({ name, labels }: Sample): string => JSON.stringify([name, labels]);

/**
 * Since the last reading of this node, however long ago that was. A node that began since then has
 * gained all that it counts; of one that was never read it is not known when it counted.
 * @param openedAt when the page began to look
 */
export function gainOf(before: Reading | undefined, after: Reading, openedAt: number): Gain {
  const since = before?.at ?? openedAt;
  const uptime = totalOf(after.samples, 'quorate_uptime_seconds') ?? Infinity;
  const began = 1000 * uptime < after.at - since;
  const seconds = Math.max(0.001, began ? uptime : (after.at - since) / 1000);
  if (!began && before === undefined) return { samples: [], seconds };
  const earlier = new Map(
    (began ? [] : (before?.samples ?? [])).map((sample) => [idOf(sample), sample.value]),
  );
  const samples = after.samples
    .filter(({ name }) => COUNTERS.has(name))
    .map((sample) => {
      // A counter is not reported before it has counted.
      const known = earlier.get(idOf(sample)) ?? 0;
      return { ...sample, value: sample.value >= known ? sample.value - known : sample.value };
    });
  return { samples, seconds };
}

export function addedUp(lists: readonly (readonly Sample[])[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const sample of lists.flat()) {
    const id = idOf(sample);
    sums.set(id, { ...sample, value: (sums.get(id)?.value ?? 0) + sample.value });
  }
  return [...sums.values()];
}
