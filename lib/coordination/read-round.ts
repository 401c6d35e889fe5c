/** One read of several replicas: asks the nearest, replaces the failed, hedges the slow. */
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import { decodeRecord } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { nearestFirst } from '../replication/preference-list.js';
import type { QuorumState, Requirement } from '../replication/quorum.js';
import type { Quorum } from '../replication/quorum.js';
import type { Siblings } from '../versioning/siblings.js';
import { mergeAll } from '../versioning/siblings.js';
import type { Cancel } from '../environment/clock.js';
import type { Collaborators } from './collaborators.js';
import type { Copy } from './copy.js';
import { countedIn } from './counted.js';
import type { Want } from './messages.js';
import { READ } from './messages.js';

export interface ReadRoundOptions {
  readonly at: RecordKey;
  readonly list: PreferenceList;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Must what the answers show be synced? */
  readonly durable: boolean;
  /** What the first replica is asked, and another where that one fails or is slow. */
  readonly first: Want;
  /** What the others are asked. */
  readonly others: Want;
}

export class ReadRound {
  readonly #with: Collaborators;
  readonly #options: ReadRoundOptions;
  readonly #quorum: Quorum;
  readonly #asked: NodeId[] = [];
  /** Who was asked as the first is, last of all, and has not failed. */
  #first: NodeId | undefined;
  readonly #copies: Copy[] = [];
  #notify: (failed: boolean) => void = () => undefined;

  constructor(collaborators: Collaborators, options: ReadRoundOptions) {
    this.#with = collaborators;
    this.#options = options;
    this.#quorum = countedIn(collaborators, options.at.partition, []);
  }

  /** Primaries that answered, and have lost nothing since. */
  get answered(): number {
    return this.#quorum.succeeded.length;
  }

  /** What each said, one of each. */
  get copies(): readonly Copy[] {
    return this.#copies;
  }

  /** Resolves when the requirements are met, or cannot be any more, or at `until` at the latest. */
  reach(
    requirements: readonly Requirement[],
    until: number = this.#options.deadline,
  ): Promise<QuorumState> {
    this.#askFor(requirements);
    return this.#until(
      () => this.#quorum.stateUnder(requirements),
      () => this.#askFor(requirements),
      until,
    );
  }

  /** Asks every primary that is up, and resolves when all of them have answered or failed. */
  async exhaust(): Promise<void> {
    const up = this.#candidates();
    for (const node of up) this.#ask(node);
    await this.#until(
      () => (up.some((node) => this.#isOpen(node)) ? 'pending' : 'reached'),
      () => undefined,
      this.#options.deadline,
    );
  }

  /** The merge of all that was said; undefined where nobody holds anything. */
  merged(): Siblings | undefined {
    return mergeAll(this.#copies.map(({ siblings }) => siblings));
  }

  /** Do all that answered hold the same? */
  get agrees(): boolean {
    return this.#copies.every(({ fingerprint }) => fingerprint === this.#copies[0]?.fingerprint);
  }

  /** Do they hold the same, and are they enough? Then nothing need be written back. */
  isHeldBy(requirements: readonly Requirement[]): boolean {
    return this.agrees && this.#quorum.stateUnder(requirements) === 'reached';
  }

  /** Was every state that somebody holds met in full, so that `merged` leaves nothing out? */
  get isWhole(): boolean {
    return this.#copies.every(
      ({ want, fingerprint }) =>
        want === 'full' ||
        fingerprint === '' ||
        this.#copies.some((other) => other.want === 'full' && other.fingerprint === fingerprint),
    );
  }

  #until(state: () => QuorumState, again: () => void, until: number): Promise<QuorumState> {
    if (state() !== 'pending') return Promise.resolve(state());
    const { clock, observer, hedging } = this.#with;
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const finish = (result: QuorumState): void => {
        cancel();
        this.#notify = () => undefined;
        resolve(result);
      };
      this.#notify = (failed) => {
        // An answer may also have shown that another counts no more.
        if (failed || state() === 'pending') again();
        const now = state();
        if (now !== 'pending') finish(now);
      };
      const left = (): number => until - clock.monotonicMilliseconds();
      const hedge = (): void => {
        const more = this.#candidates().filter((node) => !this.#asked.includes(node));
        if (more.length > 0) observer.count('quorate_hedges_total', {}, more.length);
        cancel = clock.after(Math.max(0, left()), () => finish('lost'));
        const silent = this.#isOpen(this.#first);
        for (const node of more) this.#ask(node, silent);
      };
      const patience = hedging.patience(this.#options.list, this.#asked, left());
      cancel = clock.after(Math.max(0, Math.min(patience, left())), hedge);
    });
  }

  /** Asks as many of the nearest as can still meet each requirement, beyond those asked already. */
  #askFor(requirements: readonly Requirement[]): void {
    const nearest = this.#candidates();
    for (const { nodes, required } of requirements) {
      let open = nodes.filter(
        (node) => this.#asked.includes(node) && this.#quorum.answerOf(node) !== false,
      ).length;
      for (const node of nearest) {
        if (open >= required) break;
        if (!nodes.includes(node) || this.#asked.includes(node)) continue;
        this.#ask(node);
        open += 1;
      }
    }
    for (const primary of this.#options.list.primaries) {
      if (!primary.up) this.#quorum.fail(primary.node);
    }
  }

  #candidates(): NodeId[] {
    const { view, lag } = this.#with;
    return nearestFirst(this.#options.list, view, lag.isBehind);
  }

  #isOpen(node: NodeId | undefined): boolean {
    return node !== undefined && this.#quorum.answerOf(node) === undefined;
  }

  /** @param isFirst ask it as the first is asked, whoever was */
  #ask(node: NodeId, isFirst = this.#first === undefined): void {
    if (this.#asked.includes(node)) return;
    const { at, first, others, durable, deadline } = this.#options;
    const want = isFirst ? first : others;
    this.#asked.push(node);
    if (isFirst) this.#first = node;
    if (node === this.#with.view.self) {
      this.#askSelf(want);
      return;
    }
    const { namespace, key } = at;
    const { messenger, clock, hedging, losses } = this.#with;
    const since = clock.monotonicMilliseconds();
    messenger.ask(node, READ, { namespace, key, want, durable }, deadline, (answer) => {
      if (!answer.ok) {
        this.#fail(node);
        return;
      }
      hedging.note(node, since);
      try {
        const { record, fingerprint, start, lost } = answer.reply;
        losses.learnIn(at.partition, lost);
        const siblings = record === null ? undefined : decodeRecord(at, record);
        this.#succeed({ node, fingerprint, siblings, want, start });
      } catch (error) {
        this.#report(node, error);
      }
    });
  }

  #askSelf(want: Want): void {
    const { replica, view, identity } = this.#with;
    const { at, durable } = this.#options;
    try {
      const record = replica.read(at);
      const copy: Copy = {
        node: view.self,
        fingerprint: record?.fingerprint ?? '',
        siblings: record?.siblings,
        want: record === undefined ? want : 'full',
        start: identity.start,
      };
      const wait = durable ? replica.whenDurable(at) : undefined;
      if (wait === undefined) {
        this.#succeed(copy);
        return;
      }
      wait.then(
        () => this.#succeed(copy),
        (error: unknown) => this.#report(view.self, error),
      );
    } catch (error) {
      this.#report(view.self, error);
    }
  }

  #succeed(copy: Copy): void {
    this.#copies.push(copy);
    this.#quorum.succeed(copy.node, copy.start);
    this.#notify(false);
  }

  #report(node: NodeId, error: unknown): void {
    this.#with.observer.log('debug', 'a replica could not read a record', {
      replica: node,
      partition: this.#options.at.partition,
      reason: messageOf(error),
    });
    this.#fail(node);
  }

  #fail(node: NodeId): void {
    this.#quorum.fail(node);
    if (node === this.#first) this.#first = undefined;
    this.#notify(true);
  }
}
