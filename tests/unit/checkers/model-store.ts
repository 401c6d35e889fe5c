/**
 * A store of a few lines that keeps every promise, and others that break one each: controls for
 * the checkers.
 */
import fc from 'fast-check';
import { writeValue } from '../../../lib/checkers/checked-value.js';
import type {
  FinalState,
  History,
  Read,
  ReadVersion,
  VersionName,
  Write,
} from '../../../lib/checkers/history.js';

export const KEYS = ['a', 'b'];

export interface Step {
  readonly operation: 'read' | 'put' | 'delete';
  readonly client: number;
  readonly key: string;
  /** Of what the client has seen last; else of nothing. */
  readonly withContext: boolean;
}

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    operation: fc.constantFrom('read', 'put', 'put', 'delete'),
    client: fc.nat({ max: 2 }),
    key: fc.constantFrom(...KEYS),
    withContext: fc.boolean(),
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
  /** What three replicas hold in the end. */
  readonly replicas: (state: State) => readonly string[];
}

const namesOf = (state: State): string => state.map(({ version }) => version).join(' ');

export const RIGHT: Rules = {
  write: (state, added, seen) => [...state.filter(({ version }) => !seen.includes(version)), added],
  read: (states) => states.at(-1) ?? [],
  replicas: (state) => [namesOf(state), namesOf(state), 'lags'],
};

/** Runs the steps one after the other, so that everything is established at once. */
export function run(rules: Rules, steps: readonly Step[]): History {
  const states = new Map<string, State[]>(KEYS.map((key) => [key, [[]]]));
  const seenBy = new Map<string, readonly VersionName[]>();
  const writes: Write[] = [];
  const reads: Read[] = [];
  steps.forEach(({ operation, client, key, withContext }, index) => {
    const [began, ended] = [10 * index, 10 * index + 5];
    const history = states.get(key) ?? [];
    const session = `${client} ${key}`;
    if (operation === 'read') {
      const versions = visible(rules.read(history));
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
      },
    });
    seenBy.set(session, [...seen, version]);
  });
  const finals = KEYS.map((key): FinalState => {
    const state = states.get(key)?.at(-1) ?? [];
    const began = 10 * steps.length;
    return { key, began, versions: visible(state), replicas: rules.replicas(state) };
  });
  return { replicaCount: 3, writes, reads, finals };
}

function visible(state: State): State {
  return state.filter(({ value }) => value !== undefined);
}

function namesIn(state: State): VersionName[] {
  return state.map(({ version }) => version);
}
