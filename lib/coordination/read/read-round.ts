/** One round of asking primaries what they hold: whom, and what their answers amount to. Pure. */
import type { NodeId } from '../../environment/transport.js';
import type { RenderingPlace } from '../../persistence/record-table.js';
import type { Want } from '../../rpc/hot-messages.js';
import type { Plan } from '../../replication/plan.js';
import { type Quorum, type QuorumState, type Standing, Votes } from '../../replication/quorum.js';
import { commonDots, type DotSet, NO_DOTS } from '../../versioning/dot-set.js';
import type { Siblings } from '../../versioning/siblings.js';
import { mergeAll } from '../../versioning/siblings.js';

/** What one replica said. */
export interface Copy {
  readonly node: NodeId;
  readonly fingerprint: string;
  /** Undefined where only the fingerprint was asked, or the replica holds nothing. */
  readonly siblings: Siblings | undefined;
  /** Where what is made of it may lie: beside the record of this node. */
  readonly place?: RenderingPlace | undefined;
  readonly want: Want;
  /** In which start of the replica it was said. */
  readonly start: number;
  /** What it has not seen of the dots that it was asked about. */
  readonly missing: DotSet;
}

/** What `node` said, if it said anything. */
export function copyOf(copies: readonly Copy[], node: NodeId): Copy | undefined {
  return copies.find((copy) => copy.node === node);
}

/** Has a replica said in any round that it holds something, and has not shown it in this one? */
export function hasSilentHolder(rounds: readonly ReadRound[], shown: ReadRound): boolean {
  const isSilent = ({ node, fingerprint }: Copy): boolean =>
    fingerprint !== '' && copyOf(shown.copies, node) === undefined;
  return rounds.some(({ copies }) => copies.some(isSilent));
}

/** Somebody is to be asked. */
export interface Ask {
  readonly node: NodeId;
  readonly want: Want;
}

export class ReadRound {
  readonly #plan: Plan;
  /** What the first replica is asked, and another where that one fails or is slow. */
  readonly #firstWant: Want;
  /** What the others are asked. */
  readonly #othersWant: Want;
  readonly #asked: NodeId[] = [];
  readonly #askedInFull = new Set<NodeId>();
  readonly #votes: Votes;
  readonly #copies: Copy[] = [];
  /** The last node that was asked as a first one, unless it has failed. */
  #first: NodeId | undefined;

  constructor(plan: Plan, firstWant: Want, othersWant: Want, standing: Standing) {
    this.#plan = plan;
    this.#firstWant = firstWant;
    this.#othersWant = othersWant;
    this.#votes = new Votes(standing);
    for (const node of plan.absent) this.#votes.deny(node);
  }

  /** What each said, one of each. */
  get copies(): readonly Copy[] {
    return this.#copies;
  }

  /** How many primaries answered, and have lost nothing since. */
  get answered(): number {
    return this.#votes.granted.length;
  }

  get asked(): readonly NodeId[] {
    return this.#asked;
  }

  /** Has it, and has it lost nothing since? */
  hasAnswered(node: NodeId): boolean {
    return this.#votes.of(node) === true && copyOf(this.#copies, node) !== undefined;
  }

  stateOf(quorum: Quorum): QuorumState {
    return quorum.stateOf(this.#votes);
  }

  /** As many of the nearest as can still meet each requirement, beyond those asked already. */
  next({ requirements }: Quorum): Ask[] {
    const asks: Ask[] = [];
    for (const { nodes, required } of requirements) {
      let open = nodes.filter(
        (node) => this.#asked.includes(node) && this.#votes.of(node) !== false,
      ).length;
      for (const node of this.#plan.order) {
        if (open >= required) break;
        if (!nodes.includes(node) || this.#asked.includes(node)) continue;
        asks.push(this.#ask(node, this.#first === undefined));
        open += 1;
      }
    }
    return asks;
  }

  /** Asks all others, because those asked are slow: in the first's way where that is silent. */
  hedge(): Ask[] {
    const silent = this.#first === undefined || this.#votes.of(this.#first) === undefined;
    return this.#unasked().map((node) => this.#ask(node, silent));
  }

  /** Every primary that is up and was not asked. */
  rest(): Ask[] {
    return this.#unasked().map((node) => this.#ask(node, this.#first === undefined));
  }

  /** The same, whole, because those that were asked have not seen all that a session has. */
  widen(): Ask[] {
    return this.#unasked().map((node) => this.#askFor(node, 'full'));
  }

  took(copy: Copy): void {
    if (copyOf(this.#copies, copy.node) !== undefined) return;
    this.#copies.push(copy);
    this.#votes.grant(copy.node, copy.start);
  }

  /** What was said in an earlier round counts in this one, and is not asked for again. */
  knows(copy: Copy): void {
    this.#asked.push(copy.node);
    this.took(copy);
  }

  /**
   * An answer to an earlier question, which came later: the node may have said less here. Where it
   * was asked for more than that answer shows, it still has to show it.
   */
  alsoSaid(copy: Copy): void {
    const isShown = copy.want === 'full' || copy.fingerprint === '';
    if (!isShown && this.#askedInFull.has(copy.node)) return;
    if (copyOf(this.#copies, copy.node) === undefined) this.took(copy);
    else this.#copies.push(copy);
  }

  failed(node: NodeId): void {
    this.#votes.deny(node);
    if (node === this.#first) this.#first = undefined;
  }

  /** Has every one that was asked answered or failed? */
  get isSettled(): boolean {
    return this.#asked.every((node) => this.#votes.of(node) !== undefined);
  }

  /** Whoever is still silent will not be heard. */
  giveUp(): void {
    for (const node of this.#asked) if (this.#votes.of(node) === undefined) this.failed(node);
  }

  /** The merge of all that was said; undefined where nobody holds anything. */
  merged(): Siblings | undefined {
    return mergeAll(this.#copies.map(({ siblings }) => siblings));
  }

  /** Of the dots that all were asked about: those that no replica has seen that answered. */
  missingOf(dots: DotSet): DotSet {
    return this.#copies.reduce((left, { missing }) => {
      return left.size === 0 ? NO_DOTS : commonDots(left, missing);
    }, dots);
  }

  /** Of the copy that is the merge, where one is. */
  placeOf(merged: Siblings | undefined): RenderingPlace | undefined {
    if (merged === undefined) return undefined;
    return this.#copies.find(({ siblings }) => siblings === merged)?.place;
  }

  /** Do all that answered hold the same? */
  get agrees(): boolean {
    return this.#copies.every(({ fingerprint }) => fingerprint === this.#copies[0]?.fingerprint);
  }

  /** Do they hold the same, and are they enough? Then nothing need be written back. */
  isHeldBy(quorum: Quorum | undefined): boolean {
    return this.agrees && (quorum === undefined || this.stateOf(quorum) === 'reached');
  }

  /** Was every state that somebody holds met in full, so that `merged` leaves nothing out? */
  get isWhole(): boolean {
    return this.#copies.every(
      ({ want, fingerprint }) =>
        want === 'full' ||
        fingerprint === '' ||
        this.#copies.some((other) => other.want === 'full' && other.fingerprint === fingerprint),
    );
  }

  #unasked(): NodeId[] {
    return this.#plan.order.filter((node) => !this.#asked.includes(node));
  }

  #ask(node: NodeId, isFirst: boolean): Ask {
    if (isFirst) this.#first = node;
    return this.#askFor(node, isFirst ? this.#firstWant : this.#othersWant);
  }

  #askFor(node: NodeId, want: Want): Ask {
    this.#asked.push(node);
    if (want === 'full') this.#askedInFull.add(node);
    return { node, want };
  }
}
