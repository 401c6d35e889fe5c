/** One owner in the small random world: it performs what acceptor and proposer say. */
import {
  NO_BALLOT,
  type Ballot,
  compareBallots,
  type ProposalId,
} from '../../../lib/consensus/ballot.js';
import {
  entryOf,
  forgetting,
  type AcceptorState,
  judge,
  type Judged,
  judgeVote,
  type Judgement,
  learning,
  type AcceptorChange,
} from '../../../lib/consensus/acceptor.js';
import type { ProposerEffect } from '../../../lib/consensus/effects.js';
import type {
  Acceptance,
  PromiseEntry,
  AcceptorReply,
  AcceptorRequest,
  Settlement,
} from '../../../lib/consensus/messages.js';
import { ProposerCore } from '../../../lib/consensus/proposer-core.js';
import type { OperatingError } from '../../../lib/errors.js';
import type { Standing } from '../../../lib/replication/quorum.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { find, merge, type Siblings } from '../../../lib/versioning/siblings.js';

/** What lies on a disk. */
export interface Disk {
  readonly records: ReadonlyMap<string, Siblings>;
  readonly acceptances: ReadonlyMap<string, Acceptance>;
  readonly marks: ReadonlyMap<string, ProposalId>;
  readonly promised: Ballot;
  readonly active: Ballot;
  /** Persisted later than the records. */
  readonly clock: PartitionClock;
}

/** What a node needs of the world around it. */
export interface Surroundings {
  send(from: WorldNode, to: string, what: Sent): void;
  nodeOf(name: string): WorldNode;
  answered(effect: Extract<ProposerEffect, { do: 'answer' }>): void;
  /** The proposal under this dot came to nothing. */
  voided(dot: Dot): void;
  /** A proposal of the operation leaves. */
  proposed(node: WorldNode, key: string): void;
  learned(state: Siblings): void;
  /** Why there is no room for a write that would take effect; undefined: there is. */
  refusal(): OperatingError | undefined;
  count(what: string): void;
}

export type Sent =
  | { readonly is: 'request'; readonly request: AcceptorRequest }
  | { readonly is: 'reply'; readonly reply: AcceptorReply; readonly start: number };

export function copyOfClock(clock: PartitionClock): PartitionClock {
  return PartitionClock.from(clock.toPlain());
}

const NEW_DISK: Disk = {
  ...{ records: new Map(), acceptances: new Map(), marks: new Map() },
  ...{ promised: NO_BALLOT, active: NO_BALLOT, clock: new PartitionClock() },
};

/** Changes are in memory at once, and on the disk when it syncs, all together. */
export class WorldNode {
  readonly name: string;
  start = 1;
  records = new Map<string, Siblings>();
  acceptances = new Map<string, Acceptance>();
  marks = new Map<string, ProposalId>();
  promised = NO_BALLOT;
  active = NO_BALLOT;
  clock = new PartitionClock();
  proposer: ProposerCore;
  /** Heard of in refusals. */
  roundSeen = 0;
  /** Of plain writes. */
  writer = '';
  minted = 0;
  disk: Disk = NEW_DISK;
  isDirty = false;
  /** Owners from which everything is still to be taken; undefined: it is whole. */
  rebuilding: Set<string> | undefined;
  /** Owners that have not confirmed the loss. */
  unconfirmed = new Set<string>();
  /** Of each owner: what it said in an earlier start does not count. */
  readonly leastStarts = new Map<string, number>();
  readonly #around: Surroundings;
  #waiting: (() => void)[] = [];

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
    this.proposer = new ProposerCore(name);
  }

  readonly standing: Standing = {
    stands: (node, start) => start >= (this.leastStarts.get(node) ?? 0),
    struck: () => undefined,
  };

  held(): AcceptorState {
    const { promised, active, start, acceptances, marks } = this;
    return {
      ...{ promised, active, start },
      of: (key) => ({
        record: this.records.get(key),
        hasSeen: (dot) => this.clock.has(dot),
        acceptance: acceptances.get(key),
        mark: marks.get(key),
      }),
      accepted: () => acceptances.keys(),
    };
  }

  /** As another owner under rebuild takes them. */
  entries(): PromiseEntry[] {
    const held = this.held();
    const keys = new Set([...this.acceptances.keys(), ...this.marks.keys()]);
    return [...keys].map((key) => entryOf(key, held.of(key)));
  }

  // The disk.

  /** Calls back once all that was changed until now is synced; never, where it crashes before. */
  whenSynced(then: () => void): void {
    this.isDirty = true;
    this.#waiting.push(then);
  }

  get isWaitingForSync(): boolean {
    return this.#waiting.length > 0;
  }

  sync(): void {
    if (!this.isDirty) return;
    this.disk = this.snapshot();
    this.isDirty = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }

  snapshot(): Disk {
    const { promised, active } = this;
    return {
      ...{ promised, active, clock: this.disk.clock },
      records: new Map(this.records),
      acceptances: new Map(this.acceptances),
      marks: new Map(this.marks),
    };
  }

  persistClock(): void {
    if (!this.isDirty) this.disk = { ...this.disk, clock: copyOfClock(this.clock) };
  }

  /** Starts anew from the disk. @param writer that nobody was before */
  restart(disk: Disk, writer: string): void {
    this.disk = disk;
    this.start += 1;
    this.records = new Map(disk.records);
    this.acceptances = new Map(disk.acceptances);
    this.marks = new Map(disk.marks);
    this.promised = disk.promised;
    this.active = disk.active;
    this.clock = copyOfClock(disk.clock);
    this.newLife(writer);
  }

  newLife(writer: string): void {
    this.proposer = new ProposerCore(this.name);
    this.roundSeen = 0;
    this.writer = writer;
    this.minted = 0;
    this.isDirty = false;
    this.#waiting = [];
  }

  // The record.

  /** Merges what comes from elsewhere, through the filter. */
  merge(key: string, state: Siblings): void {
    const own = this.records.get(key);
    const isHeld = (dot: Dot): boolean => own !== undefined && find(own, dot) !== undefined;
    const isNew = (dot: Dot): boolean =>
      this.rebuilding !== undefined || !this.clock.has(dot) || isHeld(dot);
    const versions = state.versions.filter(({ dot }) => isNew(dot));
    if (own === undefined && versions.length === 0 && state.versions.length > 0) return;
    const admitted = { ...state, versions };
    this.records.set(key, own === undefined ? admitted : merge(own, admitted));
    for (const { dot } of state.versions) this.clock.add(dot);
    this.isDirty = true;
  }

  store(changes: readonly AcceptorChange[]): void {
    if (changes.length > 0) this.isDirty = true;
    for (const change of changes) {
      switch (change.store) {
        case 'ballots':
          this.promised = change.promised;
          this.active = change.active;
          break;
        case 'acceptance':
          this.acceptances.set(change.key, change.acceptance);
          break;
        case 'no acceptance':
          this.acceptances.delete(change.key);
          break;
        case 'mark':
          this.marks.set(change.key, change.mark);
          break;
        case 'no mark':
          this.marks.delete(change.key);
          break;
        case 'merge':
          this.merge(change.key, change.state);
          this.#around.learned(change.state);
      }
    }
    if (compareBallots(this.promised, this.proposer.ballot) > 0) {
      this.perform(this.proposer.deposed(this.promised));
    }
  }

  // The acceptor.

  handle(from: string, request: AcceptorRequest): void {
    if (this.rebuilding !== undefined) return;
    if (request.is === 'forget ballot') {
      this.store(forgetting(request.ballot, this.marks));
      return;
    }
    this.#follow(from, this.answering(request));
    if (request.is !== 'learn') return;
    for (const dot of request.voided ?? []) {
      this.clock.add(dot);
      this.isDirty = true;
    }
  }

  answering(request: Judged): Judgement {
    const { reply, ...rest } = judge(this.held(), request);
    const isPromised = reply?.is === 'promised';
    return { ...rest, reply: isPromised ? { ...reply, entries: this.entries() } : reply };
  }

  #follow(from: string, { changes, reply, isSynced }: Judgement): void {
    this.store(changes);
    if (reply === undefined) return;
    const { start } = this;
    const answer = (): void => {
      if (from === this.name) this.hear(this.name, start, reply);
      else this.#around.send(this, from, { is: 'reply', reply, start });
    };
    if (isSynced) this.whenSynced(answer);
    else answer();
  }

  // The proposer.

  hear(from: string, start: number, reply: AcceptorReply): void {
    if (start < (this.leastStarts.get(from) ?? 0)) return;
    if (reply.is === 'refused') this.roundSeen = Math.max(this.roundSeen, reply.promised.round);
    this.perform(this.proposer.answered({ node: from, start }, reply));
  }

  perform(effects: readonly ProposerEffect[]): void {
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ProposerEffect): void {
    switch (effect.do) {
      case 'send':
        this.#request(effect.node, effect.request);
        break;
      case 'activate': {
        const adopted = effect.adopted.map(
          ({ key, acceptance }): Settlement => ({ key, adopted: acceptance }),
        );
        const brought = effect.brought.map(({ key, mark }): Settlement => {
          return { key, adopted: undefined, mark, record: this.records.get(key) };
        });
        const entries = [...adopted, ...brought];
        const { ballot } = effect;
        this.#request(effect.node, { is: 'activate', ballot, entries, isLast: true });
        break;
      }
      case 'accept': {
        this.#around.proposed(this, effect.proposal.key);
        const { start } = this.#around.nodeOf(effect.node);
        this.#request(effect.node, { is: 'accept', proposal: effect.proposal, start });
        break;
      }
      case 'vote':
        if (this.rebuilding !== undefined) return;
        this.#follow(this.name, judgeVote(this.held(), effect.proposal));
        break;
      case 'merge':
        this.merge(effect.key, effect.state);
        break;
      case 'look':
        this.perform(
          this.proposer.looked(effect.key, this.records.get(effect.key), {
            ...{ hybridNow: 0, hasSeen: (dot) => this.clock.has(dot) },
            refusalFor: () => this.#around.refusal(),
            refusal: this.#around.refusal(),
          }),
        );
        break;
      case 'learn':
        this.#learn(effect);
        break;
      case 'teach': {
        const { key, id } = effect;
        const state = this.records.get(key) ?? 'absent';
        this.#request(effect.node, { is: 'learn', key, id, state, isSettled: false });
        break;
      }
      case 'forget':
        this.handle(this.name, { is: 'forget', key: effect.key, id: effect.id });
        break;
      case 'forget ballot':
        this.handle(this.name, { is: 'forget ballot', ballot: effect.ballot });
        break;
      case 'void':
        this.clock.add(effect.dot);
        this.isDirty = true;
        this.#around.voided(effect.dot);
        break;
      case 'answer':
        this.#around.answered(effect);
        break;
      case 'count':
        this.#around.count(effect.what);
    }
  }

  #learn({ proposal, isSettled, asVote }: Extract<ProposerEffect, { do: 'learn' }>): void {
    const { key, id, state } = proposal;
    this.store(learning(this.held().of(key), key, id, { state, isSettled }));
    if (!asVote) return;
    const { start } = this;
    this.whenSynced(() => this.hear(this.name, start, { is: 'accepted', key, id }));
  }

  #request(to: string, request: AcceptorRequest): void {
    if (to === this.name) this.handle(this.name, request);
    else this.#around.send(this, to, { is: 'request', request });
  }
}
