/**
 * A small world of sessions whose tokens are soon too large: one partition, three owners, writes at
 * one, at quorum and by consensus, crashes, lost disks, exchanges, tokens that are handed on, pasts
 * that are stored. What is decided of flags is the code of lib/; the rest is the least that can go
 * wrong with them.
 */
import { withoutFlag } from '../../../../lib/coordination/session/flag-clearing.js';
import { type Dot, dotText } from '../../../../lib/versioning/dot.js';
import { countDots, dotSetOf, keepDots, NO_DOTS } from '../../../../lib/versioning/dot-set.js';
import {
  isEmptyFloor,
  joinFloors,
  NO_FLOOR,
  type PartitionFloor,
} from '../../../../lib/versioning/session-token.js';
import { SeededRandom } from '../../fakes.js';
import { meet } from './meet.js';
import { Question, type Rule } from './question.js';
import { type Key, KEYS, Owner, type Record, type Seen, type Version, written } from './owner.js';

/** More dots become a flag. */
const DOTS_MAX = 2;
const OWNERS = 3;
const STEPS = 240;

interface Token {
  readonly floor: PartitionFloor;
  /** When a node met it first. */
  readonly metAt: number;
}

/** A client. */
interface Session {
  /** Of requests that went on together. An answer's takes the place of those that were sent. */
  tokens: readonly Token[];
  seen: Seen;
}

interface Request {
  readonly session: Session;
  readonly sent: readonly Token[];
  readonly floor: PartitionFloor;
  readonly key: Key;
}

interface OpenWrite {
  readonly owners: Set<number>;
  readonly needed: number;
  done: boolean;
  readonly acknowledge: () => void;
}

export interface Outcome {
  readonly findings: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

export function history(seed: number, without?: Rule): Outcome {
  const world = new World(seed, without);
  for (let i = 0; i < STEPS; i += 1) world.step();
  return { findings: world.findings, counts: world.counts };
}

class World {
  readonly findings: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #without: Rule | undefined;
  readonly #random: SeededRandom;
  readonly #owners = Array.from({ length: OWNERS }, (_, i) => new Owner(i));
  readonly #sessions: Session[] = [0, 1, 2].map(() => ({
    tokens: [],
    seen: new Map(),
  }));
  readonly #pastsMetAt = new Map<string, number>();
  /** Copies on their way. */
  #copies: {
    readonly to: number;
    readonly key: Key;
    readonly record: Record;
    readonly acknowledge: () => void;
  }[] = [];
  #open: OpenWrite[] = [];
  readonly #question: Question;
  #losses = 0;
  #strong = 0;
  #now = 0;

  constructor(seed: number, without: Rule | undefined) {
    this.#random = new SeededRandom(seed);
    this.#question = new Question(OWNERS, (rule) => this.#has(rule));
    this.#without = without;
  }

  step(): void {
    this.#now += 1;
    const what = this.#random.fraction();
    const owner = this.#any(this.#owners);
    if (what < 0.14) this.#deliver();
    else if (what < 0.28) this.#read(this.#any(this.#sessions));
    else if (what < 0.4) this.#write(this.#any(this.#sessions), owner);
    else if (what < 0.48) this.#sync(owner);
    else if (what < 0.54) this.#exchange(owner, this.#any(this.#owners));
    else if (what < 0.565) this.#fail(owner);
    else if (what < 0.62) this.#recover(owner);
    else if (what < 0.623) this.#lose(owner);
    else if (what < 0.635) this.#handOn(this.#any(this.#sessions), this.#any(this.#sessions));
    else if (what < 0.67) this.#question.ask(this.#now, this.#losses, this.#random);
    else this.#question.advance(owner, this.#owners.indexOf(owner), this.#losses);
  }

  #has(rule: Rule): boolean {
    return this.#without !== rule;
  }

  #any<T>(of: readonly T[]): T {
    const one = of[Math.floor(this.#random.fraction() * of.length)];
    if (one === undefined) throw new Error('there is none');
    return one;
  }

  #chance(share: number): boolean {
    return this.#random.fraction() < share;
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Owners that answer, in any order. */
  #order(): number[] {
    const order = [0, 1, 2].map((i) => ({ i, at: this.#random.fraction() }));
    return order.sort((a, b) => a.at - b.at).flatMap(({ i }) => (this.#owner(i).isDown ? [] : [i]));
  }

  #owner(i: number): Owner {
    const owner = this.#owners[i];
    if (owner === undefined) throw new Error('there is none');
    return owner;
  }

  #meet(floor: PartitionFloor, key: Key, least: number): Record | undefined {
    const owners = this.#order().map((id) => this.#owner(id));
    return meet(owners, floor, key, { least, all: OWNERS, losses: this.#losses });
  }

  #stable(dot: Dot): boolean {
    return this.#owners.every(({ disk }) => disk.clock.has(dot));
  }

  /** As a token is sealed. */
  #keep(session: Session, sent: readonly Token[], floor: PartitionFloor): void {
    const dots = keepDots(floor.dots, (dot) => !this.#stable(dot));
    let left = { ...floor, dots, one: floor.one && dots.size > 0 };
    if (countDots(dots) > DOTS_MAX) {
      const flag = floor.one || floor.flag === 'all' ? 'all' : 'majority';
      this.#count(`flag ${flag}`);
      left = { ...left, dots: NO_DOTS, one: false, flag };
    }
    const others = session.tokens.filter((one) => !sent.includes(one));
    const token = { floor: isEmptyFloor(left) ? NO_FLOOR : left, metAt: this.#now };
    session.tokens = [...others, token];
  }

  #cleared(floor: PartitionFloor, metAt: number): PartitionFloor {
    const { held } = this.#question;
    if (held === undefined || floor.flag === 'none') return floor;
    const met = this.#has('only a question after the token was met counts') ? metAt : -1;
    const mark = this.#has('a loss is compared') ? floor.mark : held.mark;
    const dots = this.#has('what some disk lacks takes the place of the flag')
      ? held.dots
      : NO_DOTS;
    const cleared = withoutFlag({ ...floor, mark }, { ...held, dots }, met);
    if (cleared.flag !== 'none') return floor;
    this.#count(`cleared ${floor.flag}`);
    if (held.dots.size > 0) this.#count('cleared into dots');
    return cleared;
  }

  #floorOf({ tokens }: Session): PartitionFloor {
    const floors = tokens.map(({ floor, metAt }) => this.#cleared(floor, metAt));
    return floors.reduce(joinFloors, NO_FLOOR);
  }

  /** Mostly a request waits for what the owners tell: here, by coming again. */
  #waits({ flag }: PartitionFloor): boolean {
    return flag !== 'none' && this.#chance(0.8);
  }

  #saw(session: Session, key: Key, dots: Iterable<string>): void {
    session.seen.set(key, new Set([...(session.seen.get(key) ?? []), ...dots]));
  }

  #entered(floor: PartitionFloor, dots: readonly Dot[], one: boolean): PartitionFloor {
    const fresh = dots.filter((dot) => !this.#stable(dot));
    const mark = this.#losses;
    return joinFloors(floor, { dots: dotSetOf(fresh), flag: 'none', one, mark });
  }

  #read(session: Session): void {
    const key = this.#any(KEYS);
    const isQuorum = this.#chance(0.3);
    const sent = session.tokens;
    // Other requests may be answered meanwhile: they promise nothing to this one.
    const before = session.seen.get(key) ?? [];
    let floor = this.#floorOf(session);
    if (this.#waits(floor)) return;
    const record = this.#meet(floor, key, isQuorum ? 2 : 1);
    if (record === undefined) {
      this.#refused(session);
      return;
    }
    for (const dot of before) {
      if (!record.context.has(dot)) this.findings.push(`${this.#now}: ${key} lacks ${dot}`);
    }
    if (isQuorum) this.#repair(key, record);
    const versions = [...record.versions.values()];
    floor = this.#entered(
      floor,
      versions.map(({ dot }) => dot),
      !isQuorum,
    );
    this.#saw(session, key, record.versions.keys());
    for (const version of versions) floor = this.#joinPast(session, version, floor);
    this.#keep(session, sent, floor);
  }

  /** At times the client begins a new session. */
  #refused(session: Session): void {
    this.#count('refused');
    if (!this.#chance(0.2)) return;
    session.tokens = [];
    session.seen = new Map();
  }

  #repair(key: Key, record: Record): void {
    for (const i of this.#order()) {
      this.#owner(i).take(key, record);
      this.#owner(i).sync();
    }
  }

  #joinPast(session: Session, { dot, past }: Version, floor: PartitionFloor): PartitionFloor {
    if (past === undefined) return floor;
    const metAt = this.#pastsMetAt.get(dotText(dot)) ?? this.#now;
    this.#pastsMetAt.set(dotText(dot), metAt);
    for (const [key, dots] of past.seen) this.#saw(session, key, dots);
    return joinFloors(floor, this.#cleared(past.floor, metAt));
  }

  #handOn(from: Session, to: Session): void {
    for (const [key, dots] of from.seen) this.#saw(to, key, dots);
    to.tokens = [...new Set([...to.tokens, ...from.tokens])];
  }

  #write(session: Session, owner: Owner): void {
    if (owner.isDown) return;
    const key = this.#any(KEYS);
    const isStrong = this.#chance(0.3);
    const isQuorum = this.#chance(0.4);
    const sent = session.tokens;
    const floor = this.#floorOf(session);
    if (this.#waits(floor)) return;
    const past = this.#chance(0.5) ? { floor, seen: new Map(session.seen) } : undefined;
    const base = this.#meet(floor, key, 1);
    const request = { session, sent, floor, key };
    if (base === undefined) {
      this.#refused(session);
    } else if (isStrong) {
      this.#propose(request, base, past);
    } else {
      owner.take(key, base);
      const version = { dot: owner.nextDot(), past };
      owner.take(key, written(owner.recordOf(key), version));
      this.#send(request, owner, version, isQuorum);
    }
  }

  #send(request: Request, owner: Owner, { dot }: Version, isQuorum: boolean): void {
    const { key } = request;
    const record = owner.recordOf(key);
    const write = this.#opened(isQuorum ? 2 : 1, () => this.#wrote(request, dot, !isQuorum));
    owner.whenSynced(() => this.#acknowledged(write, this.#owners.indexOf(owner)));
    for (const [to, other] of this.#owners.entries()) {
      if (other === owner || this.#chance(0.4)) continue;
      this.#copies.push({ to, key, record, acknowledge: () => this.#acknowledged(write, to) });
    }
  }

  #propose(request: Request, base: Record, past: Version['past']): void {
    const { key } = request;
    const owners = this.#order().slice(0, 2);
    if (owners.length < 2) return;
    this.#strong += 1;
    const dot = { writer: `s${this.#strong}`, n: 1 };
    const record = written(base, { dot, past });
    const write = this.#opened(2, () => {
      this.#wrote(request, dot, false);
      for (const to of this.#owners.keys())
        this.#copies.push({ to, key, record, acknowledge: () => undefined });
    });
    for (const i of owners) {
      this.#owner(i).accept({ key, dot, record });
      this.#owner(i).whenSynced(() => this.#acknowledged(write, i));
    }
  }

  #opened(needed: number, acknowledge: () => void): OpenWrite {
    const write = { owners: new Set<number>(), needed, done: false, acknowledge };
    this.#open.push(write);
    return write;
  }

  #acknowledged(write: OpenWrite, owner: number): void {
    write.owners.add(owner);
    if (write.done || write.owners.size < write.needed) return;
    write.done = true;
    write.acknowledge();
  }

  #wrote({ session, sent, floor, key }: Request, dot: Dot, one: boolean): void {
    this.#saw(session, key, [dotText(dot)]);
    this.#keep(session, sent, this.#entered(floor, [dot], one));
  }

  #deliver(): void {
    if (this.#copies.length === 0) return;
    const copy = this.#any(this.#copies);
    const to = this.#owner(copy.to);
    if (this.#chance(0.9)) this.#copies = this.#copies.filter((one) => one !== copy);
    if (to.isDown || this.#chance(0.1)) return;
    to.take(copy.key, copy.record);
    to.whenSynced(copy.acknowledge);
  }

  #sync(owner: Owner): void {
    if (owner.isDown) return;
    if (this.#chance(0.3)) owner.persist();
    else owner.sync();
  }

  #exchange(owner: Owner, other: Owner): void {
    if (owner !== other && !owner.isDown && !other.isDown) owner.pull(other);
  }

  #fail(owner: Owner): void {
    if (owner.isDown) return;
    owner.crash();
    owner.isDown = this.#chance(0.3);
    this.#count('crash');
  }

  #recover(owner: Owner): void {
    owner.isDown = false;
    if (this.#chance(0.6)) owner.complete();
  }

  /** What it acknowledged counts no more. */
  #lose(owner: Owner): void {
    const others = this.#owners.filter((one) => one !== owner);
    if (others.some(({ isDown }) => isDown)) return;
    this.#losses += 1;
    this.#count('loss');
    for (const write of this.#open) write.owners.delete(this.#owners.indexOf(owner));
    owner.isDown = false;
    owner.rebuild(others);
  }
}
