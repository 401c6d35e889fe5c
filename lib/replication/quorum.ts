/** Counting answers: a vote over one set of nodes, or several that must all agree (Dynamo 4.5). */
import type { NodeId } from '../environment/transport.js';
import { assert } from '../errors.js';

/** `required` of these distinct nodes must answer. */
export interface Requirement {
  readonly nodes: readonly NodeId[];
  readonly required: number;
}

export type QuorumState = 'pending' | 'reached' | 'lost';

export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** Which answers count: what a node said before it lost its disk does not (D5). */
export interface Standing {
  /** Does what the node said in this start of it still count? */
  stands(node: NodeId, start: number): boolean;
  /** An answer was counted, and counts no more. */
  struck(): void;
}

/** All answers count. */
export const ALL_STAND: Standing = { stands: () => true, struck: () => undefined };

interface Grant {
  readonly node: NodeId;
  readonly start: number;
}

interface Counted {
  readonly yes: number;
  readonly open: number;
}

/**
 * Who did what was asked, and who did not. Counts distinct nodes, never answers. What a node said
 * before it lost its disk is struck, also after it was counted. A few nodes are found sooner in an
 * array than in a set, and each request has votes.
 */
export class Votes {
  #yes: Grant[] = [];
  readonly #no: NodeId[] = [];
  readonly #standing: Standing;

  constructor(standing: Standing = ALL_STAND) {
    this.#standing = standing;
  }

  /** The same answers, counted on their own from here on. */
  copy(): Votes {
    const copy = new Votes(this.#standing);
    copy.#yes = [...this.#yes];
    for (const node of this.#no) copy.#no.push(node);
    return copy;
  }

  /** The node did what was asked, in this start of it. */
  grant(node: NodeId, start = Number.POSITIVE_INFINITY): void {
    if (!this.#has(node)) this.#yes.push({ node, start });
  }

  /** The node did not, or its answer cannot come any more. A grant before stays a grant. */
  deny(node: NodeId): void {
    if (!this.#no.includes(node)) this.#no.push(node);
  }

  /** True: granted; false: denied; undefined: nothing yet. */
  of(node: NodeId): boolean | undefined {
    this.#strike();
    return this.#voteOf(node);
  }

  /** How many of these granted it, and how many have neither granted nor denied it. */
  count(nodes: readonly NodeId[]): Counted {
    this.#strike();
    let yes = 0;
    let open = 0;
    for (const node of nodes) {
      const vote = this.#voteOf(node);
      if (vote === true) yes += 1;
      else if (vote === undefined) open += 1;
    }
    return { yes, open };
  }

  get granted(): readonly NodeId[] {
    this.#strike();
    return this.#yes.map(({ node }) => node);
  }

  #voteOf(node: NodeId): boolean | undefined {
    if (this.#has(node)) return true;
    return this.#no.includes(node) ? false : undefined;
  }

  #has(node: NodeId): boolean {
    for (const grant of this.#yes) if (grant.node === node) return true;
    return false;
  }

  #strike(): void {
    for (const { node, start } of this.#yes) {
      if (this.#standing.stands(node, start)) continue;
      this.#yes = this.#yes.filter((grant) => grant.node !== node);
      this.deny(node);
      this.#standing.struck();
    }
  }
}

/**
 * A value: what must be granted. Several requirements are one by asking all: zones, and the two
 * rings of a ring change.
 */
export class Quorum {
  /** At least one: where nobody is waited for there is no quorum. */
  readonly requirements: readonly Requirement[];

  constructor(requirements: readonly Requirement[]) {
    assert(requirements.length > 0, 'a quorum requires something');
    this.requirements = requirements;
  }

  stateOf(votes: Votes): QuorumState {
    let state: QuorumState = 'reached';
    for (const { nodes, required } of this.requirements) {
      const { yes, open } = votes.count(nodes);
      if (yes + open < required) return 'lost';
      if (yes < required) state = 'pending';
    }
    return state;
  }

  /** How many answers are asked for, all together: what a refusal says. */
  get required(): number {
    return this.requirements.reduce((sum, { required }) => sum + required, 0);
  }

  /** Can it be reached by these nodes alone? */
  isPossibleFor(nodes: readonly NodeId[]): boolean {
    return this.requirements.every(
      (requirement) =>
        requirement.nodes.filter((node) => nodes.includes(node)).length >= requirement.required,
    );
  }
}
