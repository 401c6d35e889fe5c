/** Levels, fallbacks, conditions: what the requests of a simulated client say. */
import type { Token } from './kv-client.js';
import type { Addressed, Condition, ReadRequest } from './kv-request.js';
import type { SeededRandom } from './seeded-random.js';

export const READ_LEVELS = [
  ...['quorum', 'quorum', 'quorum', 'one', 'two', 'three', 'all', 'eventual', '2'],
  ...['local-one', 'local-quorum', 'each-quorum', 'session', 'session', 'causal', 'causal'],
  ...['strong', 'strong', 'strong'],
];
/** How old an answer may be, and of what. */
const BOUNDED_LEVELS = [
  ...['bounded-staleness', 'bounded-staleness;max=100ms', 'bounded-staleness;max=300ms'],
  ...['bounded-staleness;max=500ms;scope=all', 'bounded-staleness;max=2s;scope=quorum'],
  ...['bounded-staleness;max=0', 'Bounded-Staleness; max=10s', 'bounded-staleness;max=1m'],
  ...['bounded-staleness;max=10s;scope=all', 'bounded-staleness;max=10s;scope=quorum'],
];
/** So wide that a replica proves nearly always that it is no older. */
export const WIDE_BOUNDS = [
  ...['bounded-staleness;max=10s', 'bounded-staleness;max=3s', 'bounded-staleness;max=1m'],
  ...['bounded-staleness;max=10s;scope=all', 'bounded-staleness;max=10s;scope=quorum'],
];
export const WRITE_LEVELS = [...READ_LEVELS, 'any', 'any', 'eventual', 'one', 'QUORUM'].concat(
  'bounded-staleness',
);
const FALLBACKS = [[], [], [], ['one'], ['quorum', 'one'], ['eventual'], ['quorum', 'eventual']];
const READ_REPAIRS = ['await', 'async', 'none'] as const;

/** Now and then one that can hold: on what its client has seen last, or on a key without values. */
export function drawCondition(
  random: SeededRandom,
  token: Token | undefined,
): Condition | undefined {
  if (!random.chance(0.12)) return undefined;
  const version = token?.shown.length === 1 ? token.shown[0] : token?.shown.at(-1);
  return version === undefined || random.chance(0.3)
    ? { is: 'absent' }
    : { is: 'version', version };
}

export function expectedBy(condition: Condition | undefined): readonly string[] | undefined {
  return condition && (condition.is === 'absent' ? [] : [condition.version]);
}

export function drawRead(random: SeededRandom, key: string): ReadRequest {
  const isBounded = random.chance(0.35);
  return {
    ...addressed(random, key, isBounded ? BOUNDED_LEVELS : READ_LEVELS),
    // A read that is to repair asks all owners, whatever could be proven.
    readRepair: random.chance(isBounded ? 0.1 : 0.5) ? random.pick(READ_REPAIRS) : undefined,
    asList: random.chance(0.3),
  };
}

export function addressed(random: SeededRandom, key: string, levels: readonly string[]): Addressed {
  return {
    key,
    level: random.chance(0.1) ? undefined : random.pick(levels),
    fallbacks: random.pick(FALLBACKS),
    timeoutMilliseconds: random.pick([40, 300, 1000, 2000]),
    inQuery: random.chance(0.2),
  };
}

export function given(level: string | undefined): Partial<Addressed> {
  return level === undefined ? {} : { ...PATIENT, level };
}

export const PATIENT = { fallbacks: [] as readonly string[], timeoutMilliseconds: 4000 };
