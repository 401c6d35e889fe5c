/** What a client, a session and a request are told. */

export interface ClientOptions {
  /** Of the keys; undefined: the default one. */
  readonly namespace?: string | undefined;
  /** `http://host:port`, in the order of preference; where one does not answer, the next. */
  readonly endpoints: readonly string[];
}

export interface SessionOptions {
  /** To go on from: of an earlier session, or of others, whose sight this one takes over. */
  readonly tokens?: readonly string[] | undefined;
  /** They are others now; the answer waits for it. */
  readonly onTokens?: ((tokens: readonly string[]) => void | Promise<void>) | undefined;
}

export interface ReadOptions {
  /** A consistency level; undefined: the default of the cluster. */
  readonly level?: string | undefined;
  /** Weaker levels to descend to. */
  readonly fallbacks?: readonly string[] | undefined;
  /** The deadline, which travels with the request; undefined: the default of the node. */
  readonly timeoutMilliseconds?: number | undefined;
}

export interface ListOptions extends ReadOptions {
  /** Keys that begin so; undefined: all. */
  readonly prefix?: string | undefined;
  /** Each with what it holds. */
  readonly values?: boolean | undefined;
  /** Keys of a page: 1 to 1,000. */
  readonly limit?: number | undefined;
  /** Of the page before the first. */
  readonly cursor?: string | undefined;
}

export interface GetOptions extends ReadOptions {
  /** When lagging replicas are repaired: `await`, `async`, `none`; undefined: by chance. */
  readonly readRepair?: string | undefined;
  /** One version, current or kept; undefined: what the key holds. */
  readonly version?: string | undefined;
}

/** What is to become of siblings. */
export type Resolution =
  | { readonly kind: 'strategy'; readonly strategy: string }
  /** JSON text. */
  | { readonly kind: 'value'; readonly text: string };

export interface WriteOptions extends ReadOptions {
  /** Of the read that this write answers; undefined: replace what is there. */
  readonly context?: string | undefined;
  readonly durability?: string | undefined;
  /**
   * ETags or versions, in double quotes: the value must be one of these, else `precondition_failed`
   * and nothing happens. It implies the level `strong`.
   */
  readonly ifMatch?: string | undefined;
  /** `*`: there must be no value. The same. */
  readonly ifNoneMatch?: '*' | undefined;
}

export interface PutOptions extends WriteOptions {
  /** Time to live in seconds, or `keep`. */
  readonly ttl?: number | 'keep' | undefined;
}

/** For all operations; a level is for those that name none. */
export type BatchOptions = Omit<WriteOptions, 'context' | 'ifMatch' | 'ifNoneMatch'>;
