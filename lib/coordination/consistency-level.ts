/** Consistency levels, a row each: whose answers count, and what else they promise (Dynamo 4.5). */
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { PreferenceList } from '../replication/preference-list.js';
import type { Requirement } from '../replication/quorum.js';
import { majority } from '../replication/quorum.js';

interface LevelRow {
  readonly reads: boolean;
  readonly writes: boolean;
  /** Those that wait for a later version answer 501. */
  readonly available: boolean;
  /** May a durable hint on a stand-in stand for the one answer that is needed? */
  readonly sloppyWrites: boolean;
  /** The answers of distinct primaries that must come. */
  readonly requires: (list: PreferenceList) => Requirement[];
  /** What must hold a merge durably before a read answers with it; undefined: nothing must. */
  readonly repairs: (list: PreferenceList) => Requirement[] | undefined;
}

const everywhere = (list: PreferenceList): NodeId[] => list.primaries.map(({ node }) => node);
const near = (list: PreferenceList): NodeId[] =>
  list.primaries.filter(({ zone }) => zone === list.zone).map(({ node }) => node);

function zones(list: PreferenceList): NodeId[][] {
  const byZone = new Map<string, NodeId[]>();
  for (const { node, zone } of list.primaries) {
    byZone.set(zone, [...(byZone.get(zone) ?? []), node]);
  }
  return [...byZone.values()];
}

const anywhere =
  (count: number) =>
  (list: PreferenceList): Requirement[] => [{ nodes: everywhere(list), required: count }];
const mostOf = (nodes: readonly NodeId[]): Requirement => ({
  nodes,
  required: majority(nodes.length),
});
const quorum = (list: PreferenceList): Requirement[] => [mostOf(everywhere(list))];
const all = (list: PreferenceList): Requirement[] => anywhere(list.primaries.length)(list);
const localQuorum = (list: PreferenceList): Requirement[] => [mostOf(near(list))];
const eachQuorum = (list: PreferenceList): Requirement[] => zones(list).map(mostOf);

const plain = { reads: true, writes: true, available: true, sloppyWrites: false };
const later = {
  ...plain,
  available: false,
  requires: anywhere(1),
  repairs: () => undefined,
};

/** So many primaries; a majority or more of them makes it a quorum. */
function counted(count: number): LevelRow {
  return {
    ...plain,
    requires: anywhere(count),
    repairs: (list) => (count >= majority(list.primaries.length) ? quorum(list) : undefined),
  };
}

const LEVELS = {
  one: counted(1),
  two: counted(2),
  three: counted(3),
  quorum: { ...plain, requires: quorum, repairs: quorum },
  all: { ...plain, requires: all, repairs: quorum },
  any: { ...counted(1), reads: false, sloppyWrites: true },
  eventual: { ...counted(1), sloppyWrites: true, repairs: () => undefined },
  'local-one': {
    ...plain,
    requires: (list) => [{ nodes: near(list), required: 1 }],
    repairs: () => undefined,
  },
  'local-quorum': { ...plain, requires: localQuorum, repairs: localQuorum },
  'each-quorum': { ...plain, requires: eachQuorum, repairs: eachQuorum },
  session: later,
  causal: later,
  'bounded-staleness': later,
  strong: later,
} as const satisfies Record<string, LevelRow>;

export type LevelName = keyof typeof LEVELS;
export const LEVEL_NAMES = Object.keys(LEVELS) as readonly LevelName[];
/** The levels that work in this version. */
export const AVAILABLE_LEVELS = LEVEL_NAMES.filter((name) => LEVELS[name].available);

/** A level as a request names it: a row, or a number of primaries. */
export interface ConsistencyLevel {
  /** Canonical: `quorum`, `4`. */
  readonly name: string;
  readonly row: LevelRow;
}

/** Made once: every request names a level, mostly as it stands here. */
const NAMED: ReadonlyMap<string, ConsistencyLevel> = new Map(
  LEVEL_NAMES.map((name) => [name, { name, row: LEVELS[name] }]),
);

/**
 * The level of a text: case-insensitive, surrounding blanks ignored.
 * @throws OperatingError `invalid_level` (unknown, zero, with parameters that it does not take, not
 * for this operation) or `not_implemented`.
 */
export function parseLevel(text: string, operation: 'read' | 'write'): ConsistencyLevel {
  const [name = '', ...parameters] = NAMED.has(text) ? [text] : partsOf(text);
  const level = find(name);
  if (level === undefined) {
    throw new OperatingError('invalid_level', `there is no consistency level "${name}"`, {
      details: { received: text, known: [...AVAILABLE_LEVELS, 'a number of primaries'] },
    });
  }
  if (!level.row.available) {
    throw new OperatingError('not_implemented', `the level "${name}" is not in this version`, {
      details: { received: text, known: AVAILABLE_LEVELS },
    });
  }
  if (parameters.length > 0) {
    throw new OperatingError('invalid_level', `the level "${name}" takes no parameters`, {
      details: { received: text },
    });
  }
  if (operation === 'read' ? !level.row.reads : !level.row.writes) {
    throw new OperatingError('invalid_level', `the level "${name}" is not for ${operation}s`, {
      details: { received: text },
    });
  }
  return level;
}

function partsOf(text: string): string[] {
  return text.split(';').map((part) => part.trim().toLowerCase());
}

function find(name: string): ConsistencyLevel | undefined {
  const named = NAMED.get(name);
  if (named !== undefined) return named;
  if (/^[1-9][0-9]?$/.test(name)) return { name, row: counted(Number(name)) };
  return undefined;
}

/**
 * What the level asks of this key.
 * @throws OperatingError `invalid_level`, with `required`, where it asks for more replicas than
 * there are (a number beyond N, a zone that holds none).
 */
export function requirementsOf(level: ConsistencyLevel, list: PreferenceList): Requirement[] {
  const requirements = level.row.requires(list);
  for (const { nodes, required } of requirements) {
    if (required <= nodes.length) continue;
    throw new OperatingError(
      'invalid_level',
      `"${level.name}" needs more replicas than the key has`,
      {
        details: { required, replicas: nodes.length, received: level.name },
      },
    );
  }
  return requirements;
}

/** Are enough of the primaries up? */
export function isPossible(requirements: readonly Requirement[], list: PreferenceList): boolean {
  return requirements.every(({ nodes, required }) => {
    const up = list.primaries.filter((primary) => primary.up && nodes.includes(primary.node));
    return up.length >= required;
  });
}
