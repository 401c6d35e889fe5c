/** What is measured: processes that answer requests, and the works that they can be asked for. */

export interface PlainRequest {
  readonly method: string;
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
}

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
  stop(): Promise<void>;
}

/** @throws Error where the system has no such work */
export function workOf(system: System, name: string): Work {
  const work = system.works.get(name);
  if (work === undefined) throw new Error(`${system.name} has no work "${name}"`);
  return work;
}
