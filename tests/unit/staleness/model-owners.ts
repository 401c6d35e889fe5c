/**
 * Owners of two partitions, as far as proofs know of them: what each holds in memory and on its
 * disk, its clocks, and what it has accepted. Copies get lost, owners are killed, partitions are
 * damaged, clocks are written lazily. Proofs, testimonies and numbers of changes are the store's.
 */
import { ClockChanges } from '../../../lib/replica/clock-changes.js';
import type { Accepted, OpenDots } from '../../../lib/staleness/accepted-dots.js';
import { type ProofQuestion, Proofs, type Scope } from '../../../lib/staleness/proofs.js';
import { type PlainTestimony, testify, testimonyOf } from '../../../lib/staleness/testimony.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';

export const OWNERS = 3;
export const PARTITIONS = 2;
const SHARED = new Set([0, 1]);
/** More that are accepted in a partition are not reported, but as `beyond`. */
const OPEN_MAX = 2;

/** What knocks a rule out: the law must break then. */
export type Broken =
  | 'asked at the answer'
  | 'no scan'
  | 'no acceptances'
  | 'own acceptances forgotten'
  | 'increment to nothing'
  | 'too many are none'
  | 'one owner less';

/** One write. */
interface Written {
  readonly partition: number;
  readonly dot: Dot;
  /** Who acknowledged it, each at a time. */
  readonly acks: Map<number, number>;
}

class Owner {
  readonly id: string;
  readonly place: number;
  /** Dots, as text: what its records hold, and what of that is on the disk. */
  records = [new Set<string>(), new Set<string>()];
  durable = [new Set<string>(), new Set<string>()];
  clocks = [new PartitionClock(), new PartitionClock()];
  persisted = [new PartitionClock(), new PartitionClock()];
  accepted: { readonly partition: number; readonly dot: Dot }[] = [];
  changes = new ClockChanges();
  emptyings = 0;
  isWhole = true;
  beyond: OpenDots = 'unknown';
  life = 1;
  next = 1;
  proofs: Proofs;

  constructor(place: number, owners: readonly Owner[]) {
    this.place = place;
    this.id = `n${place}`;
    this.proofs = this.fresh(owners);
  }

  fresh(owners: readonly Owner[]): Proofs {
    this.#owners = owners;
    return new Proofs(this.holdings);
  }

  #owners: readonly Owner[] = [];

  get holdings() {
    const era = (): string => `${this.emptyings}`;
    return {
      self: this.id,
      get era(): string {
        return era();
      },
      changes: this.changes,
      setsOf: () => [this.#owners.map(({ id }) => ({ id }))],
      clockOf: (partition: number) => this.clocks[partition] ?? new PartitionClock(),
      vouchesFor: () => this.isWhole,
      accepted: (): Accepted => {
        const found = new Map<number, OpenDots>();
        for (const { partition } of this.accepted) {
          const open = this.accepted.filter((one) => one.partition === partition);
          found.set(partition, open.length > OPEN_MAX ? this.beyond : open.map(({ dot }) => dot));
        }
        return found;
      },
    };
  }

  take(partition: number, dot: Dot): void {
    this.records[partition]?.add(dotText(dot));
    if (this.clocks[partition]?.add(dot) === true) this.changes.noted(partition, dot.writer);
  }
}

interface Question {
  readonly from: Owner;
  readonly life: number;
  readonly to: Owner;
  readonly question: ProofQuestion;
  answer: PlainTestimony | undefined;
}

export class ModelOwners {
  readonly #broken: Broken | undefined;
  readonly #owners: Owner[] = [];
  readonly #writes: Written[] = [];
  #copies: { readonly write: Written; readonly to: Owner }[] = [];
  #questions: Question[] = [];
  #now = 0;
  /** How often a proof was there to be judged. */
  proven = 0;

  constructor(broken?: Broken) {
    this.#broken = broken;
    for (let i = 0; i < OWNERS; i += 1) this.#owners.push(new Owner(i, this.#owners));
    if (broken === 'too many are none') for (const owner of this.#owners) owner.beyond = [];
  }

  /** One step, chosen by two numbers from 0 to below 1; then the law is judged. */
  step(what: number, which: number): string | undefined {
    this.#now += 1;
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(which * list.length)];
    const owner = pick(this.#owners);
    if (owner === undefined) return undefined;
    const partition = Math.floor(which * 100) % PARTITIONS;
    if (what < 0.15) this.#write(owner, partition);
    else if (what < 0.2) this.#accept(owner, partition);
    else if (what < 0.24) this.#learn(pick(this.#writes));
    else if (what < 0.42) this.#deliver(Math.floor(which * this.#copies.length));
    else if (what < 0.52) this.#sync(owner);
    else if (what < 0.55) this.#persist(owner);
    else if (what < 0.58) this.#kill(owner);
    else if (what < 0.61) this.#scan(owner);
    else if (what < 0.63) this.#damage(owner, partition);
    else if (what < 0.66) this.#exchange(owner, pick(this.#owners.filter((one) => one !== owner)));
    else if (what < 0.78) this.#ask(owner, Math.floor(which * 1000) % OWNERS);
    else if (what < 0.9) this.#reply(pick(this.#questions.filter(({ answer }) => !answer)));
    else this.#answered(pick(this.#questions.filter(({ answer }) => answer !== undefined)));
    return this.#judge();
  }

  #write(owner: Owner, partition: number): void {
    const dot = { writer: `${owner.id}.${owner.life}`, n: owner.next };
    owner.next += 1;
    const write = { partition, dot, acks: new Map<number, number>() };
    this.#writes.push(write);
    owner.take(partition, dot);
    for (const to of this.#owners) if (to !== owner) this.#copies.push({ write, to });
  }

  /** Two owners accept it durably: it is acknowledged, and learned later. */
  #accept(owner: Owner, partition: number): void {
    const dot = { writer: `strong.${this.#now}`, n: 1 };
    const acks = new Map<number, number>();
    for (const place of [owner.place, (owner.place + 1) % OWNERS]) {
      this.#owners[place]?.accepted.push({ partition, dot });
      acks.set(place, this.#now);
    }
    this.#writes.push({ partition, dot, acks });
  }

  #learn(write: Written | undefined): void {
    if (write === undefined || !write.dot.writer.startsWith('strong')) return;
    for (const owner of this.#owners) {
      owner.take(write.partition, write.dot);
      owner.accepted = owner.accepted.filter(({ dot }) => dot.writer !== write.dot.writer);
    }
    for (const owner of this.#owners) this.#sync(owner);
  }

  /** Or it is lost. */
  #deliver(place: number): void {
    const [copy] = this.#copies.splice(place, 1);
    if (copy !== undefined && this.#now % 4 !== 0)
      copy.to.take(copy.write.partition, copy.write.dot);
  }

  #sync(owner: Owner): void {
    owner.durable = owner.records.map((one) => new Set(one));
    for (const { partition, dot, acks } of this.#writes) {
      const holds = owner.records[partition]?.has(dotText(dot)) === true;
      if (holds && !acks.has(owner.place)) acks.set(owner.place, this.#now);
    }
  }

  /** With the records, never before them. */
  #persist(owner: Owner): void {
    this.#sync(owner);
    owner.persisted = owner.clocks.map((clock) => PartitionClock.from(clock.toPlain()));
  }

  /** What was not synced is gone, and the clocks are as they were written last. */
  #kill(owner: Owner): void {
    owner.records = owner.durable.map((one) => new Set(one));
    owner.clocks = owner.persisted.map((clock) => PartitionClock.from(clock.toPlain()));
    owner.life += 1;
    owner.next = 1;
    owner.isWhole = this.#broken === 'no scan';
    owner.changes = new ClockChanges();
    for (const [partition, clock] of owner.clocks.entries()) {
      for (const writer of clock.writers()) owner.changes.noted(partition, writer);
    }
    owner.proofs = owner.fresh(this.#owners);
    this.#copies = this.#copies.filter(({ to }) => to !== owner);
  }

  /** Its disk has lost the partition: what only this owner had acknowledged is lost. */
  #damage(owner: Owner, partition: number): void {
    for (const held of [owner.records, owner.durable]) held[partition] = new Set();
    for (const clocks of [owner.clocks, owner.persisted]) clocks[partition] = new PartitionClock();
    owner.changes.emptied(partition);
    owner.emptyings += 1;
    const isAccepted = ({ dot }: Written): boolean => {
      return owner.accepted.some((one) => dotText(one.dot) === dotText(dot));
    };
    for (const write of this.#writes) {
      if (write.partition === partition && !isAccepted(write)) write.acks.delete(owner.place);
    }
  }

  #scan(owner: Owner): void {
    for (const { partition, dot } of this.#writes) {
      if (owner.records[partition]?.has(dotText(dot)) === true) owner.take(partition, dot);
    }
    owner.isWhole = true;
  }

  #exchange(to: Owner, from: Owner | undefined): void {
    for (const { partition, dot } of this.#writes) {
      if (from?.records[partition]?.has(dotText(dot)) === true) to.take(partition, dot);
    }
    this.#sync(to);
  }

  #ask(from: Owner, place: number): void {
    const to = this.#owners[place];
    if (to === undefined || to === from) return;
    this.#questions = this.#questions.filter((one) => one.from !== from || one.to !== to);
    const question = from.proofs.questionTo(to.id, { at: this.#now, skew: 0 });
    this.#questions.push({ from, life: from.life, to, question, answer: undefined });
  }

  #reply(question: Question | undefined): void {
    if (question === undefined) return;
    const { to } = question;
    const reporting = { held: to.holdings, life: `${to.id} ${to.life}`, shared: SHARED };
    // Pages of an entry or two.
    const testimony = testify({ ...reporting, pageBytesMax: 9 }, question.question.asked);
    question.answer =
      this.#broken === 'no acceptances' ? { ...testimony, accepted: [] } : testimony;
  }

  #answered(question: Question | undefined): void {
    if (question?.answer === undefined) return;
    const { from, to, life, answer } = question;
    this.#questions.splice(this.#questions.indexOf(question), 1);
    if (from.life !== life) return;
    from.proofs.answered(to.id, testimonyOf(answer), this.#asked(question, from));
    if (answer.isLast) return;
    this.#ask(from, to.place);
  }

  /** The question, as it was when it left. */
  #asked({ question, to }: Question, from: Owner): ProofQuestion {
    if (this.#broken === 'own acceptances forgotten') return { ...question, accepted: new Map() };
    const now = from.proofs.questionTo(to.id, { at: this.#now, skew: 0 });
    const { askedAt, accepted } = now;
    if (this.#broken === 'asked at the answer') return { ...question, askedAt, accepted };
    // As if it had been asked for what is known now.
    if (this.#broken !== 'increment to nothing') return question;
    return { ...question, era: now.era, asked: { ...now.asked, life: question.asked.life } };
  }

  #judge(): string | undefined {
    const now = { at: this.#now, skew: 0 };
    for (const owner of this.#owners) {
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        for (const scope of ['all', 'quorum'] as const) {
          const asked = this.#broken === 'one owner less' ? 'quorum' : scope;
          const proven = owner.proofs.provenAt(partition, asked, now);
          if (proven === undefined) continue;
          this.proven += 1;
          const missing = this.#missing(owner, partition, scope, proven.at);
          if (missing !== undefined) return `${owner.id} lacks ${dotText(missing)} (${scope})`;
        }
      }
    }
    return undefined;
  }

  /** Acknowledged before, by anybody or by a majority, and not held. */
  #missing(owner: Owner, partition: number, scope: Scope, before: number): Dot | undefined {
    const least = scope === 'all' ? 1 : Math.floor(OWNERS / 2) + 1;
    return this.#writes.find((write) => {
      const acks = [...write.acks.values()].filter((at) => at < before).length;
      const isHeld = owner.records[partition]?.has(dotText(write.dot)) === true;
      return write.partition === partition && acks >= least && !isHeld;
    })?.dot;
  }
}
