/** What a client, a session and their requests are given. */
import type { Level } from './levels.js';
import type { HttpTransport } from './transport.js';
import type { StorableOf } from './storable.js';

export interface ClientOptions {
  /** Of the keys; undefined: the default one. */
  readonly namespace?: string | undefined;
  /** `http://host:port`, in the order of preference; where one does not answer, the next. */
  readonly endpoints: readonly string[];
  /** Nodes of this zone are asked first. */
  readonly zone?: string | undefined;
  /** Learn of the other nodes from those that answer; undefined: yes, but not in a browser. */
  readonly discover?: boolean | undefined;
  /**
   * How often a request is sent again, after a pause, where nothing has happened and it may
   * succeed; a write with an idempotency key also where it may have happened. Undefined: 4.
   */
  readonly retries?: number | undefined;
  /** After so long without an answer a read is asked at a further node too; undefined: 100. */
  readonly hedgeAfterMilliseconds?: number | undefined;
  /** Undefined: by `fetch`. */
  readonly transport?: HttpTransport | undefined;
}

/** A session as it is stored: JSON. */
export interface SavedSession {
  /** Of this format. */
  readonly session: 1;
  readonly tokens: readonly string[];
  readonly contexts: readonly (readonly [namespace: string, key: string, context: string])[];
}

export interface SessionOptions {
  /** What `JSON.parse` makes of a stored session. */
  readonly saved?: SavedSession | undefined;
  /** To go on from: of an earlier session, or of others, whose sight this one takes over. */
  readonly tokens?: readonly string[] | undefined;
  /** They are others now; the answer waits for it. */
  readonly onTokens?: ((tokens: readonly string[]) => void | Promise<void>) | undefined;
}

export interface CallOptions {
  /**
   * The deadline of the call, over all endpoints and repetitions; it travels with the request, and
   * nodes refuse one above `requests.timeoutMaxMilliseconds` (a minute) as `invalid_request`.
   * Undefined: each node takes its own, and no new attempt begins after a minute.
   */
  readonly timeoutMilliseconds?: number | undefined;
  /** Ends it, as a QuorateError `aborted` whose `cause` is the reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends CallOptions {
  /** A consistency level; undefined: the default of the cluster. */
  readonly level?: Level | undefined;
  /** Weaker levels to descend to. */
  readonly fallbacks?: readonly Level[] | undefined;
  /** The receipt says how the answer came about; a problem does so in its details. */
  readonly explain?: boolean | undefined;
}

/** What is made of the JSON text of a value; undefined: `JSON.parse`. What it throws, comes out. */
export interface ParseOptions<Value> {
  readonly parse?: ((text: string) => Value) | undefined;
}

export interface ListOptions<Value = unknown> extends ReadOptions, ParseOptions<Value> {
  /** Keys that begin so; undefined: all. */
  readonly prefix?: string | undefined;
  /** Each with what it holds. */
  readonly values?: boolean | undefined;
  /** Keys of a page: 1 to 1,000. */
  readonly limit?: number | undefined;
  /** Of the page before the first. */
  readonly cursor?: string | undefined;
}

export interface GetOptions<Value = unknown> extends ReadOptions, ParseOptions<Value> {
  /** When lagging replicas are repaired; undefined: by chance. */
  readonly readRepair?: 'await' | 'async' | 'none' | undefined;
  /** One version, current or kept; undefined: what the key holds. */
  readonly version?: string | undefined;
}

export interface WriteOptions extends ReadOptions {
  /** Of the read that this write answers; undefined: replace what is there. */
  readonly context?: string | undefined;
  /** What an acknowledgement means; undefined: `sync`, on the disk. */
  readonly durability?: 'sync' | 'os' | 'memory' | undefined;
  /**
   * ETags or versions, in double quotes: the value must be one of these, else `precondition_failed`
   * and nothing happens. It implies the level `strong`.
   */
  readonly ifMatch?: string | undefined;
  /** `*`: there must be no value. The same. */
  readonly ifNoneMatch?: '*' | undefined;
  /** Fresh for each write, the same for its retries: applied once (docs/idempotency.md). */
  readonly idempotencyKey?: string | undefined;
}

export interface PutOptions extends WriteOptions {
  /** Time to live in seconds, or `keep`. */
  readonly ttl?: number | 'keep' | undefined;
  /** Of bytes; undefined: `application/octet-stream`. */
  readonly contentType?: string | undefined;
}

/** For all operations; a level is for those that name none. */
export type BatchOptions = Omit<WriteOptions, 'context' | 'ifMatch' | 'ifNoneMatch'>;

/** What is to become of siblings. */
export type Resolution<Value = unknown> =
  | { readonly kind: 'strategy'; readonly strategy: string }
  | { readonly kind: 'value'; readonly value: StorableOf<Value> };
