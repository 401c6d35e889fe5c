/**
 * A node's replicas as acceptors of the strong level: what `consensus/acceptor.ts` says is stored,
 * in one transaction, before it is answered (docs/consensus.md).
 */
import {
  forgetting,
  type AcceptorState,
  type HeldKey,
  judge,
  type Judgement,
  judgeVote,
  learning,
} from '../consensus/acceptor.js';
import { rebuildingFrom } from '../consensus/rebuilding.js';
import type { Ballot } from '../consensus/ballot.js';
import type { RefusalFor } from '../consensus/decision.js';
import type { HasSeen } from '../consensus/once.js';
import type { KeyText, Proposal, AcceptorReply, AcceptorRequest } from '../consensus/messages.js';
import { OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { placeOf } from '../persistence/keyspace.js';
import {
  type Ballots,
  decodeProposal,
  type ProposalPage,
  type StoredProposal,
} from '../persistence/proposals.js';
import type { Store } from '../persistence/store.js';
import { joinDot } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import type { RecordLimits } from '../persistence/record-limits.js';
import { type Followed, noteLearnedVoids } from './learned-voids.js';
import { Merging } from './merging.js';
import { ProposalRoom } from './proposal-room.js';
import { PromiseEntries } from './promise-entries.js';
import type { Replica } from './replica.js';
import { StoredAcceptor, type StoredAcceptorOptions } from './stored-acceptor.js';

export interface DurableAcceptorOptions extends StoredAcceptorOptions, RecordLimits {
  readonly store: Store;
  readonly replica: Replica;
  /** Bytes of entries in one answer to PREPARE. */
  readonly pageBytesMax: number;
}

/** What is sent to another owner. */
export interface RebuildPage extends ProposalPage {
  readonly ballots: Ballots;
}

type Prepare = Extract<AcceptorRequest, { is: 'prepare' }>;

export class DurableAcceptor {
  readonly #options: DurableAcceptorOptions;
  readonly #stored: StoredAcceptor;
  readonly #merging: Merging;
  readonly #entries: PromiseEntries;
  readonly #room: ProposalRoom;

  constructor(options: DurableAcceptorOptions) {
    this.#options = options;
    this.#stored = new StoredAcceptor(options);
    this.#merging = new Merging(options);
    this.#entries = new PromiseEntries(options, this.#stored);
    this.#room = new ProposalRoom(options);
  }

  /** The highest ballot promised here, durably or not. @throws OperatingError `rebuilding` */
  promised(partition: number): Ballot {
    this.#options.health.assertWhole(partition);
    return this.#stored.whole(partition, () => this.#options.proposals.ballotsOf(partition))
      .promised;
  }

  /** What is held of a key. @throws OperatingError `rebuilding`, `unknown_format` */
  heldOf(at: RecordKey): HeldKey {
    this.#options.health.assertWhole(at.partition);
    return this.#stored.of(at);
  }

  /** The record alone. @throws as `heldOf` */
  recordOf(at: RecordKey): Siblings | undefined {
    this.#options.health.assertWhole(at.partition);
    return this.#options.replica.read(at)?.siblings;
  }

  /** What the clock of the partition has. @throws OperatingError `rebuilding` */
  seenIn(partition: number): HasSeen {
    this.#options.health.assertWhole(partition);
    const clock = this.#options.clocks.of(partition);
    return (dot) => clock.has(dot);
  }

  /** Why a change of the key is not proposed. */
  refusalFor(at: RecordKey): RefusalFor {
    return this.#room.refusalFor(at);
  }

  /** Is anything accepted of the key that is not learned here? Costs next to nothing. */
  hasAcceptance(at: RecordKey): boolean {
    return this.#options.proposals.isAccepted(at);
  }

  /** The keys of which something is accepted and not learned. */
  accepted(): RecordKey[] {
    return this.#options.proposals.accepted();
  }

  /**
   * What this owner answers; undefined: nothing. Resolves when that may be said.
   * @throws OperatingError `rebuilding`, `overloaded`, `read_only`, `storage_failed`, `not_ready`,
   * `unknown_format`
   */
  handle(partition: number, request: AcceptorRequest): Promise<AcceptorReply | undefined> {
    if (request.is === 'prepare') return this.#prepare(partition, request);
    if (request.is === 'forget ballot') return this.#forgetBallot(partition, request.ballot);
    return promised(() => {
      if (request.is === 'accept' && this.#options.proposals.isFull) {
        throw new OperatingError('overloaded', 'too many proposals wait to be learned');
      }
      const followed = this.#follow(partition, (held) => judge(held, request));
      return noteLearnedVoids(this.#options, partition, request, followed);
    });
  }

  /** The own vote of the proposer. @throws as `handle` */
  vote(partition: number, proposal: Proposal): Promise<AcceptorReply | undefined> {
    return promised(() => this.#follow(partition, (held) => judgeVote(held, proposal)));
  }

  /**
   * What was counted goes into the record: at once, or while a merge of the key is under way
   * (`settled`). Where it cannot, this throws: nothing may be decided without it.
   * @param how `isVote`: this stands for the own vote, and resolves when it is synced
   * @throws as `handle`
   */
  learn(
    partition: number,
    { key, id, state }: Pick<Proposal, 'key' | 'id' | 'state'>,
    { isSettled, isVote }: { readonly isSettled: boolean; readonly isVote: boolean },
  ): Followed {
    return this.#follow(partition, (held) => ({
      changes: learning(held.of(key), key, id, { state, isSettled }),
      reply: undefined,
      isSynced: isVote,
    }));
  }

  /** Into the record, as anything that comes from elsewhere. @throws as `handle` */
  async merge(partition: number, key: KeyText, state: Siblings): Promise<void> {
    this.#options.health.assertWhole(partition);
    await this.#merging.merge(partition, [{ store: 'merge', key, state }]);
  }

  /** The record, with all that is being merged into it. @throws as `handle` */
  async look(key: KeyText): Promise<Siblings | undefined> {
    await this.settled(key);
    const { replica, proposals } = this.#options;
    return replica.read(proposals.at(key))?.siblings;
  }

  /** Resolves when the merges of the key that are under way have ended; rejects as they did. */
  settled(key: KeyText): Promise<void> | undefined {
    return this.#merging.settled(key);
  }

  /**
   * The clock counts a number that no version has, or ever will, as seen: now and after a crash.
   */
  async void(partition: number, key: KeyText, dot: Dot): Promise<void> {
    const record = await this.look(key);
    if (record === undefined) return;
    const { store, clocks } = this.#options;
    clocks.note(partition, joinDot(record.context, dot), [dot]);
    // Synced: a power cut that takes a record must take the clock that speaks of it, too (C4).
    const { committed } = store.transact(
      (changes) => clocks.keep(partition, changes),
      'sync',
      'vital',
    );
    await committed;
  }

  /**
   * Is a proposal of the key accepted or learned here, and not known to be so everywhere?
   * @throws OperatingError `rebuilding`, `unknown_format`
   */
  isOpen(at: RecordKey): boolean {
    return this.hasAcceptance(at) || this.heldOf(at).mark !== undefined;
  }

  /** A page of what an owner under rebuild takes from this one, which may be under rebuild, too. */
  async pageOf(partition: number, from: string): Promise<RebuildPage> {
    const { proposals, health, pageBytesMax } = this.#options;
    const page = await proposals.page(partition, from, pageBytesMax);
    // Read last: what was accepted since belongs to a promise that is sent, too.
    const ballots = this.#stored.whole(partition, () => proposals.ballotsOf(partition));
    if (!health.isRebuilding(partition)) {
      this.#stored.whole(partition, () => page.proposals.map((one) => this.#entries.entryOf(one)));
    }
    return { ...page, ballots };
  }

  /**
   * A page of what another owner sent, for the rebuild that this one is under. Resolves when it is
   * synced.
   * @throws OperatingError `corrupt_bytes`, `overloaded`, `read_only`, `storage_failed`
   */
  async rebuildFrom(
    partition: number,
    { promised, active }: Ballots,
    received: readonly StoredProposal[],
  ): Promise<void> {
    const entries = received.map((one) => ({ key: placeOf(one.at), ...decodeProposal(one) }));
    const changes = rebuildingFrom(this.#stored.stateOf(partition), { promised, active, entries });
    await this.#store(partition, { changes, reply: undefined, isSynced: true });
  }

  /**
   * The own marks go at the beginning of a rebuild: each speaks for a record, which may be among
   * what was lost. What was chosen has another owner that accepted or learned it, and says so.
   */
  async dropMarks(partition: number): Promise<void> {
    for await (const marks of this.#stored.marksOf(partition)) {
      const changes = marks.map(([key]) => ({ store: 'no mark', key }) as const);
      await this.#store(partition, { changes, reply: undefined, isSynced: false });
    }
  }

  /** What a correction of the disk has taken away, by its keys, is held no more. */
  forgetLost(partition: number, taken: readonly string[]): void {
    this.#options.proposals.forgetLost(partition, taken);
  }

  /** From the promise on nothing older is accepted: what comes with it is read after that. */
  async #prepare(partition: number, request: Prepare): Promise<AcceptorReply | undefined> {
    const { store, health, proposals, pageBytesMax } = this.#options;
    const reply = await this.#follow(partition, (held) => judge(held, request));
    if (reply?.is !== 'promised') return reply;
    const page = await proposals.page(partition, request.from, pageBytesMax);
    health.assertWhole(partition);
    const entries = this.#stored.whole(partition, () => this.#entries.of(page));
    // No crash may take back what was answered.
    await store.whenAllDurable();
    health.assertWhole(partition);
    return { ...reply, ...entries };
  }

  /** Those that come meanwhile are later. */
  async #forgetBallot(partition: number, ballot: Ballot): Promise<undefined> {
    for await (const marks of this.#stored.marksOf(partition)) {
      this.#options.health.assertWhole(partition);
      const changes = forgetting(ballot, marks);
      await this.#store(partition, { changes, reply: undefined, isSynced: false });
    }
  }

  /**
   * What was learned is merged first: that may have to ask other owners, and no transaction waits.
   * Mostly it does not, and all is one batch. Then it is judged again, on what is held by then.
   */
  #follow(partition: number, decide: (held: AcceptorState) => Judgement): Followed {
    this.#options.health.assertWhole(partition);
    const judgement = decide(this.#stored.stateOf(partition));
    const merges = judgement.changes.filter((change) => change.store === 'merge');
    if (merges.length === 0) return this.#store(partition, judgement);
    const merging = this.#merging.merge(partition, merges);
    // In the same turn, where the merge is done.
    if (merging === undefined) return this.#store(partition, judgement);
    return merging.then(() => this.#store(partition, decide(this.#stored.stateOf(partition))));
  }

  #store(partition: number, judgement: Judgement): Followed {
    const { store, proposals } = this.#options;
    const { changes, reply, isSynced } = judgement;
    const isAny = changes.some((change) => change.store !== 'merge');
    if (isAny) {
      const { committed } = store.transact(
        (transaction) => proposals.change(transaction, partition, changes),
        isSynced ? 'sync' : 'os',
        this.#room.urgencyOf(changes),
      );
      return committed === undefined ? reply : committed.then(() => reply);
    }
    const durable = isSynced ? store.whenAllDurable() : undefined;
    return durable === undefined ? reply : durable.then(() => reply);
  }
}

/** As a promise, whatever happens at once. */
function promised<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(run());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
