/** The requests of a load, and the judgement of their answers. */
import { basePathOf } from '../../lib/client/key-path.js';
import { BoundJudge, boundOf } from './bound-judge.js';
import { CausalSessions, isCausal } from './causal-sessions.js';
import type { KeyHistory, StressOutcome } from './key-history.js';
import type { LoadConnections } from './load-connections.js';
import type { LoadOutcome, LoadRequest } from './load-endpoint.js';
import type { StressPlan } from './stress-plan.js';
import { KeySession, type StressSession } from './stress-session.js';
import { sequenceOf, stressValue } from './stress-value.js';
import type { StressRequestKind, Tally } from './tally.js';

export interface ReadBack {
  readonly verdict: 'kept' | 'lost' | 'unread';
  /** What is wrong, where it is not kept. */
  readonly why?: string;
  /** A further read would not be answered either: it would be one request too many again. */
  readonly isFinal?: boolean;
  /** What was seen. */
  readonly context?: string | undefined;
}

interface Answer {
  readonly value?: unknown;
  readonly siblings?: unknown;
  readonly code?: string;
  readonly outcome?: string;
  readonly context?: string;
}

const OK = 200;
const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;
const PREPARE_ATTEMPTS = 5;

type Send = (load: LoadRequest, done: (outcome: LoadOutcome) => void) => void;

export class StressRequests {
  readonly #plan: StressPlan;
  readonly #connections: LoadConnections;
  /** Of the load, and of what is before and after it. */
  readonly #send: Send;
  readonly #ask: Send;
  readonly #tally: Tally;
  readonly #readHeaders: Record<string, string>;
  readonly #lastReadHeaders: Record<string, string>;
  readonly #bounds: BoundJudge;
  /** Undefined: each key has a session of its own. */
  readonly #causal: CausalSessions | undefined;
  readonly #keySessions = new WeakMap<KeyHistory, KeySession>();
  readonly #keysPath: string;

  constructor(plan: StressPlan, connections: LoadConnections, tally: Tally) {
    this.#plan = plan;
    this.#connections = connections;
    this.#send = (load, done) => connections.send(load, done);
    this.#ask = (load, done) => connections.ask(load, done);
    this.#tally = tally;
    this.#bounds = new BoundJudge(plan);
    const sideBySide = plan.connections * plan.endpoints.length;
    this.#causal = isCausal(plan) ? new CausalSessions(sideBySide) : undefined;
    this.#keysPath = `${basePathOf(plan.namespace)}/kv`;
    const timeout = plan.timeoutMilliseconds;
    const common = timeout === undefined ? {} : { 'x-timeout': `${timeout}ms` };
    this.#readHeaders = { ...common, 'x-consistency-level': plan.readLevel };
    const last = plan.isStrict ? plan.readLevel : 'all';
    this.#lastReadHeaders = { ...common, 'x-consistency-level': last };
  }

  /** Whose the next request for the key is; undefined: all have one under way. */
  sessionFor(key: KeyHistory): StressSession | undefined {
    return this.#causal === undefined ? this.#sessionOf(key) : this.#causal.take();
  }

  /** The first write of a key, which is not part of the load. Undefined: it is done. */
  prepare(key: KeyHistory, attempts = PREPARE_ATTEMPTS): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#write(this.#ask, key, this.#sessionOf(key), (outcome, written) => {
        if (written === 'acknowledged') resolve(undefined);
        else if (attempts > 1 && !this.#connections.areAllSilent)
          resolve(this.prepare(key, attempts - 1));
        else resolve(reasonOf(outcome));
      });
    });
  }

  put(key: KeyHistory, session: StressSession, done: () => void): void {
    this.#tally.requests.put += 1;
    this.#write(this.#send, key, session, (outcome, written) => {
      if (written === 'acknowledged') this.#tally.successes.put += 1;
      else this.#miss('put', outcome);
      if (written === 'unknown') this.#tally.unknown += 1;
      done();
    });
  }

  get(key: KeyHistory, session: StressSession, done: () => void): void {
    this.#tally.requests.get += 1;
    const [floor, sessionFloor] = [key.floor(), session.floorOf(key)];
    const began = performance.now();
    key.order?.begin();
    this.#read(this.#send, key, session.token, this.#readHeaders, (outcome) => {
      const values = valuesOf(outcome);
      key.order?.end(readOf(key, values, began));
      if (values === undefined) {
        this.#miss('get', outcome);
      } else {
        this.#tally.successes.get += 1;
        const stale = key.stalenessOf(values, began);
        if (stale !== undefined) this.#tally.staleness.record(stale);
        const bound = outcome.kind === 'answered' ? outcome.stalenessBound : undefined;
        const proven = boundOf(bound);
        if (proven !== undefined) this.#tally.bounds.record(proven.milliseconds);
        const wrong =
          key.judge(values, floor, this.#plan.isStrict) ?? session.judge(key, values, sessionFloor);
        this.#count(key, wrong ?? this.#bounds.judge(key, values, began, bound));
      }
      session.endRead(tokenOf(outcome));
      done();
    });
  }

  /** Whether the last acknowledged write of a key is there, once nobody writes any more. */
  readBack(key: KeyHistory): Promise<ReadBack> {
    return new Promise((resolve) => {
      const floor = key.acknowledged;
      const { token } = this.#sessionOf(key);
      this.#read(this.#ask, key, token, this.#lastReadHeaders, (outcome) => {
        const values = valuesOf(outcome);
        if (values === undefined) {
          const isFinal = outcome.kind === 'answered' && outcome.status === TOO_MANY_REQUESTS;
          resolve({ verdict: 'unread', why: `read back: ${reasonOf(outcome)}`, isFinal });
          return;
        }
        const context = answerOf(outcome)?.context;
        const { isStrict } = this.#plan;
        // At weaker levels writes may stand side by side; the last of them must be among them.
        const wrong = key.judge(values, floor, isStrict) ?? key.judgeNewest(values, floor);
        if (wrong === undefined) resolve({ verdict: 'kept', context });
        else resolve({ verdict: 'lost', why: `${key.key}, read back: ${wrong}`, context });
      });
    });
  }

  /** @param context what was read. Resolves with why it could not be deleted; undefined: it is. */
  remove({ key }: KeyHistory, context: string | undefined): Promise<string | undefined> {
    const headers: Record<string, string> = { 'x-consistency-level': this.#plan.writeLevel };
    if (context !== undefined) headers['x-causal-context'] = context;
    const path = `${this.#keysPath}/${key}`;
    return new Promise((resolve) => {
      const load = { method: 'DELETE', path, headers, body: undefined } as const;
      this.#ask(load, (outcome) => {
        const isGone = outcome.kind === 'answered' && [OK, NOT_FOUND].includes(outcome.status);
        resolve(isGone ? undefined : `delete: ${reasonOf(outcome)}`);
      });
    });
  }

  #write(
    send: Send,
    key: KeyHistory,
    session: StressSession,
    done: (outcome: LoadOutcome, written: StressOutcome) => void,
  ): void {
    const sequence = key.beginWrite();
    session.beginWrite(key, sequence);
    const value = stressValue(key.key, sequence, this.#plan.valueBytes);
    const body = `{"value":"${value}"}`;
    const headers: Record<string, string | number> = {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-consistency-level': this.#plan.writeLevel,
    };
    const { timeoutMilliseconds } = this.#plan;
    if (timeoutMilliseconds !== undefined) headers['x-timeout'] = `${timeoutMilliseconds}ms`;
    if (session.token !== undefined) headers['x-session-token'] = session.token;
    const path = `${this.#keysPath}/${key.key}`;
    const began = performance.now();
    key.order?.begin();
    send({ method: 'PUT', path, headers, body }, (outcome) => {
      const written = writeOutcomeOf(outcome);
      key.endWrite(sequence, written);
      key.order?.end(writeOf(sequence, written, began));
      session.endWrite(key, sequence, written, tokenOf(outcome));
      done(outcome, written);
    });
  }

  #read(
    send: Send,
    { key }: KeyHistory,
    token: string | undefined,
    common: Record<string, string>,
    done: (outcome: LoadOutcome) => void,
  ): void {
    const headers = token === undefined ? common : { ...common, 'x-session-token': token };
    const path = `${this.#keysPath}/${key}`;
    send({ method: 'GET', path, headers, body: undefined }, done);
  }

  #sessionOf(key: KeyHistory): KeySession {
    const session = this.#keySessions.get(key) ?? new KeySession();
    this.#keySessions.set(key, session);
    return session;
  }

  #count(key: KeyHistory, wrong: string | undefined): void {
    if (wrong === undefined) this.#tally.correct += 1;
    else {
      this.#tally.incorrect += 1;
      this.#tally.note(`${key.key}: ${wrong}`);
    }
  }

  /** In flight on a connection that broke: no failure of those that remain. */
  #miss(operation: StressRequestKind, outcome: LoadOutcome): void {
    if (outcome.kind === 'broken') this.#tally.broken += 1;
    else this.#tally.fail(operation, reasonOf(outcome));
  }
}

/** For the order; undefined: nothing was answered, or nothing has happened. */
function readOf(key: KeyHistory, values: readonly unknown[] | undefined, began: number) {
  if (values === undefined) return undefined;
  const found = values.map((value) => `${sequenceOf(value, key.key)}`);
  const does = { kind: 'read', found } as const;
  return { id: `read ${began}`, began, ended: performance.now(), does };
}

function writeOf(sequence: number, written: StressOutcome, began: number) {
  if (written === 'none') return undefined;
  const does = { kind: 'write', isDelete: false } as const;
  const ended = written === 'acknowledged' ? performance.now() : undefined;
  return { id: `${sequence}`, began, ended, does };
}

/** The values that a read found, none included; undefined where it did not answer that. */
function valuesOf(outcome: LoadOutcome): unknown[] | undefined {
  const answer = answerOf(outcome);
  if (outcome.kind !== 'answered' || answer === undefined) return undefined;
  if (outcome.status === OK) return [answer.value];
  if (answer.code === 'siblings' && Array.isArray(answer.siblings)) {
    return answer.siblings.map(
      (sibling) => (sibling as { readonly value?: unknown } | null)?.value,
    );
  }
  return answer.code === 'not_found' ? [] : undefined;
}

function writeOutcomeOf(outcome: LoadOutcome): StressOutcome {
  if (outcome.kind === 'refused' || outcome.kind === 'unsent') return 'none';
  if (outcome.kind !== 'answered') return 'unknown';
  if (outcome.status === OK) return 'acknowledged';
  return answerOf(outcome)?.outcome === 'none' ? 'none' : 'unknown';
}

function tokenOf(outcome: LoadOutcome): string | undefined {
  return outcome.kind === 'answered' ? outcome.sessionToken : undefined;
}

function reasonOf(outcome: LoadOutcome): string {
  if (outcome.kind === 'refused') return 'every endpoint refused the connection';
  if (outcome.kind === 'silent') return 'no answer in time';
  if (outcome.kind === 'unsent') return 'not sent: the endpoint answered nobody in time';
  if (outcome.kind === 'broken') return 'the connection broke';
  const { code = 'no problem of ours' } = answerOf(outcome) ?? {};
  return `${outcome.status} ${code}`;
}

function answerOf(outcome: LoadOutcome): Answer | undefined {
  if (outcome.kind !== 'answered') return undefined;
  try {
    const answer: unknown = JSON.parse(outcome.body);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}
