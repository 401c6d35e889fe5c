/**
 * The course of one request, decided without I/O, clock or chance: which node is asked next, when a
 * second one is asked too, and when it is over. The performer is `connection.ts`.
 *
 * - A read is asked at a second node too where the first takes long: the first answer counts.
 * - A write is sent once, to a node that answers: where none has answered lately, they are asked
 *   first whether they do. It is sent again only if nothing has happened, or if the nodes know the
 *   repetition (an idempotency key).
 */

export interface CoreOptions {
  /** In the order of preference, at least one. `known`: it has answered lately. */
  readonly endpoints: readonly { readonly address: string; readonly known: boolean }[];
  /** May it be sent again although it may have happened? */
  readonly repeatable: boolean;
  /**
   * Milliseconds until a further node is asked too, at most: sooner where the deadline is near.
   * Undefined: one after the other.
   */
  readonly hedgeAfter: number | undefined;
  /** How often it is sent again: after an answer that says so, or where all were asked. */
  readonly retries: number;
  /** Nothing new begins from then on. */
  readonly deadline: number;
  /** From 0 to 1, by chance. */
  readonly random: () => number;
}

export type CoreEvent =
  /** `again`: the same may be sent again; `after`: not before, by the clock. */
  | { readonly kind: 'answered'; readonly attempt: number; readonly again: Again | undefined }
  | { readonly kind: 'unanswered'; readonly attempt: number; readonly nothingSent: boolean }
  | { readonly kind: 'probed'; readonly endpoint: string; readonly answers: boolean }
  | { readonly kind: 'time' }
  /** Nobody wants it any more. */
  | { readonly kind: 'given-up' };

export interface Again {
  readonly after: number;
  /** It may have happened all the same. */
  readonly unknown: boolean;
}

export type CoreEffect =
  | { readonly kind: 'send'; readonly attempt: number; readonly endpoint: string }
  /** Does it answer at all? */
  | { readonly kind: 'probe'; readonly endpoint: string }
  /** Of this attempt: its answer. `unknown`: another attempt may have happened. */
  | { readonly kind: 'answer'; readonly attempt: number; readonly unknown: boolean }
  /** `attempt`: the last answer, which says why; undefined: there is none. */
  | { readonly kind: 'fail'; readonly attempt: number | undefined; readonly unknown: boolean };

/** A node that has not shown by then, at most, whether it answers: the next one is asked too. */
export const STAGGER_MILLISECONDS = 250;
/** The pause before a repetition is by chance, up to this, then twice as long, ... */
const PAUSE_MILLISECONDS = 50;
const PAUSE_MAX_MILLISECONDS = 2000;
/** Attempts that are under way at once. */
const AT_ONCE_MAX = 3;

export class RequestCore {
  readonly #options: CoreOptions;
  readonly #inFlight = new Map<number, string>();
  readonly #probing = new Set<string>();
  /** How often a node was asked, or found not to answer. */
  readonly #tries = new Map<string, number>();
  readonly #notBefore = new Map<string, number>();
  readonly #known: Set<string>;
  #attempts = 0;
  #pauses = 0;
  #retriesLeft: number;
  /** When the next step is due, though nothing happens before. */
  #due: number | undefined;
  /** What is due: to send again, or to ask a further one too. */
  #dueFor: 'retry' | 'hedge' = 'hedge';
  #lastAnswer: number | undefined;
  #unknown = false;
  #done = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#retriesLeft = options.retries;
    const known = options.endpoints.filter((endpoint) => endpoint.known);
    this.#known = new Set(known.map(({ address }) => address));
  }

  /** Undefined: nothing is due. */
  get wakeAt(): number | undefined {
    return this.#done ? undefined : this.#due;
  }

  begin(now: number): CoreEffect[] {
    return this.#next(now);
  }

  on(event: CoreEvent, now: number): CoreEffect[] {
    if (this.#done) return [];
    switch (event.kind) {
      case 'answered':
        return this.#answered(event.attempt, event.again, now);
      case 'unanswered':
        return this.#unanswered(event.attempt, event.nothingSent, now);
      case 'probed':
        return this.#probed(event.endpoint, event.answers, now);
      case 'time':
        return this.#time(now);
      case 'given-up':
        if (this.#inFlight.size > 0) this.#unknown = true;
        return this.#fail();
    }
  }

  #answered(attempt: number, again: Again | undefined, now: number): CoreEffect[] {
    const endpoint = this.#inFlight.get(attempt);
    this.#inFlight.delete(attempt);
    if (again === undefined) {
      const unknown = this.#unknown || this.#inFlight.size > 0;
      return this.#end({ kind: 'answer', attempt, unknown });
    }
    this.#lastAnswer = attempt;
    if (again.unknown) this.#unknown = true;
    if (again.unknown && !this.#options.repeatable) return this.#fail();
    if (endpoint !== undefined) this.#notBefore.set(endpoint, again.after);
    return this.#again(now);
  }

  #unanswered(attempt: number, nothingSent: boolean, now: number): CoreEffect[] {
    const endpoint = this.#inFlight.get(attempt);
    this.#inFlight.delete(attempt);
    if (endpoint !== undefined) this.#known.delete(endpoint);
    if (!nothingSent) this.#unknown = true;
    if (!nothingSent && !this.#options.repeatable) return this.#fail();
    const isPaused = this.#dueFor === 'retry' && this.#due !== undefined;
    return isPaused ? [] : this.#next(now);
  }

  #probed(endpoint: string, answers: boolean, now: number): CoreEffect[] {
    if (!this.#probing.delete(endpoint)) return [];
    if (answers) this.#known.add(endpoint);
    const isInTime = now < this.#options.deadline;
    return answers && isInTime ? this.#send(endpoint, now) : this.#next(now);
  }

  #time(now: number): CoreEffect[] {
    if (this.#due === undefined || now < this.#due) return [];
    this.#due = undefined;
    if (this.#dueFor === 'hedge' && this.#inFlight.size >= AT_ONCE_MAX) return [];
    return this.#next(now);
  }

  /** After an answer that says so: with a pause, by chance, and not before that node wants it. */
  #again(now: number): CoreEffect[] {
    // Another one may still say something better.
    if (this.#retriesLeft === 0) return this.#inFlight.size > 0 ? [] : this.#fail();
    this.#retriesLeft -= 1;
    return this.#pause(now);
  }

  #pause(now: number): CoreEffect[] {
    const most = Math.min(PAUSE_MAX_MILLISECONDS, PAUSE_MILLISECONDS * 2 ** this.#pauses);
    this.#pauses += 1;
    let free = Number.POSITIVE_INFINITY;
    for (const { address } of this.#options.endpoints) {
      free = Math.min(free, this.#notBefore.get(address) ?? now);
    }
    const at = Math.max(now + this.#options.random() * most, free);
    if (at >= this.#options.deadline) return this.#inFlight.size > 0 ? [] : this.#fail();
    this.#due = at;
    this.#dueFor = 'retry';
    return [];
  }

  /** The next one that may be asked now: at once where it was not asked yet. */
  #next(now: number): CoreEffect[] {
    if (now >= this.#options.deadline) return this.#idle ? this.#fail() : [];
    const endpoint = this.#choose(now);
    if (endpoint === undefined) return this.#idle ? this.#round(now) : [];
    const isRepeated = this.#triesOf(endpoint) > 0 && this.#dueFor !== 'retry';
    if (isRepeated) return this.#idle ? this.#round(now) : [];
    this.#tries.set(endpoint, this.#triesOf(endpoint) + 1);
    const mustAnswer = !this.#options.repeatable && !this.#isOnly && !this.#known.has(endpoint);
    return mustAnswer ? this.#probe(endpoint, now) : this.#send(endpoint, now);
  }

  /** All were asked. */
  #round(now: number): CoreEffect[] {
    if (this.#retriesLeft === 0) return this.#fail();
    this.#retriesLeft -= 1;
    return this.#pause(now);
  }

  #send(endpoint: string, now: number): CoreEffect[] {
    this.#attempts += 1;
    const attempt = this.#attempts;
    this.#inFlight.set(attempt, endpoint);
    this.#probing.clear();
    const { hedgeAfter, endpoints } = this.#options;
    this.#dueFor = 'hedge';
    const isHedged = hedgeAfter !== undefined && endpoints.length > 1;
    this.#due = isHedged ? now + this.#part(hedgeAfter, now) : undefined;
    return [{ kind: 'send', attempt, endpoint }];
  }

  #probe(endpoint: string, now: number): CoreEffect[] {
    this.#probing.add(endpoint);
    this.#dueFor = 'hedge';
    this.#due = now + this.#part(STAGGER_MILLISECONDS, now);
    return [{ kind: 'probe', endpoint }];
  }

  /**
   * How long a node is waited for alone: what is left is shared with those that were not asked yet,
   * so that a silent one does not eat the time of one that answers.
   */
  #part(most: number, now: number): number {
    const { endpoints, deadline } = this.#options;
    const others = endpoints.filter(({ address }) => this.#triesOf(address) === 0).length;
    return Math.min(most, (deadline - now) / Math.min(AT_ONCE_MAX, others + 1));
  }

  /** The one that was asked least, and of those the preferred one. */
  #choose(now: number): string | undefined {
    const under = new Set([...this.#inFlight.values(), ...this.#probing]);
    let best: string | undefined;
    for (const { address } of this.#options.endpoints) {
      if (under.has(address) || (this.#notBefore.get(address) ?? now) > now) continue;
      if (best === undefined || this.#isBetter(address, best)) best = address;
    }
    return best;
  }

  /** Of those that were asked before, one that answers. */
  #isBetter(address: string, best: string): boolean {
    const [tries, least] = [this.#triesOf(address), this.#triesOf(best)];
    if (tries !== least) return tries < least;
    return tries > 0 && this.#known.has(address) && !this.#known.has(best);
  }

  #fail(): CoreEffect[] {
    return this.#end({ kind: 'fail', attempt: this.#lastAnswer, unknown: this.#unknown });
  }

  #end(effect: CoreEffect): CoreEffect[] {
    this.#done = true;
    return [effect];
  }

  get #idle(): boolean {
    return this.#inFlight.size === 0 && this.#probing.size === 0;
  }

  get #isOnly(): boolean {
    return this.#options.endpoints.length === 1;
  }

  #triesOf(endpoint: string): number {
    return this.#tries.get(endpoint) ?? 0;
  }
}
