/** The proposers of this node, one for each partition that has something to do. */
import type { Ballot } from '../../consensus/ballot.js';
import { compareBallots } from '../../consensus/ballot.js';
import type { Condition, StrongChange } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import type { ProposerCore } from '../../consensus/proposer-core.js';
import { settledBallotOf } from '../../consensus/void-numbers.js';
import { assert, OperatingError } from '../../errors.js';
import { placeOf, type RecordKey } from '../../persistence/keyspace.js';
import { HeardRounds } from './heard-rounds.js';
import type { Explanation } from '../request/explanation.js';
import { type Decided, LocalProposer, type LocalProposerOptions } from './local-proposer.js';

/** What is to be decided on a key. */
export interface StrongCommand {
  readonly at: RecordKey;
  /** Undefined: a read. */
  readonly change: StrongChange | undefined;
  readonly condition: Condition;
  readonly once?: Once | undefined;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Where the request wants to know how its answer came about. */
  readonly explanation?: Explanation | undefined;
}

interface WaitingCommand {
  readonly bytes: number;
  settle(decided: Decided): void;
}

/** Most bytes of operations that wait for their decisions, with their values. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** About what an operation takes beside its key and value. */
const OPERATION_BYTES = 500;

export class Proposers {
  readonly #options: LocalProposerOptions;
  readonly #proposers = new Map<number, LocalProposer>();
  readonly #waiting = new Map<number, WaitingCommand>();
  readonly #rounds = new HeardRounds();
  #lastId = 0;
  #waitingBytes = 0;
  #isStopped = false;

  constructor(options: LocalProposerOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Is it active at this very ballot? */
  isActiveAt(partition: number, ballot: Ballot): boolean {
    const active = this.activeBallot(partition);
    return active !== undefined && compareBallots(active, ballot) === 0;
  }

  /** The ballot at which this node decides; undefined: it does not. */
  activeBallot(partition: number): Ballot | undefined {
    const core = this.#coreOf(partition);
    return core?.phase === 'active' ? core.ballot : undefined;
  }

  /**
   * The ballot at which this node decides, once every owner has activated it, and all that it has
   * adopted is in the own records; undefined: it is not so far, or what it learned may be lost.
   * @throws OperatingError `rebuilding`, `unknown_format`
   */
  settledBallot(partition: number): Ballot | undefined {
    const core = this.#coreOf(partition);
    if (core === undefined) return undefined;
    const { acceptor, identity } = this.#options;
    const accepted = acceptor.accepted().filter((at) => at.partition === partition);
    const ids = accepted.flatMap((at) => acceptor.heldOf(at).acceptance?.id ?? []);
    return settledBallotOf(core, identity.start, ids);
  }

  /** Is an operation on the key under way here? */
  isBusy(at: RecordKey): boolean {
    return this.#coreOf(at.partition)?.openOn(placeOf(at)) !== undefined;
  }

  /**
   * Takes over where this node is not the proposer. `settle` is called once, later; and once more,
   * with what came of it, where its time was over while it was proposed.
   * @throws OperatingError `overloaded`, `not_ready`, `rebuilding`, `wrong_epoch`: nothing happened
   */
  submit(
    { at, change, condition, once, deadline, explanation }: StrongCommand,
    settle: WaitingCommand['settle'],
  ): void {
    const { acceptor, ownership, self } = this.#options;
    const { partition } = at;
    if (this.#isStopped) throw new OperatingError('not_ready', 'this node is stopping');
    ownership.assertOwns(self, partition);
    // Under rebuild it decides nothing.
    acceptor.promised(partition);
    const bytes = OPERATION_BYTES + at.key.length + (change?.value.length ?? 0);
    if (this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      throw new OperatingError('overloaded', 'too many strong operations wait');
    }
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waitingBytes += bytes;
    this.#waiting.set(id, { bytes, settle });
    const operation = { id, key: placeOf(at), change, condition, once };
    this.#proposerHeld(partition)?.endOldBallot();
    this.#proposerOf(partition).submit(operation, deadline, explanation);
  }

  /** What was promised here may have ended what this node proposed. */
  noteBallot(partition: number): void {
    this.#proposerHeld(partition)?.noteBallot();
  }

  /**
   * The replica of the partition has lost something. Its proposer decides nothing more on it, says
   * nothing of it again, and answers no read by it; what it holds unsent is sent.
   */
  noteDamage(partition: number): void {
    this.#proposerHeld(partition)?.abdicate();
  }

  stop(): void {
    this.#isStopped = true;
    for (const proposer of [...this.#proposers.values()]) proposer.stop();
  }

  #coreOf(partition: number): ProposerCore | undefined {
    return this.#proposerHeld(partition)?.core;
  }

  /** A proposer that has ended is forgotten. */
  #proposerHeld(partition: number): LocalProposer | undefined {
    const proposer = this.#proposers.get(partition);
    if (proposer?.isOver !== true) return proposer;
    this.#proposers.delete(partition);
    return undefined;
  }

  #proposerOf(partition: number): LocalProposer {
    const known = this.#proposerHeld(partition);
    if (known !== undefined) return known;
    const settle = (id: number, decided: Decided): void => this.#settle(id, decided);
    const proposer = new LocalProposer({
      ...this.#options,
      partition,
      settle,
      rounds: this.#rounds,
    });
    this.#proposers.set(partition, proposer);
    return proposer;
  }

  #settle(id: number, decided: Decided): void {
    const waiting = this.#waiting.get(id);
    assert(waiting !== undefined, 'an operation is decided once');
    if (decided.is !== 'late' || !decided.isOpen) {
      this.#waiting.delete(id);
      this.#waitingBytes -= waiting.bytes;
      assert(this.#waitingBytes >= 0, 'an operation that waits is counted once');
    }
    waiting.settle(decided);
  }
}
