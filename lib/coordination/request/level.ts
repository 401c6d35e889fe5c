/** Consistency levels, a row each: whose answers count, and what else they promise (Dynamo 4.5). */
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import type { LevelPlan, LevelPromises, LevelRule, Plan, Primary } from '../../replication/plan.js';
import { majority, type Requirement } from '../../replication/quorum.js';
import type { Scope } from '../../staleness/proofs.js';
import { STALENESS_BY_DEFAULT, type StalenessDemand, stalenessDemand } from './staleness-demand.js';

interface LevelRow {
  readonly reads: boolean;
  readonly writes: boolean;
  /** Writes: may a durable hint on a stand-in stand for the one answer that is needed? */
  readonly standInWrites: boolean;
  /** Reads: with no primary to be reached, may what stand-ins hold be answered? */
  readonly standInReads: boolean;
  /** The answers of distinct primaries that must come. */
  readonly requires: LevelRule['requires'];
  /** What must hold a merge durably before a read answers with it. */
  readonly repairsTo: LevelRule['repairsTo'];
  /** What it promises where the key has these owners. */
  readonly promises: LevelRule['promises'];
  /** Does a request without a session token begin a session? */
  readonly beginsSession: boolean;
  /** Does a write leave what its session had seen with its value, and a read take that over? */
  readonly isCausal: boolean;
  /** How old an answer to a read may be; undefined: that is not what the level is about. */
  readonly staleness: StalenessDemand | undefined;
}

type Owners = readonly Primary[];

const nodesOf = (owners: Owners): NodeId[] => owners.map(({ node }) => node);
const near = (owners: Owners, zone: string): NodeId[] =>
  nodesOf(owners.filter((owner) => owner.zone === zone));

function zonesOf(owners: Owners): NodeId[][] {
  const zones = new Map<string, NodeId[]>();
  for (const { node, zone } of owners) zones.set(zone, [...(zones.get(zone) ?? []), node]);
  return [...zones.values()];
}

const anywhere =
  (required: number) =>
  (owners: Owners): Requirement[] => [{ nodes: nodesOf(owners), required }];
const mostOf = (nodes: readonly NodeId[]): Requirement => ({
  nodes,
  required: majority(nodes.length),
});
const quorum = (owners: Owners): Requirement[] => [mostOf(nodesOf(owners))];
const all = (owners: Owners): Requirement[] => anywhere(owners.length)(owners);
const localQuorum = (owners: Owners, zone: string): Requirement[] => [mostOf(near(owners, zone))];
const eachQuorum = (owners: Owners): Requirement[] => zonesOf(owners).map(mostOf);
const none = () => 'none' as const;
const unawaited = () => 'unawaited' as const;

/** Those that answer may not know what others have acknowledged. */
const ofSome = (): LevelPromises => ({
  ...{ settlesAcceptances: false, provesMiss: false, readsBeforeWrite: false, endsRaces: false },
});
/** Among those that answer is one that holds what was acknowledged at the same level. */
const ofQuorum = (): LevelPromises => ({
  ...{ settlesAcceptances: true, provesMiss: true, readsBeforeWrite: true, endsRaces: true },
});

const plain = {
  ...{ reads: true, writes: true },
  ...{ standInWrites: false, standInReads: false, beginsSession: false, isCausal: false },
  staleness: undefined,
};

/** So many primaries; a majority or more of them makes it a quorum. */
function counted(count: number): LevelRow {
  return {
    ...plain,
    requires: anywhere(count),
    repairsTo: (owners) => (count >= majority(owners.length) ? quorum(owners) : 'none'),
    promises: (owners) => (count >= majority(owners.length) ? ofQuorum() : ofSome()),
  };
}

const LEVELS = {
  one: counted(1),
  two: counted(2),
  three: counted(3),
  quorum: { ...plain, requires: quorum, repairsTo: quorum, promises: ofQuorum },
  all: { ...plain, requires: all, repairsTo: quorum, promises: ofQuorum },
  any: { ...counted(1), reads: false, standInWrites: true },
  eventual: {
    ...{ ...plain, standInWrites: true, standInReads: true },
    ...{ requires: anywhere(1), repairsTo: none, promises: ofSome },
  },
  'local-one': {
    ...plain,
    requires: (owners, zone) => [{ nodes: near(owners, zone), required: 1 }],
    ...{ repairsTo: none, promises: ofSome },
  },
  'local-quorum': {
    ...plain,
    ...{ requires: localQuorum, repairsTo: localQuorum, promises: ofQuorum },
  },
  'each-quorum': { ...plain, requires: eachQuorum, repairsTo: eachQuorum, promises: ofQuorum },
  session: { ...counted(1), beginsSession: true },
  causal: { ...counted(1), beginsSession: true, isCausal: true },
  /** Reads are decided by proofs (bounded-reads.ts); writes are as at quorum. */
  'bounded-staleness': {
    ...plain,
    ...{ requires: quorum, repairsTo: quorum, promises: ofQuorum },
    staleness: STALENESS_BY_DEFAULT,
  },
  /** Decided by consensus (strong.ts); a majority must be there. */
  strong: { ...plain, requires: quorum, repairsTo: quorum, promises: ofQuorum },
} as const satisfies Record<string, LevelRow>;

export type LevelName = keyof typeof LEVELS;
export const LEVEL_NAMES = Object.keys(LEVELS) as readonly LevelName[];
/** For people. */
const KNOWN = [...LEVEL_NAMES, 'a number of primaries'];

/** A level as a request names it: a row, or a number of primaries. `name`: `quorum`, `4`. */
export interface ConsistencyLevel extends LevelRow {
  readonly name: string;
}

/** Decided by consensus: strong.ts. */
export const STRONG: LevelName = 'strong';

/** A read whose age is to be bounded asks this many, where no proof is new enough. */
export const WIDE_READS: Readonly<Record<Scope, ConsistencyLevel>> = {
  all: {
    ...{ ...plain, name: 'bounded-staleness of all' },
    ...{ requires: all, repairsTo: unawaited, promises: ofQuorum },
  },
  quorum: {
    ...{ ...plain, name: 'bounded-staleness of quorum' },
    ...{ requires: quorum, repairsTo: unawaited, promises: ofQuorum },
  },
};

/** The age of what is read is bounded: bounded-reads.ts. */
export const BOUNDED: LevelName = 'bounded-staleness';

export function isStrong({ name }: ConsistencyLevel): boolean {
  return name === STRONG;
}

/** Made once: every request names a level, mostly as it stands here. */
const NAMED: ReadonlyMap<string, ConsistencyLevel> = new Map(
  LEVEL_NAMES.map((name) => [name, { name, ...LEVELS[name] }]),
);

/**
 * The level of a text: case-insensitive, surrounding blanks ignored.
 * @throws OperatingError `invalid_level` (unknown, zero, with parameters that it does not take, not
 * for this operation).
 */
export function parseLevel(text: string, operation: 'read' | 'write'): ConsistencyLevel {
  const known = NAMED.get(text);
  // Nearly all texts are names of levels, written as in the table.
  if (known?.[operation === 'read' ? 'reads' : 'writes'] === true) return known;
  const [name = '', ...parameters] = NAMED.has(text) ? [text] : partsOf(text);
  const level = find(name);
  if (level === undefined) {
    const message = `there is no consistency level "${name}"; there are ${KNOWN.join(', ')}`;
    throw new OperatingError('invalid_level', message, {
      details: { received: text, known: KNOWN },
    });
  }
  if (level.staleness !== undefined) {
    return { ...level, staleness: stalenessDemand(text, parameters) };
  }
  if (parameters.length > 0) {
    throw new OperatingError('invalid_level', `the level "${name}" takes no parameters`, {
      details: { received: text },
    });
  }
  if (operation === 'read' ? !level.reads : !level.writes) {
    throw new OperatingError('invalid_level', `the level "${name}" is not for ${operation}s`, {
      details: { received: text },
    });
  }
  return level;
}

/** The name of what a request asks for, without its parameters; `other` where there is no such. */
export function levelName(text: string): LevelName | 'other' {
  const [name = ''] = partsOf(text);
  return NAMED.has(name) ? (name as LevelName) : 'other';
}

function partsOf(text: string): string[] {
  return text.split(';').map((part) => part.trim().toLowerCase());
}

function find(name: string): ConsistencyLevel | undefined {
  const named = NAMED.get(name);
  if (named !== undefined) return named;
  if (/^[1-9][0-9]?$/.test(name)) return { name, ...counted(Number(name)) };
  return undefined;
}

/**
 * Until when a level may take, in milliseconds: one that hangs leaves an equal share of the time to
 * each level below it.
 * @param levels that are still to be tried, this one among them
 */
export function endOfShare(now: number, deadline: number, levels: number): number {
  return now + Math.max(0, deadline - now) / levels;
}

/** A level that a request tries, and what it asks of the key. */
export interface Attempt extends LevelPlan {
  readonly level: ConsistencyLevel;
}

/**
 * The level and its fallbacks under a plan.
 * @param zone of the node that the client talks to
 * @throws OperatingError `invalid_level`, with `required`, where one asks for more replicas than
 * there are (a number beyond N, a zone that holds none)
 */
export function attemptsOf(
  levels: readonly ConsistencyLevel[],
  plan: Plan,
  zone: string = plan.zone,
): Attempt[] {
  return levels.map((level) => attemptOf(level, plan.under(level, zone)));
}

/** Each request has attempts: made once for each plan and level. */
const attempts = new WeakMap<LevelPlan, Attempt>();

function attemptOf(level: ConsistencyLevel, under: LevelPlan): Attempt {
  const known = attempts.get(under);
  if (known !== undefined) return known;
  for (const { nodes, required } of under.quorum.requirements) {
    if (required > nodes.length) throw tooFewOwners(level, nodes.length, required);
  }
  const attempt = { ...under, level };
  attempts.set(under, attempt);
  return attempt;
}

function tooFewOwners(level: ConsistencyLevel, replicas: number, required: number): OperatingError {
  const message = `"${level.name}" needs more replicas than the key has`;
  const details = { required, replicas, received: level.name };
  return new OperatingError('invalid_level', message, { details });
}
