/** Is everything everywhere yet? What each node knows of its exchanges, rebuilds and scrubs. */
import type { NodeId } from '../environment/transport.js';
import { askMembers } from '../rpc/ask-members.js';
import type { AntiEntropyCollaborators } from './collaborators.js';
import { CONVERGENCE } from './messages.js';

/** The last exchange that a node began with a peer. */
export interface LastExchange {
  readonly peer: NodeId;
  /** Wall milliseconds at its end. */
  readonly at: number;
  readonly result: 'alike' | 'different' | 'failed';
  /** Records that were taken from the peer. */
  readonly records: number;
}

export interface NodeConvergence {
  readonly node: NodeId;
  readonly exchanges: readonly LastExchange[];
  /** Partitions of this node that are damaged, and answer for nothing until they are rebuilt. */
  readonly rebuilding: readonly number[];
  /** Partitions that were read from the disk in this life, and how many there are. */
  readonly scrubbed: number;
  readonly owned: number;
  /** Tombstones and stubs on this node. */
  readonly dead: number;
  /** Of those that are due: how many may not go yet, by the reason. */
  readonly blocked: readonly { readonly reason: string; readonly count: number }[];
}

export interface ConvergenceView {
  readonly nodes: readonly NodeConvergence[];
  readonly unanswered: readonly NodeId[];
}

export interface ConvergenceControl {
  /** Asks every node, within a second at most. */
  convergence(timeoutMilliseconds?: number): Promise<ConvergenceView>;
}

const TIMEOUT_MILLISECONDS = 1000;

export class ConvergenceReport implements ConvergenceControl {
  readonly #with: AntiEntropyCollaborators;
  readonly #own: () => NodeConvergence;

  constructor(collaborators: AntiEntropyCollaborators, own: () => NodeConvergence) {
    this.#with = collaborators;
    this.#own = own;
    collaborators.messenger.handle(CONVERGENCE, () => ({ report: toWire(own()) }));
  }

  async convergence(timeoutMilliseconds: number = TIMEOUT_MILLISECONDS): Promise<ConvergenceView> {
    const { ownership, view, messenger, clock } = this.#with;
    const { replies, unanswered } = await askMembers(
      {
        ...{ self: view.self, messenger, clock },
        nodes: ownership.nodes,
        timeoutMilliseconds: Math.min(timeoutMilliseconds, TIMEOUT_MILLISECONDS),
        own: () => ({ report: toWire(this.#own()) }),
      },
      CONVERGENCE,
    );
    return { nodes: replies.map(({ report }) => report), unanswered };
  }
}

/** Copies of the lists: a message is the receiver's to keep. */
function toWire({ exchanges, rebuilding, blocked, ...counts }: NodeConvergence) {
  return {
    ...counts,
    exchanges: [...exchanges],
    rebuilding: [...rebuilding],
    blocked: [...blocked],
  };
}
