/**
 * A small random world around the pure machines: one partition, two keys, 3 or 5 owners. Mixed in:
 * plain writes and reads, expiry, exchanges, collection, crashes that lose what is not synced,
 * cuts, messages that are lost, come twice or late, a disk that is lost or rolled back.
 */
import { type Ballot, NO_BALLOT } from '../../../lib/consensus/ballot.js';
import type { StrongOperation } from '../../../lib/consensus/decision.js';
import { valuesText } from '../../../lib/consensus/decision.js';
import type { ProposerEffect } from '../../../lib/consensus/effects.js';
import { judgeRead, type ReadReport } from '../../../lib/consensus/strong-read.js';
import { OperatingError } from '../../../lib/errors.js';
import { majority, Quorum } from '../../../lib/replication/quorum.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';
import { NO_SIBLINGS, type Siblings } from '../../../lib/versioning/siblings.js';
import { SeededRandom } from '../../simulation/seeded-random.js';
import { type Entry, type Kind, Ledger, nameOf, OPERATIONS_MAX } from './ledger.js';
import { PlainOperations, type PlainSent } from './plain-operations.js';
import { type Sent, type Surroundings, WorldNode } from './world-node.js';

/** Share of the writes that find too much there; another decision of the same may not. */
const TOO_LARGE = 0.08;
export const KEYS = ['x', 'y'] as const;

export interface Message {
  readonly from: string;
  readonly to: string;
  readonly what:
    | Sent
    | { readonly is: 'forward'; readonly operation: StrongOperation }
    | PlainSent
    | { readonly is: 'ask'; readonly read: StrongRead }
    | { readonly is: 'report'; readonly read: StrongRead; readonly report: ReadReport };
}

interface StrongRead {
  readonly operation: StrongOperation;
  readonly at: string;
  readonly proposer: string;
  reports: ReadReport[];
  isOpen: boolean;
}

export class World implements Surroundings {
  readonly random: SeededRandom;
  readonly ledger = new Ledger();
  readonly nodes: WorldNode[];
  readonly quorum: Quorum;
  messages: Message[] = [];
  /** Sent, and delivered again at the very end. */
  readonly kept: Message[] = [];
  readonly counts = new Map<string, number>();
  /** No answer is lost on its way to the client. */
  isCalm = false;
  cut: string | undefined;
  /** Of each key: what a client has read last. */
  readonly shown = new Map<string, Siblings | undefined>();
  readonly collected = new Set<Entry>();
  readonly plain = new PlainOperations(this);
  readonly #operations = new Map<number, Entry>();
  #writers = 0;

  constructor(seed: number, size: number) {
    this.random = new SeededRandom(seed, 'consensus');
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, size);
    this.nodes = names.map((name) => new WorldNode(name, this));
    this.quorum = new Quorum([{ nodes: names, required: majority(size) }]);
    for (const node of this.nodes) node.writer = this.freshWriter(node);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  freshWriter({ name }: WorldNode): string {
    this.#writers += 1;
    return `${name}.1.${this.#writers.toString(16).padStart(12, '0')}`;
  }

  nodeOf(name: string): WorldNode {
    const node = this.nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  othersOf({ name }: WorldNode): WorldNode[] {
    return this.nodes.filter((node) => node.name !== name);
  }

  // The network.

  send(from: WorldNode, to: string, what: Message['what']): void {
    const isCut = this.cut !== undefined && from.name !== to;
    if (isCut && (to === this.cut || from.name === this.cut) && this.random.chance(0.95)) return;
    this.messages.push({ from: from.name, to, what });
  }

  deliver({ from, to, what }: Message): void {
    const node = this.nodeOf(to);
    switch (what.is) {
      case 'request':
        node.handle(from, what.request);
        break;
      case 'reply':
        node.hear(from, what.start, what.reply);
        break;
      case 'forward':
        this.#forwarded(node, what.operation);
        break;
      case 'copy':
        this.plain.copied(node, what);
        break;
      case 'ask':
        this.#asked(node, what.read);
        break;
      case 'report':
        this.#reported(node, what.read, what.report);
        break;
      case 'plain ask':
        this.plain.asked(node, what.read);
        break;
      case 'plain report':
        this.plain.reported(from, what.read, what.report);
    }
  }

  /** Delivers and syncs everything, in whatever order. */
  drain(): void {
    for (let turns = 0; turns < 20_000; turns += 1) {
      const place = this.random.below(this.messages.length);
      const [message] = this.messages.splice(place, 1);
      if (message !== undefined) this.deliver(message);
      const waiting = this.nodes.filter(({ isWaitingForSync }) => isWaitingForSync);
      if (message === undefined) for (const node of waiting) node.sync();
      else if (this.random.chance(0.3)) this.random.pick(this.nodes).sync();
      if (message === undefined && waiting.length === 0) return;
    }
    this.ledger.find('it never ends');
  }

  // Strong operations.

  takeOver(node: WorldNode, again = false): void {
    if (node.rebuilding !== undefined) return;
    if (node.proposer.phase === 'taking over' && !again) return;
    const round = Math.max(node.promised.round, node.roundSeen, node.proposer.ballot.round) + 1;
    const ballot = { round, node: node.name, start: node.start };
    const { quorum } = this;
    const { standing } = node;
    this.count('take-over');
    const writer = this.freshWriter(node);
    node.perform(node.proposer.takeOver({ ballot, writer, quorum, standing }));
  }

  /** @param met of a comparison: what it expects is what is live in this */
  begin(
    kind: Kind,
    key: string,
    met?: Siblings,
  ): { readonly entry: Entry; readonly operation: StrongOperation } {
    const expected = kind === 'compare' ? this.ledger.liveOf(met) : [];
    const entry = this.ledger.begin(kind, key, expected);
    const values = valuesText(met);
    const condition =
      kind !== 'compare'
        ? ({ is: 'none' } as const)
        : values === ''
          ? ({ is: 'absent' } as const)
          : ({ is: 'match', values: [values] } as const);
    const change = {
      state: kind === 'delete' ? ('tombstone' as const) : ('value' as const),
      ...{ contentType: '', value: new Uint8Array(0), expiresAt: undefined },
      ...{ seen: undefined, epoch: 0, past: undefined },
    };
    const { id } = entry;
    const operation = { id, key, condition, change: kind === 'read' ? undefined : change };
    this.#operations.set(id, entry);
    return { entry, operation };
  }

  strong(kind: Kind, key: string, node: WorldNode): Entry | undefined {
    if (this.ledger.entries.length >= OPERATIONS_MAX) return undefined;
    const met = this.random.chance(0.25) ? undefined : this.shown.get(key);
    const { entry, operation } = this.begin(kind, key, met);
    if (kind === 'read' && this.random.chance(0.8)) this.strongRead(node, operation);
    else this.route(node, operation);
    return entry;
  }

  /** To whose ballot is promised here; or this node takes over. */
  route(node: WorldNode, operation: StrongOperation): void {
    const { promised } = node;
    if (node.proposer.phase !== 'off') {
      node.perform(node.proposer.submit(operation));
      return;
    }
    const isOther = promised !== NO_BALLOT && promised.node !== node.name;
    if (isOther && this.random.chance(0.85)) {
      this.send(node, promised.node, { is: 'forward', operation });
      return;
    }
    if (node.rebuilding !== undefined) return;
    this.takeOver(node);
    node.perform(node.proposer.submit(operation));
  }

  #forwarded(node: WorldNode, operation: StrongOperation): void {
    if (node.proposer.phase !== 'off') {
      node.perform(node.proposer.submit(operation));
      return;
    }
    if (node.rebuilding !== undefined || !this.random.chance(0.2)) return;
    this.takeOver(node);
    node.perform(node.proposer.submit(operation));
  }

  proposed(node: WorldNode, key: string): void {
    const open = node.proposer.openOn(key);
    if (open === undefined) return;
    const entry = this.#entryOf(open.operation);
    entry.proposed = this.ledger.tick();
    if (open.dot !== undefined) this.ledger.named(open.dot, entry);
    this.count('proposed');
  }

  #entryOf({ id }: StrongOperation): Entry {
    const entry = this.#operations.get(id);
    if (entry === undefined) throw new Error(`no operation ${id}`);
    return entry;
  }

  answered({ operation, result }: Extract<ProposerEffect, { do: 'answer' }>): void {
    this.count(result.is);
    if (result.is === 'deposed') return;
    if (!this.isCalm && this.random.chance(0.08)) return;
    const entry = this.#entryOf(operation);
    switch (result.is) {
      case 'applied': {
        const live = result.replaced.map(({ dot }) => nameOf(this.ledger.entryOf(dot)));
        this.ledger.end(entry, 'done', live);
        break;
      }
      case 'unmet':
        this.ledger.end(entry, 'refused', this.ledger.liveOf(result.state));
        break;
      case 'no room':
        this.ledger.end(entry, 'none', undefined);
        break;
      case 'read':
        this.ledger.end(entry, 'done', this.ledger.liveOf(result.state));
    }
  }

  refusal(): OperatingError | undefined {
    if (this.isCalm || !this.random.chance(TOO_LARGE)) return undefined;
    return new OperatingError('record_too_large', 'no room');
  }

  voided(dot: Dot): void {
    this.ledger.voided.add(dotText(dot));
  }

  learned(state: Siblings): void {
    this.ledger.applied(state);
  }

  strongRead(node: WorldNode, operation: StrongOperation): void {
    const { promised } = node;
    if (promised === NO_BALLOT) {
      this.route(node, operation);
      return;
    }
    const proposer = promised.node;
    const read = { operation, at: node.name, proposer, reports: [], isOpen: true };
    for (const { name } of this.nodes) {
      const isAsked = this.isCalm || name === proposer || this.random.chance(0.6);
      if (isAsked) this.send(node, name, { is: 'ask', read });
    }
  }

  #asked(node: WorldNode, read: StrongRead): void {
    if (node.rebuilding !== undefined) return;
    const { key } = read.operation;
    const { proposer, promised, start } = node;
    const report: ReadReport = {
      ...{ from: { node: node.name, start }, promised },
      isActive: proposer.phase === 'active' && isSame(proposer.ballot, promised),
      isBusy: proposer.openOn(key) !== undefined,
      record: node.records.get(key),
      acceptance: node.acceptances.get(key),
    };
    const sendReport = (): void => this.send(node, read.at, { is: 'report', read, report });
    if (node.isDirty) node.whenSynced(sendReport);
    else sendReport();
  }

  #reported(node: WorldNode, read: StrongRead, report: ReadReport): void {
    if (!read.isOpen || read.reports.some(({ from }) => from.node === report.from.node)) return;
    read.reports.push(report);
    const judgement = judgeRead(read.reports, read.proposer, this.quorum, node.standing);
    if (judgement.is === 'pending') return;
    read.isOpen = false;
    if (judgement.is === 'unsettled') {
      this.route(node, read.operation);
      return;
    }
    this.count('settled read');
    const state = judgement.record ?? NO_SIBLINGS;
    this.answered({ do: 'answer', operation: read.operation, result: { is: 'read', state } });
    this.shown.set(read.operation.key, judgement.record);
  }
}

function isSame(a: Ballot, b: Ballot): boolean {
  return a.round === b.round && a.node === b.node && a.start === b.start;
}
