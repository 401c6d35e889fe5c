/** One request on its way: performs what `RequestCore` decides. */
import type { Endpoints } from './endpoints.js';
import { onAbort } from './on-abort.js';
import { ownProblem, type Problem } from './quorate-error.js';
import { readProblem } from './read-answer.js';
import { STAGGER_MILLISECONDS } from './request-core.js';
import { type Again, type CoreEffect, type CoreEvent, RequestCore } from './request-core.js';
import { afterUnknown } from './transport.js';
import type { HttpAnswer, HttpRequest, HttpTransport, Unanswered } from './transport.js';

export interface RunOptions {
  readonly transport: HttpTransport;
  readonly endpoints: Endpoints;
  /** Ids of the owners of the key. */
  readonly owners: readonly string[];
  readonly request: HttpRequest;
  /** Whatever becomes of it, nothing has happened. */
  readonly isRead: boolean;
  readonly repeatable: boolean;
  readonly hedgeAfter: number | undefined;
  readonly retries: number;
  /** Of `performance.now()`: when it was asked for, and by when it is to be over. */
  readonly begun: number;
  readonly deadline: number;
  /** The deadline travels with the request. */
  readonly isDeadlineNamed: boolean;
  /** Give it up. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

export interface RequestOutcome {
  readonly answer: HttpAnswer | Problem;
  /** Of the node that has answered. */
  readonly endpoint: string | undefined;
  readonly attempts: number;
}

/**
 * Nodes have the same deadline, and what they say of it then has its way back: this part of the
 * time of a call, within these bounds, is above its deadline.
 */
const WAY_PART = 0.1;
const WAY_MIN_MILLISECONDS = 50;
const WAY_MAX_MILLISECONDS = 1000;
/** Why all requests of a client end. */
export const CLOSED = Symbol('the client is closed');
const PROBE = { method: 'GET', path: '/healthz', headers: {} } as const;
/** Answers that may be others in a moment. */
const isTroubled = (status: number): boolean => status === 408 || status === 429 || status >= 500;
/** Of something in between that has no answer. */
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Problems that say what became of the operation: it was not applied, and never will be. */
const OF_OPERATIONS: ReadonlySet<string> = new Set(['operation_ended', 'idempotency_key_reused']);

interface Attempt {
  readonly endpoint: string;
  reply: HttpAnswer | Unanswered | undefined;
}

export class RequestRun {
  readonly #options: RunOptions;
  readonly #core: RequestCore;
  readonly #attempts = new Map<number, Attempt>();
  readonly #all = new AbortController();
  /** Why endpoints have not answered, the last time that they were asked. */
  readonly #refusals = new Map<string, string>();
  /** Since when. */
  readonly #probing = new Map<string, number>();
  #isOver = false;
  #givenUp: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settle: (outcome: RequestOutcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(options: RunOptions) {
    const { endpoints, owners, repeatable, hedgeAfter, retries, deadline } = options;
    const now = performance.now();
    this.#options = options;
    this.#core = new RequestCore({
      endpoints: endpoints.inOrder(now, owners).map((address) => ({
        address,
        known: endpoints.isKnown(address, now),
      })),
      ...{ repeatable, hedgeAfter, retries, deadline, random: Math.random },
    });
  }

  /** Rejects only where the transport does. */
  async run(): Promise<RequestOutcome> {
    const { signals, deadline } = this.#options;
    const limit = setTimeout(
      () => this.#all.abort(),
      Math.max(1, deadline + this.#way - performance.now()),
    );
    const endWaits: (() => void)[] = [];
    try {
      return await new Promise<RequestOutcome>((resolve, reject) => {
        this.#settle = resolve;
        this.#reject = reject;
        for (const signal of signals) {
          if (signal?.aborted === true) this.#giveUp(signal);
          else if (signal !== undefined) endWaits.push(onAbort(signal, () => this.#giveUp(signal)));
        }
        if (!signals.some((signal) => signal?.aborted)) {
          this.#perform(this.#core.begin(performance.now()));
        }
      });
    } finally {
      clearTimeout(limit);
      clearTimeout(this.#timer);
      for (const endWait of endWaits) endWait();
      this.#all.abort();
    }
  }

  #on(event: CoreEvent): void {
    this.#perform(this.#core.on(event, performance.now()));
  }

  #perform(effects: readonly CoreEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#send(effect.attempt, effect.endpoint);
          break;
        case 'probe':
          this.#probe(effect.endpoint);
          break;
        case 'answer':
          this.#answer(effect.attempt, effect.unknown);
          break;
        case 'fail':
          this.#fail(effect.attempt, effect.unknown);
          break;
      }
    }
    clearTimeout(this.#timer);
    const { wakeAt } = this.#core;
    if (wakeAt === undefined) return;
    // A timer may fire a moment early by the other clock.
    const pause = Math.max(1, Math.ceil(wakeAt - performance.now()));
    this.#timer = setTimeout(() => this.#on({ kind: 'time' }), pause);
  }

  #send(id: number, endpoint: string): void {
    const { transport, request, deadline, isDeadlineNamed, endpoints } = this.#options;
    const attempt: Attempt = { endpoint, reply: undefined };
    this.#notePending(endpoint);
    this.#attempts.set(id, attempt);
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    const timeout = isDeadlineNamed ? { 'x-timeout': `${left}ms` } : {};
    const headers = { ...request.headers, ...timeout };
    transport.send(endpoint, { ...request, headers }, this.#all.signal).then((reply) => {
      const now = performance.now();
      attempt.reply = reply;
      if (reply.kind === 'http') {
        endpoints.answered(endpoint, now);
        this.#on({ kind: 'answered', attempt: id, again: this.#againOf(reply, now) });
      } else if (!this.#isOver) {
        this.#missed(endpoint, reply.reason);
        this.#on({ kind: 'unanswered', attempt: id, nothingSent: reply.nothingSent });
      }
    }, this.#reject);
  }

  /** Another one gets the request: who was asked for long enough is silent, or slower. */
  #notePending(endpoint: string): void {
    const now = performance.now();
    for (const [other, since] of this.#probing) {
      if (other === endpoint) continue;
      if (now - since >= STAGGER_MILLISECONDS) this.#missed(other, 'silent');
      else this.#options.endpoints.lost(other, now);
    }
    this.#probing.clear();
  }

  /** Whatever it answers: it does. */
  #probe(endpoint: string): void {
    const { transport } = this.#options;
    this.#probing.set(endpoint, performance.now());
    transport.send(endpoint, PROBE, this.#all.signal).then((reply) => {
      const answers = reply.kind === 'http';
      this.#probing.delete(endpoint);
      if (answers) this.#options.endpoints.answered(endpoint, performance.now());
      else if (!this.#isOver) this.#missed(endpoint, reply.reason);
      this.#on({ kind: 'probed', endpoint, answers });
    }, this.#reject);
  }

  #answer(id: number, unknown: boolean): void {
    const attempt = this.#attempts.get(id);
    if (attempt?.reply?.kind !== 'http') throw new Error('an answer that has not come');
    const { reply: answer } = attempt;
    const mayHaveHappened = unknown && !this.#options.isRead;
    const isOpen = mayHaveHappened && !isAboutAllAttempts(answer);
    const told = mayHaveHappened ? afterUnknown(answer) : answer;
    for (const [other, { endpoint, reply }] of this.#attempts) {
      const isLater = other >= id || reply !== undefined;
      if (!isLater) this.#options.endpoints.lost(endpoint, performance.now());
    }
    this.#end({
      ...{ ...this.#outcome, endpoint: attempt.endpoint },
      answer: isOpen ? { ...readProblem(answer), outcome: 'unknown' } : told,
    });
  }

  #fail(id: number | undefined, unknown: boolean): void {
    const outcome = unknown && !this.#options.isRead ? 'unknown' : 'none';
    const reply = id === undefined ? undefined : this.#attempts.get(id)?.reply;
    if (this.#givenUp !== undefined) {
      const { reason } = this.#givenUp;
      const [code, detail] =
        reason === CLOSED
          ? (['closed', 'the client is closed'] as const)
          : (['aborted', 'the signal of the call has ended it'] as const);
      const problem = ownProblem(code, detail, { outcome, retryable: false });
      this.#end({ ...this.#outcome, answer: { ...problem, cause: reason } });
    } else if (reply?.kind === 'http') {
      const problem = readProblem(reply);
      const worst = outcome === 'unknown' ? outcome : problem.outcome;
      this.#end({ ...this.#outcome, answer: { ...problem, outcome: worst } });
    } else {
      this.#end({ ...this.#outcome, answer: this.#noAnswer(outcome) });
    }
  }

  #noAnswer(outcome: 'none' | 'unknown'): Problem {
    const isLate = performance.now() >= this.#options.deadline;
    const wasSent = [...this.#attempts.values()].some(
      ({ reply }) => reply?.kind !== 'unanswered' || !reply.nothingSent,
    );
    const what = wasSent ? 'no endpoint has answered' : 'no endpoint takes a connection';
    const why = [...this.#refusals].map(([endpoint, reason]) => `${endpoint} (${reason})`);
    const detail =
      why.length === 0
        ? 'the time was over before an endpoint could be asked'
        : `${what}${isLate ? ' in time' : ''}: ${why.join(', ')}`;
    const code = isLate ? 'deadline_passed' : 'peer_unreachable';
    return ownProblem(code, detail, { outcome, retryable: true });
  }

  #giveUp(signal: AbortSignal): void {
    this.#givenUp ??= signal;
    this.#on({ kind: 'given-up' });
  }

  #missed(endpoint: string, reason: string): void {
    this.#refusals.set(endpoint, reason === 'AbortError' ? 'silent' : reason);
    this.#options.endpoints.missed(endpoint, performance.now());
  }

  #end(outcome: RequestOutcome): void {
    this.#isOver = true;
    this.#settle(outcome);
  }

  get #way(): number {
    const { begun, deadline } = this.#options;
    const part = (deadline - begun) * WAY_PART;
    return Math.min(WAY_MAX_MILLISECONDS, Math.max(WAY_MIN_MILLISECONDS, part));
  }

  get #outcome(): Pick<RequestOutcome, 'endpoint' | 'attempts'> {
    return { endpoint: undefined, attempts: this.#attempts.size };
  }

  /** May the same be sent again, after this answer? */
  #againOf(answer: HttpAnswer, now: number): Again | undefined {
    const { isRead, repeatable } = this.#options;
    if (!isTroubled(answer.status)) return undefined;
    const after = now + retryAfter(answer.header('retry-after'));
    const problem = readProblem(answer);
    if (problem.text === undefined) {
      return repeatable && GATEWAY.has(answer.status) ? { after, unknown: !isRead } : undefined;
    }
    const unknown = !isRead && problem.outcome === 'unknown';
    return problem.retryable ? { after, unknown } : undefined;
  }
}

/**
 * Does it hold for the other attempts too? A node may refuse an attempt before it looks whether an
 * earlier one was applied: that refusal is about this attempt alone. What it answers of the
 * operation bears the id of the operation.
 */
function isAboutAllAttempts(answer: HttpAnswer): boolean {
  if (answer.status < 400 || answer.header('x-operation-id') !== undefined) return true;
  return OF_OPERATIONS.has(readProblem(answer).code);
}

/** Milliseconds. A date is of a clock that may be another one than ours: it is not taken. */
function retryAfter(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0;
}
