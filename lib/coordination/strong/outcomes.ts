/** What became of a write whose proposer was deposed: whoever decides by now knows (K16). */
import type { Clock } from '../../environment/clock.js';
import { pauseFor } from '../../environment/pauses.js';
import type { NodeId } from '../../environment/transport.js';
import { type Ballot, compareBallots } from '../../consensus/ballot.js';
import { placeOf, type RecordKey } from '../../persistence/keyspace.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Messenger } from '../../rpc/messenger.js';
import { covers } from '../../versioning/context.js';
import type { Dot } from '../../versioning/dot.js';
import type { Proposers } from './proposers.js';
import { OUTCOME } from './strong-messages.js';

export type ProposalOutcome = 'chosen' | 'dead' | 'unknown';

export interface OutcomesOptions {
  readonly self: NodeId;
  readonly acceptor: DurableAcceptor;
  readonly proposers: Proposers;
  readonly messenger: Messenger;
  readonly clock: Clock;
}

export interface LostWrite {
  readonly at: RecordKey;
  readonly dot: Dot;
  /** Under which it was proposed. */
  readonly ballot: Ballot;
}

/** Pause between two questions: a new proposer may become active meanwhile. */
const PAUSE_MILLISECONDS = 20;

export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** This node decides, and asks, no more. */
  get isStopped(): boolean {
    return this.#options.proposers.isStopped;
  }

  /** Asks until somebody knows, or the deadline has come. @throws OperatingError `rebuilding` */
  async of(write: LostWrite & { readonly deadline: number }): Promise<ProposalOutcome> {
    const { clock } = this.#options;
    for (;;) {
      const outcome = await this.#ask(write);
      if (outcome !== 'unknown') return outcome;
      const left = write.deadline - clock.monotonicMilliseconds();
      if (left <= PAUSE_MILLISECONDS || this.isStopped) return 'unknown';
      await pauseFor(clock, PAUSE_MILLISECONDS);
    }
  }

  /** As the proposer of this node knows. @throws OperatingError `rebuilding` */
  async here({ at, dot, ballot }: LostWrite): Promise<ProposalOutcome> {
    const { acceptor, proposers } = this.#options;
    const active = proposers.activeBallot(at.partition);
    if (active === undefined || compareBallots(active, ballot) <= 0) return 'unknown';
    await acceptor.look(placeOf(at));
    const { record, hasSeen } = acceptor.heldOf(at);
    // The dot may also be covered because the proposal was ended without effect.
    if (record !== undefined && covers(record.context, dot)) return 'chosen';
    return hasSeen(dot) ? 'unknown' : 'dead';
  }

  async #ask(write: LostWrite & { readonly deadline: number }): Promise<ProposalOutcome> {
    const { self, acceptor, messenger } = this.#options;
    const { at, dot, ballot, deadline } = write;
    const { node } = acceptor.promised(at.partition);
    if (node === self) return this.here(write);
    const { namespace, key } = at;
    return new Promise((resolve) => {
      messenger.ask(node, OUTCOME, { namespace, key, dot, ballot }, deadline, (answer) => {
        resolve(answer.ok ? answer.reply.outcome : 'unknown');
      });
    });
  }
}
