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
 * rings during a ring change.
 */
export class Quorum {
  readonly #requirements: readonly Requirement[];
  readonly #answers = new Map<NodeId, boolean>();

  constructor(requirements: readonly Requirement[]) {
    this.#requirements = requirements;
  }

  /** The node did what was asked. */
  succeed(node: NodeId): void {
    this.#answers.set(node, true);
  }

  /** The node did not, or its answer cannot come any more. A success before stays a success. */
  fail(node: NodeId): void {
    if (!this.#answers.has(node)) this.#answers.set(node, false);
  }

  get state(): QuorumState {
    return stateOf(this.#requirements, this.#answers);
  }

  /** The state of the same answers under other requirements: what a fallback asks. */
  stateUnder(requirements: readonly Requirement[]): QuorumState {
    return stateOf(requirements, this.#answers);
  }

  get succeeded(): NodeId[] {
    return [...this.#answers].filter(([, success]) => success).map(([node]) => node);
  }

  /** True: it did what was asked; false: it did not, or cannot; undefined: nothing yet. */
  answerOf(node: NodeId): boolean | undefined {
    return this.#answers.get(node);
  }
}

function stateOf(
  requirements: readonly Requirement[],
  answers: ReadonlyMap<NodeId, boolean>,
): QuorumState {
  let state: QuorumState = 'reached';
  for (const { nodes, required } of requirements) {
    let yes = 0;
    let open = 0;
    for (const node of nodes) {
      const answer = answers.get(node);
      if (answer === true) yes += 1;
      else if (answer === undefined) open += 1;
    }
    if (yes + open < required) return 'lost';
    if (yes < required) state = 'pending';
  }
  return state;
}
