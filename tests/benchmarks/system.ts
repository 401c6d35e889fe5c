/** What is measured: processes that answer requests, and the works that they can be asked for. */

export interface PlainRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Without blanks. */
  readonly path: string;
  /** One line, or none. */
  readonly body?: string;
}

/** One kind of request. */
export interface Work {
  readonly headers: Readonly<Record<string, string>>;
  readonly request: (key: string, value: string) => PlainRequest;
  /** Where a request bears many operations: how many, and how they are put together. */
  readonly batch?: {
    readonly size: number;
    readonly request: (rows: readonly (readonly [key: string, value: string])[]) => PlainRequest;
  };
  /** The value that the body of an answer holds; undefined: answers hold none worth a look. */
  readonly valueIn: ((body: string) => string) | undefined;
  /** Whether it stores: then each generator keeps to keys of its own. */
  readonly writes: boolean;
  /** Keys of its own, of one generator and one load; undefined: those that were filled. */
  readonly keys?: (generator: number, stamp: string) => string[];
  /**
   * Each write names the version of the one before it (`If-Match`), the first of a key that there
   * is none. A key has one request under way.
   */
  readonly compares?: true;
}

/** What a generator of load says of the answers. */
export interface Generated {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  readonly failures: number;
  /** In the words of the generator. */
  readonly trouble?: string;
}

/** A work that is not asked for over HTTP: it brings its own load. */
export type OwnLoad = (connections: number, seconds: number) => Promise<readonly Generated[]>;

export interface System {
  readonly name: string;
  readonly version: string;
  /** What an acknowledged write has been through. */
  readonly synced: string;
  /** Base URLs; load is spread over them evenly. */
  readonly endpoints: readonly string[];
  /** Every process, so that its CPU time can be read. */
  readonly pids: readonly number[];
  readonly works: ReadonlyMap<string, Work>;
  /** The works that fill keys and read them; undefined where it keeps nothing. */
  readonly keeps: { readonly put: string; readonly get: string } | undefined;
  /** Beside `works`, by name. */
  readonly ownLoads?: ReadonlyMap<string, OwnLoad>;
  /** Which endpoint stores a key, where only one does. */
  readonly ownerOf?: (key: string) => string;
  /** p99 of event-loop delay since it was asked for, milliseconds, of the worst process. */
  readonly eventLoopDelay?: () => Promise<number>;
  stop(): Promise<void>;
}

/** @throws Error where the system has no such work */
export function workOf(system: System, name: string): Work {
  const work = system.works.get(name);
  if (work === undefined) throw new Error(`${system.name} has no work "${name}"`);
  return work;
}
