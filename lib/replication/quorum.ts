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

/**
 * Counts distinct nodes, never answers. Several requirements are one by asking all: zones, and two
 * rings during a ring change. A few nodes are found sooner in an array than in a set, and each
 * request makes quorums.
 */
export class Quorum {
  readonly #requirements: readonly Requirement[];
  readonly #succeeded: NodeId[] = [];
  readonly #failed: NodeId[] = [];

  constructor(requirements: readonly Requirement[]) {
    this.#requirements = requirements;
  }

  /** The node did what was asked. */
  succeed(node: NodeId): void {
    if (!this.#succeeded.includes(node)) this.#succeeded.push(node);
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
    let state: QuorumState = 'reached';
    for (const { nodes, required } of requirements) {
      let yes = 0;
      let open = 0;
      for (const node of nodes) {
        if (this.#succeeded.includes(node)) yes += 1;
        else if (!this.#failed.includes(node)) open += 1;
      }
      if (yes + open < required) return 'lost';
      if (yes < required) state = 'pending';
    }
    return state;
  }

  get succeeded(): readonly NodeId[] {
    return this.#succeeded;
  }

  /** True: it did what was asked; false: it did not, or cannot; undefined: nothing yet. */
  answerOf(node: NodeId): boolean | undefined {
    if (this.#succeeded.includes(node)) return true;
    return this.#failed.includes(node) ? false : undefined;
  }
}
