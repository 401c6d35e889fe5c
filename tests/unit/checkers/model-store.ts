/**
 * A store of a few lines that keeps every promise, and others that break one each: controls for
 * the checkers.
 */
import fc from 'fast-check';
import { writeValue } from '../../../lib/checkers/checked-value.js';
import type {
  FinalState,
  History,
  RecordedRead,
  ReadVersion,
  VersionName,
  RecordedWrite,
} from '../../../lib/checkers/history.js';

export const KEYS = ['a', 'b'];

export interface Step {
  readonly operation: 'read' | 'put' | 'delete';
  readonly client: number;
  readonly key: string;
  /** Of what the client has seen last; else of nothing. */
  readonly withContext: boolean;
  /** Of a put: steps until its value ends; 0: never. */
  readonly lives: number;
}

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    operation: fc.constantFrom('read', 'put', 'put', 'delete'),
    client: fc.nat({ max: 2 }),
    key: fc.constantFrom(...KEYS),
    withContext: fc.boolean(),
    lives: fc.constantFrom(0, 0, 1, 3, 10),
  }),
  { minLength: 1, maxLength: 40 },
);

type State = readonly ReadVersion[];

/** What an implementation may get wrong. */
export interface Rules {
  /** The state after a write of `added`, whose writer had seen `seen`. */
  readonly write: (state: State, added: ReadVersion, seen: readonly VersionName[]) => State;
  /** What a reader gets, of all the states that the key ever had, the newest last. */
  readonly read: (states: readonly State[]) => State;
  /** Is the value of a put that ends at `end` gone now? */
  readonly isOver: (end: number, now: number) => boolean;
  /** What three replicas hold in the end. */
  readonly replicas: (state: State) => readonly string[];
}

const namesOf = (state: State): string => state.map(({ version }) => version).join(' ');

export const RIGHT: Rules = {
  write: (state, added, seen) => [...state.filter(({ version }) => !seen.includes(version)), added],
  read: (states) => states.at(-1) ?? [],
  isOver: (end, now) => end <= now,
  replicas: (state) => [namesOf(state), namesOf(state), 'lags'],
};

/** Runs the steps one after the other, so that everything is established at once. */
export function run(rules: Rules, steps: readonly Step[]): History {
  const states = new Map<string, State[]>(KEYS.map((key) => [key, [[]]]));
  const seenBy = new Map<string, readonly VersionName[]>();
  const ends = new Map<VersionName, number>();
  const visibleAt = (state: State, now: number): State =>
    visible(state).filter(({ version }) => {
      const end = ends.get(version);
      return end === undefined || !rules.isOver(end, now);
    });
  const writes: RecordedWrite[] = [];
  const reads: RecordedRead[] = [];
  steps.forEach(({ operation, client, key, withContext, lives }, index) => {
    const [began, ended] = [10 * index, 10 * index + 5];
    const history = states.get(key) ?? [];
    const session = `${client} ${key}`;
    if (operation === 'read') {
      const versions = visibleAt(rules.read(history), began);
      reads.push({
        ...{ id: `r${index}`, key, began, ended, versions },
        ...{ answered: 2, repaired: 2 },
      });
      seenBy.set(session, namesIn(versions));
      return;
    }
    const kind = operation === 'put' ? 'value' : 'delete';
    const seen = withContext ? (seenBy.get(session) ?? []) : [];
    const [id, version] = [`w${index}`, `v${index}`];
    const value = kind === 'value' ? writeValue({ key, writeId: id }) : undefined;
    const end = kind === 'value' && lives > 0 ? 10 * (index + lives) : undefined;
    if (end !== undefined) ends.set(version, end);
    history.push(rules.write(history.at(-1) ?? [], { version, value }, seen));
    writes.push({
      ...{
        id,
        key,
        kind,
        began,
        ended,
        outcome: 'acknowledged',
        version,
        seen,
        holders: 2,
        consulted: 0,
        expiry: end === undefined ? undefined : { from: end, until: end, by: end },
      },
    });
    seenBy.set(session, [...seen, version]);
  });
  const finals = KEYS.map((key): FinalState => {
    const state = states.get(key)?.at(-1) ?? [];
    const began = 10 * steps.length;
    return { key, began, versions: visibleAt(state, began), replicas: rules.replicas(state) };
  });
  return { replicaCount: 3, writes, reads, finals };
}

function visible(state: State): State {
  return state.filter(({ value }) => value !== undefined);
}

function namesIn(state: State): VersionName[] {
  return state.map(({ version }) => version);
}
