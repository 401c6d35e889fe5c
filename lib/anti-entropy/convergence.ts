/** Is everything everywhere yet? What each node knows of its exchanges, rebuilds and scrubs. */
import type { Ownership } from '../partitioning/ownership.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { askMembers } from '../rpc/ask-members.js';
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
  readonly tombstones: number;
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

export interface ConvergenceReportOptions {
  readonly ownership: Ownership;
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** What this node knows. */
  readonly own: () => NodeConvergence;
}

export class ConvergenceReport implements ConvergenceControl {
  readonly #options: ConvergenceReportOptions;

  constructor(options: ConvergenceReportOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    messenger.handle(CONVERGENCE, () => ({ report: toWire(this.#options.own()) }));
  }

  async convergence(timeoutMilliseconds: number = TIMEOUT_MILLISECONDS): Promise<ConvergenceView> {
    const { ownership, messenger, clock, own } = this.#options;
    const { replies, unanswered } = await askMembers(
      {
        ...{ self: ownership.self, messenger, clock },
        nodes: ownership.nodes,
        timeoutMilliseconds: Math.min(timeoutMilliseconds, TIMEOUT_MILLISECONDS),
        own: () => ({ report: toWire(own()) }),
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
