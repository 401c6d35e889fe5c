/** The requests that a client and a session have in common: what is sent, and what comes of it. */
import { checkFunction, unicodeOf } from './arguments.js';
import { type BatchOf, batchText, type BatchOperationRequest, onlyReads } from './batch.js';
import { readBatch, resultOf } from './batch.js';
import {
  BATCH_CHECKS,
  BATCH_TEXT_CHECKS,
  checkOptions,
  GET_CHECKS,
  LIST_CHECKS,
  PREVIEW_CHECKS,
  PUT_CHECKS,
  RESOLVE_CHECKS,
  STRONG_UPDATE_CHECKS,
  UPDATE_CHECKS,
  WRITE_CHECKS,
} from './check-options.js';
import type {
  BatchOptions,
  CallOptions,
  GetOptions,
  ListOptions,
  ParseOptions,
  PutOptions,
  ReadOptions,
  Resolution,
  WriteOptions,
} from './client-options.js';
import type { NamedKey } from './key-owners.js';
import { basePathOf, pathOf, withQuery } from './key-path.js';
import type { Reply } from './connection.js';
import { type Problem, QuorateError } from './quorate-error.js';
import { readControl, readGet, readPreview, readWrite, type Shape } from './read-answer.js';
import { readPage } from './read-list.js';
import { headersFrom, headersOf } from './request-headers.js';
import { resolutionRequest } from './resolution-request.js';
import type {
  Answered,
  Batched,
  BatchResult,
  BatchRow,
  GetResult,
  KeyPage,
  ListedKey,
  ResolutionPreview,
  Written,
} from './results.js';
import type { Storable, StorableOf } from './storable.js';
import { changesNothing, type HttpAnswer, type HttpRequest } from './transport.js';
import { typedKey, typedPreview, typedResult } from './typed-values.js';
import type { ValueChange, SiblingMerge, StrongUpdateOptions, Updated } from './update.js';
import { updateByMerging, type UpdateOptions, updateStrongly } from './update.js';
import { storedOf } from './values.js';

const NO_OPTIONS = {};
/** In a path: nothing is changed. What knows no dry run refuses the parameter. */
const DRY_RUN = /[?&]dry_run=1(?:&|$)/;

/** Methods throw ArgumentError before anything is sent, and QuorateError for what goes wrong. */
export abstract class KeyValueRequests {
  /** Of all that is about keys. */
  readonly #base: string;
  readonly #namespace: string;

  /** @param namespace of the keys; undefined: the default one */
  protected constructor(namespace: string | undefined) {
    this.#base = basePathOf(namespace);
    this.#namespace = namespace ?? 'default';
  }

  /** Never rejects for what a network or a node may do. */
  protected abstract send(request: HttpRequest, call: CallOptions): Promise<Reply>;

  /** The value of a key, its siblings where it is in conflict, or that it has none. */
  async get<Value = unknown>(
    key: string,
    options: GetOptions<Value> = NO_OPTIONS,
  ): Promise<GetResult<Value>> {
    checkOptions(options, GET_CHECKS, 'get');
    const { readRepair, version } = options;
    const headers = { ...headersOf(options), ...headersFrom({ 'x-read-repair': readRepair }) };
    const path = withQuery(pathOf(`${this.#base}/kv`, key), { version });
    const read = { method: 'GET', path, headers, isHedged: true } as const;
    const request = { ...read, place: this.#placeOf(key) };
    const stored = await this.#ask(request, options, readGet);
    return typedResult(stored, options);
  }

  /** @param value JSON, bytes, or a `rawJson(...)` that is to stay as it is written */
  async put<Value extends Storable>(
    key: string,
    value: StorableOf<Value>,
    options: PutOptions = NO_OPTIONS,
  ): Promise<Written> {
    checkOptions(options, PUT_CHECKS, 'put');
    const stored = storedOf(value, options.contentType);
    const isJson = stored.kind === 'json';
    const headers = {
      ...headersOf(options),
      ...headersFrom({ 'x-ttl': options.ttl === undefined ? undefined : String(options.ttl) }),
      'content-type': isJson ? 'application/json' : stored.contentType,
      // These bytes are meant, whatever they look like.
      ...(isJson ? {} : { 'x-raw': '1' }),
    };
    const body = isJson ? `{"value":${stored.text}}` : stored.bytes;
    const path = pathOf(`${this.#base}/kv`, key);
    const request = { method: 'PUT', path, headers, body, place: this.#placeOf(key) } as const;
    return this.#ask(request, options, readWrite);
  }

  /** Deleting what is not there is fine. */
  async delete(key: string, options: WriteOptions = NO_OPTIONS): Promise<Written> {
    checkOptions(options, WRITE_CHECKS, 'delete');
    const path = pathOf(`${this.#base}/kv`, key);
    const headers = headersOf(options);
    const request = { method: 'DELETE', path, headers, place: this.#placeOf(key) } as const;
    return this.#ask(request, options, readWrite);
  }

  /**
   * Changes a value whoever else changes it: reads, merges siblings, changes, writes with the
   * context of what was read; and merges again where others wrote at the same time.
   *
   * @param change of the value, undefined where there is none; it is called once
   * @param merge of siblings: any order of them, and any repetition, must give the same
   */
  async update<Value = unknown>(
    key: string,
    change: ValueChange<Value>,
    merge: SiblingMerge<Value>,
    options: UpdateOptions<Value> = NO_OPTIONS,
  ): Promise<Updated<Value>> {
    checkFunction(change, 'the change of an update');
    checkFunction(merge, 'the merge of an update');
    checkOptions(options, UPDATE_CHECKS, 'update');
    return updateByMerging(this, key, change, merge, options);
  }

  /**
   * The same at level strong: the change is of the value that is there in the one order of all
   * writes, so none is lost and there is nothing to merge. `change` may be called several times.
   */
  async updateStrong<Value = unknown>(
    key: string,
    change: ValueChange<Value>,
    options: StrongUpdateOptions<Value> = NO_OPTIONS,
  ): Promise<Updated<Value>> {
    checkFunction(change, 'the change of an update');
    checkOptions(options, STRONG_UPDATE_CHECKS, 'updateStrong');
    return updateStrongly(this, key, change, options);
  }

  /** All keys in order, page after page. No snapshot: see docs/consistency.md, Lists. */
  async *list<Value = unknown>(
    options: ListOptions<Value> = NO_OPTIONS,
  ): AsyncGenerator<ListedKey<Value>, void> {
    checkOptions(options, LIST_CHECKS, 'list');
    let { cursor } = options;
    do {
      const page: KeyPage<Value> = await this.listPage({ ...options, cursor });
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** One page of it. */
  async listPage<Value = unknown>(
    options: ListOptions<Value> = NO_OPTIONS,
  ): Promise<KeyPage<Value>> {
    checkOptions(options, LIST_CHECKS, 'listPage');
    const { prefix, limit, cursor, values } = options;
    const path = withQuery(`${this.#base}/kv`, {
      ...{ prefix, cursor, values: values === true ? '1' : undefined },
      limit: limit === undefined ? undefined : String(limit),
    });
    const read = { method: 'GET', path, isHedged: true } as const;
    const request = { ...read, headers: headersOf(options) };
    const page = await this.#ask(request, options, readPage);
    return { ...page, keys: page.keys.map((row) => typedKey(row, options)) };
  }

  /** Resolves the siblings that `context` shows; they must be what is there. */
  async resolve<Value = unknown>(
    key: string,
    resolution: Resolution<Value>,
    options: BatchOptions & { readonly context: string },
  ): Promise<Written> {
    checkOptions(options, RESOLVE_CHECKS, 'resolve');
    const { context, ...others } = options;
    const path = pathOf(`${this.#base}/kv`, key, '/conflicts/resolve');
    const request = resolutionRequest(path, resolution, context, headersOf(others));
    const place = this.#placeOf(key);
    return this.#ask({ ...request, place }, options, readWrite);
  }

  /** What `resolve` would keep. Nothing is written. */
  async previewResolution<Value = unknown>(
    key: string,
    resolution: Resolution<Value>,
    options: ReadOptions & ParseOptions<Value> & { readonly context: string },
  ): Promise<ResolutionPreview<Value>> {
    checkOptions(options, PREVIEW_CHECKS, 'previewResolution');
    const { context, ...others } = options;
    const resource = pathOf(`${this.#base}/kv`, key, '/conflicts/resolve');
    const path = withQuery(resource, { dry_run: '1' });
    const request = resolutionRequest(path, resolution, context, headersOf(others));
    const preview = await this.#ask({ ...request, isRead: true }, options, readPreview);
    return typedPreview(preview, options);
  }

  /**
   * Many keys in one request; each operation succeeds or fails by itself. Where `Value`, of what is
   * read, is named, values that are put are checked at run time only.
   */
  async batch<
    Value = unknown,
    Operations extends readonly BatchOperationRequest[] = readonly BatchOperationRequest[],
  >(
    operations: Operations & BatchOf<Operations>,
    options: BatchOptions & ParseOptions<Value> = NO_OPTIONS,
  ): Promise<Batched<BatchResult<Value>>> {
    checkOptions(options, BATCH_CHECKS, 'batch');
    const { parse: _, ...others } = options;
    const batched = await this.batchText(batchText(operations), others);
    const results = batched.results.map((row, i): BatchResult<Value> => {
      const result = resultOf(row, operations[i]);
      if (result.kind === 'problem') return new QuorateError(result);
      return result.kind === 'written' ? result : typedResult(result, options);
    });
    return { ...batched, results };
  }

  /** The same of a JSON text that somebody else has written. */
  async batchText(body: string, options: BatchOptions = NO_OPTIONS): Promise<Batched<BatchRow>> {
    checkOptions(options, BATCH_TEXT_CHECKS, 'batchText');
    const headers = { ...headersOf(options), 'content-type': 'application/json' };
    const request = { method: 'POST', path: `${this.#base}/batch`, headers, body } as const;
    return this.#ask({ ...request, isRead: onlyReads(body) }, options, (answer) =>
      readBatch(answer, body),
    );
  }

  /** A control request. `shape` is what the answer must be. */
  async control<Wanted extends Shape>(
    method: HttpRequest['method'],
    path: string,
    shape: Wanted,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered<ReturnType<Wanted['parse']>>> {
    checkFunction(shape?.parse, 'the parse of a shape');
    const typed: Record<string, string> = { ...headers };
    if (body !== undefined) typed['content-type'] = 'application/json';
    const request = {
      ...{ method, path: unicodeOf(path, 'a path'), headers: typed, isRead: DRY_RUN.test(path) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return this.#ask(request, NO_OPTIONS, (answer) => readControl(answer, shape));
  }

  #placeOf(key: string): NamedKey {
    return { namespace: this.#namespace, key };
  }

  async #ask<Result extends { readonly kind: string }>(
    request: HttpRequest,
    call: CallOptions,
    read: (answer: HttpAnswer) => Result | Problem,
  ): Promise<Result> {
    const answer = await this.send(request, call);
    const result = answer.kind === 'http' ? read(answer) : answer;
    if (!isProblem(result)) return result;
    // Whatever it was that answered.
    const { outcome } = changesNothing(request) ? { outcome: 'none' as const } : result;
    throw new QuorateError({ ...result, outcome });
  }
}

function isProblem(result: { readonly kind: string }): result is Problem {
  return result.kind === 'problem';
}
