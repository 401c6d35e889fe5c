/** The proposer of one partition on this node: what partition-proposer.ts says, done. */
import type { Observer } from '../../environment/observer.js';
import type { Random } from '../../environment/random.js';
import type { NodeId } from '../../environment/transport.js';
import { type Ballot, compareBallots, nextBallot } from '../../consensus/ballot.js';
import type { StrongOperation } from '../../consensus/decision.js';
import type { Result } from '../../consensus/effects.js';
import type { AcceptorReply, KeyText } from '../../consensus/messages.js';
import type { ProposerCore } from '../../consensus/proposer-core.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Endings } from '../../replica/endings.js';
import type { Identity } from '../../replica/identity.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import { majorityOf, type Plans } from '../../replication/plan.js';
import type { HybridClock } from '../../versioning/hybrid-clock.js';
import { proposalWriter } from '../../versioning/writer.js';
import type { RemoteAcceptors } from './acceptors.js';
import type { Engine, Operation } from '../engine/engine.js';
import { ExplainedDecisions } from './explained-decisions.js';
import type { Explanation } from '../request/explanation.js';
import type { HeardRounds } from './heard-rounds.js';
import { OwnRecords } from './own-records.js';
import { type PartitionEffect, PartitionProposer } from './partition-proposer.js';
import { PartitionAcceptors } from './partition-acceptors.js';
import type { Standings } from '../engine/standings.js';
import { StrongWire } from './strong-wire.js';

export interface LocalProposerOptions {
  readonly self: NodeId;
  readonly acceptor: DurableAcceptor;
  readonly acceptors: RemoteAcceptors;
  readonly engine: Engine;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly view: ClusterView;
  readonly identity: Identity;
  readonly standings: Standings;
  readonly endings: Endings;
  readonly expiryClock: ExpiryClock;
  readonly hybridClock: HybridClock;
  readonly random: Random;
  readonly observer: Observer;
  /** Of one message. */
  readonly pageBytesMax: number;
}

/** What came of an operation. */
export type Decided =
  | Result
  /** Its time is over. `isOpen`: it was proposed, and may take effect. */
  | { readonly is: 'late'; readonly isOpen: boolean };

type Running = Operation<PartitionEffect, PartitionProposer>;

interface PartitionOptions extends LocalProposerOptions {
  readonly partition: number;
  readonly rounds: HeardRounds;
  readonly settle: (id: number, decided: Decided) => void;
}

const ROUNDS = ['none', 'one', 'two'] as const;

export class LocalProposer {
  readonly partition: number;
  /** Of the plan under which its ballot was chosen. */
  epoch: number;
  readonly #options: PartitionOptions;
  readonly #wire: StrongWire;
  readonly #own: OwnRecords;
  readonly #acceptors: PartitionAcceptors;
  readonly #running: Running;
  /** How often the open operation of a key was decided. */
  readonly #decisions = new Map<KeyText, number>();
  readonly #explained: ExplainedDecisions;

  constructor(options: PartitionOptions) {
    const { self, engine, ownership, random, plans, partition } = options;
    this.#options = options;
    this.partition = partition;
    this.epoch = plans.of(partition).epoch;
    this.#wire = new StrongWire(partition, ownership.partitionCount);
    this.#own = new OwnRecords(options, partition, this.#wire);
    this.#acceptors = new PartitionAcceptors(options, partition, this.#wire, {
      hear: (node, start, reply) => this.#hear(node, start, reply),
      follow: (done) => this.#follow(done),
    });
    const course = new PartitionProposer(self, () => random.fraction());
    this.#explained = new ExplainedDecisions(self, course.core);
    this.#running = engine.run(course, (effect: PartitionEffect) => this.#perform(effect));
  }

  /** It has ended, because it had nothing more to do. */
  get isOver(): boolean {
    return this.#running.place < 0;
  }

  get core(): ProposerCore {
    return this.#running.core.core;
  }

  /**
   * A new ring epoch ends the ballot that was chosen under the epoch before; and a loss on this
   * node, of whatever partition, one of before it: such a ballot is never called settled (K21).
   * Where nothing waits, this proposer is over then.
   */
  endOldBallot(): void {
    const { plans, identity } = this.#options;
    const { epoch } = plans.of(this.partition);
    const { phase, ballot } = this.core;
    const isOld = this.epoch !== epoch || ballot.start !== identity.start;
    this.epoch = epoch;
    if (isOld && phase !== 'off') this.#running.dispatch((core) => core.abdicate());
  }

  /** @param deadline on the monotonic clock */
  submit(operation: StrongOperation, deadline: number, explanation?: Explanation): void {
    if (explanation !== undefined) this.#explained.watch(operation, explanation);
    const endsAt = deadline - this.#running.begunAt;
    this.#running.dispatch((core) => core.submit(operation, endsAt));
  }

  /** What was promised here may have ended what this node proposed. */
  noteBallot(): void {
    try {
      const promised = this.#options.acceptor.promised(this.partition);
      this.#running.dispatch((core) => core.deposed(promised));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  abdicate(): void {
    this.#running.dispatch((core) => core.abdicate());
  }

  stop(): void {
    this.#running.dispatch((core) => core.stop());
  }

  #perform(effect: PartitionEffect): void {
    this.#explained.saw(effect);
    switch (effect.do) {
      case 'campaign':
        this.#campaign();
        break;
      case 'send':
        this.#acceptors.send(effect.node, effect.request);
        break;
      case 'activate':
        this.#follow(
          this.#acceptors.activate(effect, this.#own, () => this.#isUnder(effect.ballot)),
        );
        break;
      case 'accept':
        this.#acceptors.accept(effect.node, effect.proposal);
        break;
      case 'vote':
        this.#acceptors.vote(effect.proposal);
        break;
      case 'learn':
        this.#learn(effect);
        break;
      case 'merge':
        this.#follow(this.#own.merge(effect.key, effect.state));
        break;
      case 'look':
        this.#follow(this.#look(effect.key));
        break;
      case 'teach':
        this.#teach(effect);
        break;
      case 'forget':
      case 'forget ballot':
        this.#acceptors.forget(effect);
        break;
      case 'void':
        this.#follow(this.#options.acceptor.void(this.partition, effect.key, effect.dot));
        break;
      case 'answer':
        this.#countRounds(effect.operation.key, effect.operation.change !== undefined);
        this.#options.settle(effect.operation.id, effect.result);
        break;
      case 'expire':
        this.#options.settle(effect.operation.id, { is: 'late', isOpen: effect.isOpen });
        break;
      case 'count':
        this.#options.observer.count('quorate_strong_events_total', { event: effect.what });
    }
  }

  #campaign(): void {
    const { self, acceptor, plans, identity, standings, random, observer } = this.#options;
    const { partition } = this;
    const plan = plans.of(partition);
    const quorum = majorityOf(plan);
    let promised: Ballot;
    try {
      promised = acceptor.promised(partition);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    if (!plan.isPrimary || !quorum.isPossibleFor(plan.order)) {
      this.#running.dispatch((core) => core.notNow());
      return;
    }
    const { ballot: last } = this.core;
    const { start } = identity;
    const { rounds } = this.#options;
    const heard = rounds.of(partition);
    const ballot = nextBallot(self, start, [promised.round, last.round, heard]);
    const writer = proposalWriter(ballot, random);
    this.epoch = plan.epoch;
    observer.count('quorate_strong_events_total', { event: 'campaign' });
    this.#running.dispatch((core) =>
      core.takeOver({ ballot, writer, quorum, standing: standings.of(partition) }),
    );
  }

  #hear(node: NodeId, start: number, reply: AcceptorReply): void {
    const { partition } = this;
    this.#explained.heard(node, reply);
    if (reply.is === 'refused') this.#options.rounds.note(partition, reply.promised.round);
    this.#running.dispatch((core) => core.answered({ node, start }, reply));
  }

  /** Where it fails, it does in this step: the next operation must not be decided without it. */
  #learn(effect: Extract<PartitionEffect, { do: 'learn' }>): void {
    try {
      this.#acceptors.learn(effect);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** In the step that decides. */
  async #look(key: KeyText): Promise<void> {
    const open = this.core.openOn(key);
    await this.#own.merged(key);
    // Of an earlier ballot: it has not waited for what this one learns.
    if (open === undefined || this.core.openOn(key) !== open) return;
    this.#decisions.set(key, (this.#decisions.get(key) ?? 0) + 1);
    const { record, refusal } = this.#own.recordToDecideOn(key);
    const looked = {
      hybridNow: this.#options.hybridClock.now(),
      hasSeen: this.#own.hasSeen,
      refusalFor: this.#own.refusalFor(key),
      refusal,
    };
    this.#running.dispatch((core) => core.looked(key, record, looked));
  }

  #isUnder(ballot: Ballot): boolean {
    return this.core.phase !== 'off' && compareBallots(this.core.ballot, ballot) === 0;
  }

  #teach({ node, key, id }: Extract<PartitionEffect, { do: 'teach' }>): void {
    const { view } = this.#options;
    if (!view.isUp(node)) return;
    try {
      // The record lacks it still; it is said again.
      if (this.#own.isMerging(key)) return;
      const state = this.#own.recordOf(key) ?? 'absent';
      this.#acceptors.send(node, { is: 'learn', key, id, state, isSettled: false });
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #countRounds(key: KeyText, isWrite: boolean): void {
    const decisions = this.#decisions.get(key) ?? 0;
    this.#decisions.delete(key);
    this.#options.observer.count('quorate_strong_rounds_total', {
      operation: isWrite ? 'write' : 'read',
      rounds: ROUNDS[decisions] ?? 'more',
    });
  }

  /** Where a step on this node fails, it cannot decide any more: it gives up its ballot. */
  #follow(done: Promise<void>): void {
    done.catch((error: unknown) => this.#giveUp(error));
    this.noteBallot();
  }

  #giveUp(error: unknown): void {
    if (!(error instanceof OperatingError)) throw error;
    const { partition } = this;
    const reason = messageOf(error);
    this.#options.observer.log('warn', 'a proposer gives up its ballot', { partition, reason });
    this.#running.dispatch((core) => core.abdicate());
  }
}
