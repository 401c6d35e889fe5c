/** Counting answers: a vote over one set of nodes, or several that must all agree (Dynamo 4.5). */
import type { NodeId } from '../environment/transport.js';

/** `required` of these distinct nodes must answer. */
export interface Requirement {
  readonly nodes: readonly NodeId[];
  readonly required: number;
}

/** How many answers they ask for, all together: what a refusal tells. */
export function requiredOf(requirements: readonly Requirement[]): number {
  return requirements.reduce((sum, { required }) => sum + required, 0);
}

export type QuorumState = 'pending' | 'reached' | 'lost';

export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** Does what a node said in this start of it still count? */
export type Stands = (node: NodeId, start: number) => boolean;

interface Success {
  readonly node: NodeId;
  readonly start: number;
}

/**
 * Counts distinct nodes, never answers. What a node said before it lost its disk is struck, also
 * after it was counted. Several requirements are one by asking all: zones, and two
 * rings during a ring change. A few nodes are found sooner in an array than in a set, and each
 * request makes quorums.
 */
export class Quorum {
  readonly #requirements: readonly Requirement[];
  #succeeded: Success[] = [];
  readonly #failed: NodeId[] = [];
  readonly #stands: Stands;
  readonly #onStruck: () => void;

  /** @param onStruck is told of each answer that counts no more */
  constructor(
    requirements: readonly Requirement[],
    stands: Stands = () => true,
    onStruck: () => void = () => undefined,
  ) {
    this.#requirements = requirements;
    this.#stands = stands;
    this.#onStruck = onStruck;
  }

  /** The node did what was asked, in this start of it. */
  succeed(node: NodeId, start = Number.POSITIVE_INFINITY): void {
    if (!this.#has(node)) this.#succeeded.push({ node, start });
  }

  /** The node did not, or its answer cannot come any more. A success before stays a success. */
  fail(node: NodeId): void {
    if (!this.#failed.includes(node)) this.#failed.push(node);
  }

  get state(): QuorumState {
    return this.stateUnder(this.#requirements);
  }

  /** The state of the same answers under other requirements: what a fallback asks. */
  stateUnder(requirements: readonly Requirement[]): QuorumState {
    this.#strike();
    let state: QuorumState = 'reached';
    for (const { nodes, required } of requirements) {
      let yes = 0;
      let open = 0;
      for (const node of nodes) {
        if (this.#has(node)) yes += 1;
        else if (!this.#failed.includes(node)) open += 1;
      }
      if (yes + open < required) return 'lost';
      if (yes < required) state = 'pending';
    }
    return state;
  }

  get succeeded(): readonly NodeId[] {
    this.#strike();
    return this.#succeeded.map(({ node }) => node);
  }

  /** True: it did what was asked; false: it did not, or cannot; undefined: nothing yet. */
  answerOf(node: NodeId): boolean | undefined {
    this.#strike();
    if (this.#has(node)) return true;
    return this.#failed.includes(node) ? false : undefined;
  }

  #has(node: NodeId): boolean {
    return this.#succeeded.some((success) => success.node === node);
  }

  #strike(): void {
    const stands = ({ node, start }: Success): boolean => this.#stands(node, start);
    if (this.#succeeded.every(stands)) return;
    const struck = this.#succeeded.filter((success) => !stands(success));
    this.#succeeded = this.#succeeded.filter(stands);
    for (const { node } of struck) {
      this.fail(node);
      this.#onStruck();
    }
  }
}
