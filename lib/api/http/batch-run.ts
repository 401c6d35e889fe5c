/** Executes the operations of a batch, some at a time, and joins what they answer. */
import { levelName } from '../../coordination/request/level.js';
import { pauseFor } from '../../environment/pauses.js';
import { OperatingError } from '../../errors.js';
import type { PutAnswer, PutRequest, Receipt } from '../../coordination/request/request.js';
import type { Change } from '../../replica/intent.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { ApiWorld } from '../api-world.js';
import { boundText, replicasText, withSession } from './answer-headers.js';
import type { BatchOperation } from './batch-body.js';
import { countBatch } from './batch-counts.js';
import type { Explanation } from '../../coordination/request/explanation.js';
import { withExplanation } from './explained.js';
import type { HttpExchange, HttpExchanges } from './exchange.js';
import { getAnswer } from './get-answer.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { idInBatch } from './idempotency-key.js';
import { writeOnce } from './once-writes.js';
import { GUARD_HEADERS } from './problem.js';
import { putAnswer } from './put-answer.js';
import { bytesAsText, type HttpReply } from './reply.js';
import type { ReadRequestOptions, WriteRequestOptions } from './request-options.js';

export interface BatchHeaders {
  readonly read: ReadRequestOptions;
  readonly write: WriteRequestOptions;
}

export interface BatchRun extends BatchHeaders {
  readonly world: ApiWorld;
  readonly exchanges: HttpExchanges;
  readonly exchange: HttpExchange;
  /** Each operation is judged under what the client had seen when it sent them. */
  readonly session: SessionToken | undefined;
  /** On the monotonic clock, of all operations. */
  readonly deadline: number;
  /** Of one operation, where the request asks how its answer came about. */
  readonly explain: () => Explanation | undefined;
}

/** What the single request would have answered, within the answer of the batch. */
interface Result {
  readonly status: number;
  /** An object, as byte text. */
  readonly text: string;
  readonly result: string;
  /** The level that held, as metrics name it; undefined: none did, or it is no matter of levels. */
  readonly achieved?: string | undefined;
}

/**
 * So many operations begin in one turn: enough to share messages and a commit, and few enough to
 * let other requests have theirs.
 */
const TURN_OPERATIONS = 128;
/** So many are read at once while nothing says how large what they read is. */
const FIRST_READS = 16;

/** One result an operation, in their order; never rejects for what one of them meets. */
export async function runBatch(
  run: BatchRun,
  operations: readonly BatchOperation[],
): Promise<HttpReply> {
  const { clock } = run.world;
  const batch = new Batch(run);
  const results: Promise<Result>[] = [];
  for (const [i, operation] of operations.entries()) {
    if (i > 0 && i % TURN_OPERATIONS === 0) {
      await pauseFor(clock, 0);
    }
    if (operation.change === undefined) await batch.roomToRead();
    results.push(batch.execute(operation, i));
  }
  const all = await Promise.all(results);
  countBatch(run, operations, all);
  const reply = batchReply(all);
  return withSession(reply, run.world.node.coordination, batch.tokens);
}

/** 207 where one has failed: a client that looks at the status alone must not miss it. */
function batchReply(results: readonly Result[]): HttpReply {
  const failed = results.filter(({ status }) => status >= 400).length;
  return {
    status: failed === 0 ? 200 : 207,
    headers: ['Content-Type', JSON_TYPE, ...GUARD_HEADERS],
    body: `{"failed":${failed},"results":[${results.map(({ text }) => text).join(',')}]}`,
    result: failed === 0 ? 'ok' : 'partial',
  };
}

class Batch {
  readonly #run: BatchRun;
  /** Bytes that the answer may still grow by. */
  #room: number;
  /** Reads under way, and the largest of their results so far. */
  #reads = 0;
  #largest = 0;
  #proceed: () => void = () => undefined;
  /** What the client has seen: before, and by each operation. */
  readonly tokens: SessionToken[] = [];

  constructor(run: BatchRun) {
    this.#run = run;
    this.#room = run.world.limits.batchBytesMax;
    this.#saw(run.session);
  }

  /** Resolves when one more may be read: what is read is held, and must find room in the answer. */
  async roomToRead(): Promise<void> {
    while (this.#reads >= this.#readsMax) {
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
      });
    }
  }

  get #readsMax(): number {
    if (this.#largest === 0) return FIRST_READS;
    return Math.max(1, Math.min(TURN_OPERATIONS, Math.floor(this.#room / this.#largest)));
  }

  /** @param place in the batch */
  async execute(operation: BatchOperation, place: number): Promise<Result> {
    const { change } = operation;
    const explanation = this.#run.explain();
    try {
      const left = this.#run.deadline - this.#run.world.clock.monotonicMilliseconds();
      if (left <= 0) throw new OperatingError('deadline_passed', 'the batch came no further');
      if (change === undefined) return await this.#read(operation, left, explanation);
      return this.#taken(await this.#put(operation, place, change, left, explanation));
    } catch (error) {
      const { exchanges, exchange } = this.#run;
      const problem = exchanges.problemOf(error, exchange, change === undefined);
      return this.#taken(resultOf(withExplanation(problem, explanation), undefined));
    }
  }

  /** In the turn in which it was judged: others are judged by what is left. */
  #taken(result: Result): Result {
    this.#room -= result.text.length;
    return result;
  }

  async #read(
    operation: BatchOperation,
    left: number,
    explanation: Explanation | undefined,
  ): Promise<Result> {
    this.#reads += 1;
    try {
      return await this.#get(operation, left, explanation);
    } finally {
      this.#reads -= 1;
      this.#largest = Math.max(this.#largest, 1);
      this.#proceed();
    }
  }

  /** What was read and finds no room is forgotten at once, and what follows is not read at all. */
  async #get(
    { key, namespace, level }: BatchOperation,
    left: number,
    explanation: Explanation | undefined,
  ): Promise<Result> {
    const { world, read, exchanges, exchange, session } = this.#run;
    if (this.#room <= 0) throw this.#full();
    const { fallbacks, readRepair } = read;
    // Field by field, here and below: spreading costs more than the rest of it.
    const answer = await world.node.coordination.get({
      namespace,
      key,
      level: level ?? read.level,
      fallbacks,
      timeoutMilliseconds: left,
      readRepair,
      session,
      explanation,
    });
    this.#saw(answer.session);
    const view = {
      key,
      asList: false,
      version: undefined,
      accept: JSON_TYPE,
      ifNoneMatch: undefined,
      requestId: exchange.requestId,
    };
    const reply = withExplanation(getAnswer(answer, view), explanation);
    const result = resultOf(reply, answer.receipt);
    this.#largest = Math.max(this.#largest, result.text.length);
    if (result.text.length > this.#room) {
      // The answer is full: else each of what follows would be read to find no room.
      this.#room = 0;
      throw this.#full();
    }
    exchanges.reserve(exchange, result.text.length);
    return this.#taken(result);
  }

  async #put(
    operation: BatchOperation,
    place: number,
    change: Change,
    left: number,
    explanation: Explanation | undefined,
  ): Promise<Result> {
    const { world, write, session, exchange, exchanges } = this.#run;
    const { namespace, key, level, context, precondition } = operation;
    const { fallbacks, durability } = write;
    const request: PutRequest = {
      namespace,
      key,
      level: level ?? write.level,
      fallbacks,
      timeoutMilliseconds: left,
      change,
      context,
      durability,
      session,
      precondition,
      explanation,
    };
    const resultFor = (answer: PutAnswer): Result =>
      resultOf(putAnswer(answer, key, change), answer.receipt);
    // What is stored under an id is of all attempts, how it came about of this one.
    const explained = (result: Result): Result => {
      return { ...result, text: String(withExplanation(replyOf(result), explanation).body) };
    };
    const { node } = world;
    if (write.idempotencyKey === undefined) {
      const answer = await node.coordination.put(request);
      this.#saw(answer.session);
      return explained(resultFor(answer));
    }
    const { reply, session: seen } = await writeOnce(node, {
      ...{ id: idInBatch(write.idempotencyKey, place), payload: '', namespace, key },
      timeoutMilliseconds: left,
      asked: request,
      perform: (how) => node.coordination.put({ ...request, ...how }),
      reply: (answer) => replyOf(resultFor(answer)),
      problem: (error) => replyOf(resultOf(exchanges.problemOf(error, exchange, false), undefined)),
    });
    this.#saw(seen);
    const { status, body, result } = reply;
    return explained({ status, text: String(body), result });
  }

  #saw(token: SessionToken | undefined): void {
    if (token !== undefined) this.tokens.push(token);
  }

  #full(): OperatingError {
    const limit = this.#run.world.limits.batchBytesMax;
    const message = 'its value would make the answer of the batch too large: ask for it in another';
    return new OperatingError('answer_too_large', message, { details: { limit } });
  }
}

/** The body of the single answer; before it what that one says in its status and its headers. */
function resultOf({ status, body, result }: HttpReply, receipt: Receipt | undefined): Result {
  const json = typeof body === 'string' ? body : bytesAsText(body);
  // Problems bear their status themselves.
  const head = status < 400 ? `"status":${status},` : '';
  const text = `{${head}${receipt === undefined ? '' : receiptText(receipt)}${json.slice(1)}`;
  return { status, text, result, achieved: receipt && levelName(receipt.level) };
}

/** What would have been answered alone, as a result of a batch. */
export function asResult(reply: HttpReply, receipt: Receipt | undefined): HttpReply {
  return replyOf(resultOf(reply, receipt));
}

/** As it is stored for an operation that is sent again. */
function replyOf({ status, text, result }: Result): HttpReply {
  return { status, headers: [], body: text, result };
}

function receiptText(receipt: Receipt): string {
  const { level, durability, bound } = receipt;
  const meant = durability === undefined ? '' : `,"durability":"${durability}"`;
  const proven = bound === undefined ? '' : `,"staleness_bound":"${boundText(bound)}"`;
  return `"receipt":{"level":"${level}","replicas":"${replicasText(receipt)}"${meant}${proven}},`;
}
