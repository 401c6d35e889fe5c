/** A question of what all owners hold, as it is asked and answered in the small world. */
import { type HeldByAll, unstableOf } from '../../../../lib/coordination/session/flag-clearing.js';
import type { PartitionClock } from '../../../../lib/versioning/partition-clock.js';
import type { SeededRandom } from '../../fakes.js';
import { copyOf, type Owner } from './owner.js';

/** Each is kept by lib/; a world without one is wrong. */
const RULES = [
  'only a question after the token was met counts',
  'a clock is complete before it is sent',
  'a clock is written after the question came',
  'an owner that has accepted something does not answer',
  'it looks at what is accepted before it looks at its clock',
  'all owners are asked',
  'what some disk lacks takes the place of the flag',
  'a loss is compared',
  'what is sent lies on the disk',
] as const;
export type Rule = (typeof RULES)[number];

/** A client's question of what all owners hold. */
interface Round {
  readonly askedAt: number;
  readonly mark: number;
  /** By owner: in which life it was asked, and its clock then. */
  readonly arrived: Map<number, { readonly life: number; readonly clock: PartitionClock }>;
  readonly answered: Map<number, PartitionClock>;
}

export class Question {
  /** What was answered last. */
  held: HeldByAll | undefined;
  readonly #owners: number;
  readonly #has: (rule: Rule) => boolean;
  #round: Round | undefined;

  constructor(owners: number, has: (rule: Rule) => boolean) {
    this.#owners = owners;
    this.#has = has;
  }

  ask(askedAt: number, mark: number, random: SeededRandom): void {
    if (this.#round !== undefined && random.fraction() < 0.7) return;
    this.#round = { askedAt, mark, arrived: new Map(), answered: new Map() };
  }

  /** The question reaches an owner; or its answer, which comes later, is given. */
  advance(owner: Owner, id: number, losses: number): void {
    const round = this.#round;
    if (round === undefined || owner.isDown || round.answered.has(id)) return;
    const at = round.arrived.get(id);
    const looksFirst = this.#has('it looks at what is accepted before it looks at its clock');
    if (at === undefined) {
      const isComplete = owner.isComplete || !this.#has('a clock is complete before it is sent');
      if (!isComplete || (looksFirst && !this.#hasLearnedAll(owner))) return;
      round.arrived.set(id, { life: owner.life, clock: copyOf(owner.clock) });
      return;
    }
    if (at.life !== owner.life || (!looksFirst && !this.#hasLearnedAll(owner))) return;
    round.answered.set(id, this.#answerOf(owner, at.clock));
    const needed = this.#has('all owners are asked') ? this.#owners : this.#owners - 1;
    if (round.answered.size >= needed) this.#ended(round, losses);
  }

  #answerOf(owner: Owner, before: PartitionClock): PartitionClock {
    if (!this.#has('it looks at what is accepted before it looks at its clock')) return before;
    if (!this.#has('what is sent lies on the disk')) return copyOf(owner.clock);
    if (this.#has('a clock is written after the question came')) owner.persist();
    return owner.disk.clock;
  }

  #hasLearnedAll({ accepted }: Owner): boolean {
    const rule = 'an owner that has accepted something does not answer';
    return accepted.length === 0 || !this.#has(rule);
  }

  #ended({ askedAt, mark, answered }: Round, losses: number): void {
    this.#round = undefined;
    if (mark !== losses) return;
    const unstable = unstableOf([[...answered.values()]]);
    if (unstable !== undefined) this.held = { askedAt, mark, ...unstable };
  }
}
