/** Which hints are held, by whom and for whom, and why: this node's, and what the others say. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Hints } from './hints.js';
import type { Store } from '../persistence/store.js';
import { askMembers } from '../rpc/ask-members.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { HintedHandoff } from './hinted-handoff.js';
import { HELD_HINTS, type HeldHints } from './messages.js';

export interface HintsView {
  /** By holder, then by target. */
  readonly hints: readonly HeldHints[];
  /** Nodes that did not say in time what they hold. */
  readonly unanswered: readonly NodeId[];
}

export interface HandoffControl {
  /** Asks every other node what it holds, within a second at most. */
  heldHints(timeoutMilliseconds?: number): Promise<HintsView>;
}

export interface HintsReportOptions {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly hints: Hints;
  readonly handoff: HintedHandoff;
  readonly store: Store;
  readonly clock: Clock;
}

const TIMEOUT_MILLISECONDS = 1000;

/** Why a delivery was refused, by its code: the end of a sentence that begins with the target. */
const REFUSAL_TEXTS: ReadonlyMap<string, string> = new Map([
  ['storage_failed', 'cannot write to its disk'],
  ['read_only', 'has a disk that is nearly full'],
  ['overloaded', 'has too much to do'],
  ['not_ready', 'is not ready'],
  ['rebuilding', 'rebuilds partitions of theirs'],
  ['corrupt_bytes', 'found damaged bytes where some of them belong'],
  ['wrong_epoch', 'does not own their partitions, or knows another ring'],
  ['deadline_passed', 'did not answer in time'],
  ['peer_unreachable', 'could not be reached'],
]);

export class HintsReport implements HandoffControl {
  readonly #options: HintsReportOptions;

  constructor(options: HintsReportOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    const report = async () => ({ hints: await this.#own() });
    messenger.handle(HELD_HINTS, report, { anyEpoch: true });
  }

  async heldHints(timeoutMilliseconds: number = TIMEOUT_MILLISECONDS): Promise<HintsView> {
    const { ownership, view, messenger, clock } = this.#options;
    const { replies, unanswered } = await askMembers(
      {
        ...{ self: view.self, messenger, clock },
        nodes: ownership.nodes,
        timeoutMilliseconds: Math.min(timeoutMilliseconds, TIMEOUT_MILLISECONDS),
        own: async () => ({ hints: await this.#own() }),
      },
      HELD_HINTS,
    );
    return { hints: replies.flatMap(({ hints }) => hints), unanswered };
  }

  async #own(): Promise<HeldHints[]> {
    const { hints } = this.#options;
    const waiting = [...hints.held].filter(([, { count }]) => count > 0);
    const rows = waiting.map(async ([target, { count, bytes }]): Promise<HeldHints> => {
      const oldest = await hints.oldest(target);
      const end = this.#estimatedEnd(target, count);
      return {
        holder: this.#options.view.self,
        ...{ target, count, bytes },
        ...(oldest === undefined ? {} : { oldest: momentOf(oldest) }),
        ...(end === undefined ? {} : { estimated_end: momentOf(end) }),
        reason: this.#reason(target),
      };
    });
    const all = await Promise.all(rows);
    return all.sort((a, b) => (a.target < b.target ? -1 : 1));
  }

  /** At the rate of the delivery that is under way. */
  #estimatedEnd(target: NodeId, count: number): number | undefined {
    const { handoff, clock } = this.#options;
    const last = handoff.deliveryTo(target);
    const rate = last?.isRunning === true ? last.delivery.rate : undefined;
    return rate === undefined ? undefined : clock.wallMilliseconds() + (count / rate) * 1000;
  }

  #reason(target: NodeId): string {
    const { view, store, handoff } = this.#options;
    if (!view.isUp(target)) return `${target} is down`;
    if (store.failure !== undefined) return 'the disk of the holder failed';
    const last = handoff.deliveryTo(target);
    if (last?.isRunning === true) {
      return last.delivery.isPaced ? `${target} asks for pauses` : 'they are being delivered';
    }
    const code = last?.delivery.refusalCode;
    if (code === undefined) return 'they go with the next round';
    return `${target} ${REFUSAL_TEXTS.get(code) ?? `refused some: ${code}`}`;
  }
}

function momentOf(wallMilliseconds: number): string {
  return new Date(wallMilliseconds).toISOString();
}
