/** Plans: whom a request for a partition asks, in which order, and how many must answer (4.3). */
import type { NodeId } from '../environment/transport.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { RingHistory } from '../partitioning/ring-history.js';
import type { ClusterView } from './cluster-view.js';
import { majority, Quorum, type Requirement } from './quorum.js';

/** An owner of the key's partition, in its role for a request. */
export interface Primary {
  readonly node: NodeId;
  readonly zone: string;
  readonly up: boolean;
}

/**
 * What a level promises of requests, beyond answers that are enough. Each has a name of its own:
 * nothing is concluded from the one to the other.
 */
export interface LevelPromises {
  /** A read, or a list, shows what was accepted at `strong` before it began (K12). */
  readonly settlesAcceptances: boolean;
  /** "There is nothing" is answered by those that were asked; else all are heard first (D5). */
  readonly provesMiss: boolean;
  /** A write that must know what is there, as one that keeps its end does, asks the others (W2). */
  readonly readsBeforeWrite: boolean;
  /** A write without a context replaces what the others hold, too (W7). */
  readonly endsRaces: boolean;
}

/** What a consistency level asks of one set of owners; pure functions of the set. */
export interface LevelRule {
  /** Unique: what was computed for it is kept under it. */
  readonly name: string;
  /** The answers of distinct primaries that must come. */
  requires(owners: readonly Primary[], zone: string): readonly Requirement[];
  /** What must hold a merge durably before a read answers with it. */
  repairsTo(owners: readonly Primary[], zone: string): readonly Requirement[] | WithoutWaiting;
  promises(owners: readonly Primary[]): LevelPromises;
}

/**
 * `unawaited`: replicas that lag are repaired, and no answer waits for them. `none`: the level
 * repairs nothing, a read answers what it received.
 */
type WithoutWaiting = 'unawaited' | 'none';

/** What must hold a merge before an answer. */
export type RepairTarget = Quorum | WithoutWaiting;

/** A level under a plan. It promises what it promises under each set. */
export interface LevelPlan extends LevelPromises {
  readonly quorum: Quorum;
  readonly repairsTo: RepairTarget;
  /** Can the primaries that are up reach it? */
  readonly isPossible: boolean;
}

/** What a plan says. */
interface PlanParts {
  readonly partition: number;
  readonly epoch: number;
  /** The owners of each live ring epoch: one set; two while the ring changes. Every one counts. */
  readonly sets: readonly (readonly Primary[])[];
  /** The primaries that are up, in the order in which they are asked: nearest first. */
  readonly order: readonly NodeId[];
  /**
   * The nodes that can take an absent primary's place: up, no primaries, in the order of the ring
   * from the partition on, this node itself last.
   */
  readonly standIns: readonly NodeId[];
  readonly self: NodeId;
  /** Of this node. */
  readonly zone: string;
}

/** Immutable. Kept for as long as the revision of the view stands. */
export class Plan implements PlanParts {
  readonly partition: number;
  readonly epoch: number;
  readonly sets: readonly (readonly Primary[])[];
  readonly order: readonly NodeId[];
  readonly standIns: readonly NodeId[];
  readonly self: NodeId;
  readonly zone: string;
  /** The owners of all sets, each once, in the order of the ring. */
  readonly primaries: readonly Primary[];
  /** The primaries that are not up. */
  readonly absent: readonly NodeId[];
  /** Is this node one of the primaries? */
  readonly isPrimary: boolean;
  readonly #levels = new Map<string, LevelPlan>();

  constructor({ partition, epoch, sets, order, standIns, self, zone }: PlanParts) {
    this.partition = partition;
    this.epoch = epoch;
    this.sets = sets;
    this.order = order;
    this.standIns = standIns;
    this.self = self;
    this.zone = zone;
    this.primaries = distinct(sets);
    this.absent = this.primaries.flatMap(({ node, up }) => (up ? [] : [node]));
    this.isPrimary = holds(this.primaries, self);
  }

  /** @param zone of the node that the client talks to: `local-` levels are about it */
  under(rule: LevelRule, zone: string = this.zone): LevelPlan {
    const name = zone === this.zone ? rule.name : `${rule.name} ${zone}`;
    let known = this.#levels.get(name);
    if (known === undefined) {
      known = this.#levelPlan(rule, zone);
      this.#levels.set(name, known);
    }
    return known;
  }

  #levelPlan(rule: LevelRule, zone: string): LevelPlan {
    const quorum = new Quorum(this.sets.flatMap((owners) => rule.requires(owners, zone)));
    const repairs = this.sets.map((owners) => rule.repairsTo(owners, zone));
    const promises = this.sets.map((owners) => rule.promises(owners));
    const isPromised = (name: keyof LevelPromises): boolean => promises.every((one) => one[name]);
    return {
      quorum,
      repairsTo: repairTarget(repairs),
      isPossible: quorum.isPossibleFor(this.order),
      settlesAcceptances: isPromised('settlesAcceptances'),
      provesMiss: isPromised('provesMiss'),
      readsBeforeWrite: isPromised('readsBeforeWrite'),
      endsRaces: isPromised('endsRaces'),
    };
  }
}

/** @param repairs what each set of owners asks for */
function repairTarget(repairs: readonly (readonly Requirement[] | WithoutWaiting)[]): RepairTarget {
  if (repairs.includes('none')) return 'none';
  const requirements = repairs.flatMap((one) => (typeof one === 'string' ? [] : one));
  return requirements.length === 0 ? 'unawaited' : new Quorum(requirements);
}

/** A majority of the owners of each live epoch. */
export function majorityOf({ sets }: Pick<Plan, 'sets'>): Quorum {
  const nodes = sets.map((owners) => owners.map(({ node }) => node));
  return new Quorum(nodes.map((owners) => ({ nodes: owners, required: majority(owners.length) })));
}

function holds(owners: readonly Primary[], node: NodeId): boolean {
  return owners.some((owner) => owner.node === node);
}

/**
 * A pure function of who owns the partition and of the view.
 * @param isBehind are replicas on this node known to lack what others hold?
 */
export function planFor(
  ownership: Ownership,
  partition: number,
  view: ClusterView,
  isBehind: (node: NodeId) => boolean,
): Plan {
  const sets = ownership.setsOf(partition).map((owners) => {
    return owners.map(({ id: node, zone }) => ({ node, zone, up: view.isUp(node) }));
  });
  return new Plan({
    partition,
    epoch: ownership.epoch,
    sets,
    order: nearestFirst(distinct(sets), view, isBehind).map(({ node }) => node),
    standIns: standInsOf(ownership, partition, view),
    self: view.self,
    zone: view.zone,
  });
}

function distinct(sets: readonly (readonly Primary[])[]): Primary[] {
  return sets.flatMap((owners, i) =>
    owners.filter(({ node }) => !sets.slice(0, i).some((set) => holds(set, node))),
  );
}

function standInsOf(ownership: Ownership, partition: number, view: ClusterView): NodeId[] {
  const { nodes } = ownership;
  const owners = ownership.ownersOf(partition);
  const first = nodes.indexOf(owners[0] ?? '');
  const candidates: NodeId[] = [];
  for (let step = 1; step < nodes.length; step += 1) {
    const node = nodes[(first + step) % nodes.length];
    if (node === undefined || node === view.self || owners.includes(node)) continue;
    if (view.isUp(node)) candidates.push(node);
  }
  candidates.push(view.self);
  return candidates;
}

/** Farther than any round trip. */
const BEHIND = 1_000_000;
const IN_ANOTHER_ZONE = 2 * BEHIND;
const SUSPECT = 2 * IN_ANOTHER_ZONE;

/**
 * This node first, then its zone, then by round-trip time; in a zone those that are behind after
 * the others; suspects last.
 */
function nearestFirst(
  primaries: readonly Primary[],
  view: ClusterView,
  isBehind: (node: NodeId) => boolean,
): Ranked[] {
  const distance = ({ node, zone }: Primary): number => {
    const late = isBehind(node) ? BEHIND : 0;
    if (node === view.self) return late - 1;
    const far = zone === view.zone ? 0 : IN_ANOTHER_ZONE;
    return far + late + (view.isSuspect(node) ? SUSPECT : 0) + view.roundTripMilliseconds(node);
  };
  return primaries
    .filter(({ up }) => up)
    .map((primary) => ({ node: primary.node, distance: distance(primary) }))
    .sort((a, b) => a.distance - b.distance);
}

interface Ranked {
  readonly node: NodeId;
  readonly distance: number;
}

/**
 * All that plans take from a view: who is up, in which order they are asked, and who are equally
 * near. Where two views say the same, so do all plans.
 */
function outlookOf({ ownership, view, isBehind }: PlansOptions): string {
  const members = ownership.history.live.flatMap((ring) => ring.members);
  const nodes = members.map(({ id: node, zone }) => ({ node, zone, up: view.isUp(node) }));
  let text = '';
  let last = Number.NaN;
  for (const { node, distance } of nearestFirst(nodes, view, isBehind)) {
    text += `${distance === last ? '=' : '<'}${node}`;
    last = distance;
  }
  return text;
}

export interface PlansOptions {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  /** Are replicas on this node known to lack what others hold? */
  readonly isBehind: (node: NodeId) => boolean;
}

/**
 * Plans of all partitions, kept until the view or the rings that count are others. The revision of
 * a view moves at each heartbeat, and mostly nothing else does: then the plans stay.
 */
export class Plans {
  readonly #options: PlansOptions;
  #plans: (Plan | undefined)[] = [];
  #revision = -1;
  #outlook = '';
  #history: RingHistory | undefined;

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  of(partition: number): Plan {
    const { ownership, view, isBehind } = this.#options;
    if (this.#revision !== view.revision || this.#history !== ownership.history) this.#follow();
    let plan = this.#plans[partition];
    if (plan === undefined) {
      // A silence may have come of time alone: what is made now sees it, at any revision.
      this.#follow();
      plan = planFor(ownership, partition, view, isBehind);
      this.#plans[partition] = plan;
    }
    return plan;
  }

  /** Invariant: all plans that are kept see the same as the outlook. */
  #follow(): void {
    const { ownership, view } = this.#options;
    const { history } = ownership;
    const outlook = outlookOf(this.#options);
    if (this.#outlook !== outlook || this.#history !== history) this.#plans = [];
    this.#revision = view.revision;
    this.#outlook = outlook;
    this.#history = history;
  }
}
