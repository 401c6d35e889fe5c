/** Read, change, write; and again where somebody else was faster. */
import { ArgumentError, timeoutOf } from './arguments.js';
import type { BatchOptions, CallOptions, GetOptions } from './client-options.js';
import type { ParseOptions, PutOptions, Resolution } from './client-options.js';
import { onAbort } from './on-abort.js';
import { ownProblem, QuorateError } from './quorate-error.js';
import type { GetResult, InConflict, Sibling, Written } from './results.js';
import type { Storable, StorableOf } from './storable.js';

/** @param current undefined: the key has no value */
export type ValueChange<Value> = (
  current: Value | undefined,
) => StorableOf<Value> | Promise<StorableOf<Value>>;

/** What becomes of siblings: of their values, in no order. */
export type SiblingMerge<Value> = (
  values: readonly Value[],
  siblings: readonly Sibling<Value>[],
) => StorableOf<Value> | Promise<StorableOf<Value>>;

export interface UpdateOptions<Value = unknown>
  extends Omit<PutOptions, 'context' | 'ifMatch' | 'ifNoneMatch' | 'idempotencyKey'>,
    ParseOptions<Value> {
  /** How often it is tried at most; undefined: 10. */
  readonly attempts?: number | undefined;
}

export interface StrongUpdateOptions<Value = unknown> extends UpdateOptions<Value> {
  /** Of siblings that writes at weaker levels have made; undefined: they are a QuorateError. */
  readonly merge?: SiblingMerge<Value> | undefined;
}

export interface Updated<Value = unknown> extends Written {
  readonly value: Value;
  /** False: others kept writing at the same time, and the key is in conflict still. */
  readonly isSettled: boolean;
}

/** What is used of a client, or of a session. */
interface KeyValues {
  get<Value>(key: string, options: GetOptions<Value>): Promise<GetResult<Value>>;
  put(key: string, value: Storable, options: PutOptions): Promise<Written>;
  resolve(
    key: string,
    resolution: Resolution,
    options: BatchOptions & { readonly context: string },
  ): Promise<Written>;
}

const ATTEMPTS = 10;
const PAUSE_MILLISECONDS = 20;
const PAUSE_MAX_MILLISECONDS = 1000;
/** Another write came between the read and this one. */
const LATE: ReadonlySet<string> = new Set(['precondition_failed', 'version_changed']);

/**
 * The change is written once, with the context of what was read. Then the key is read again: where
 * another writer was at work at the same time, both are siblings now, and are merged.
 */
export async function updateByMerging<Value>(
  client: KeyValues,
  key: string,
  change: ValueChange<Value>,
  merge: SiblingMerge<Value>,
  options: UpdateOptions<Value>,
): Promise<Updated<Value>> {
  const attempts = attemptsOf(options);
  const within = timeOf(options);
  const readNow = () => client.get<Value>(key, within(readOptionsOf(options)));
  const write = (value: Value, context: string | undefined) =>
    client.put(key, storable(value), within({ ...writeOptionsOf(options), context }));
  const read = await readNow();
  const current = read.kind === 'siblings' ? await merged(read, merge) : valueIn(read);
  let value: Value = checked(await change(current), 'change');
  let written = await write(value, read.context);
  try {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const after = await readNow();
      if (after.kind !== 'siblings') return { ...written, value, isSettled: true };
      value = await merged(after, merge);
      await pause(attempt, options.signal);
      written = await write(value, after.context);
    }
  } catch (error) {
    throw error instanceof QuorateError ? afterWrite(error) : error;
  }
  return { ...written, value, isSettled: false };
}

/** Whoever takes it for an update that has not happened makes the change twice. */
function afterWrite(error: QuorateError): QuorateError {
  const detail = `the change is written, but not seen to be the only value: ${error.detail}`;
  return new QuorateError({ ...error, detail, outcome: 'unknown', cause: error });
}

/**
 * The change is written at level strong, only if the value is still the one that was read; else it
 * is made again of the new one.
 */
export async function updateStrongly<Value>(
  client: KeyValues,
  key: string,
  change: ValueChange<Value>,
  options: StrongUpdateOptions<Value>,
): Promise<Updated<Value>> {
  const { merge } = options;
  const attempts = attemptsOf(options);
  const within = timeOf(options);
  let refused: QuorateError | undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const asked = within({ ...readOptionsOf(options), level: 'strong' as const });
    const read = await client.get<Value>(key, asked);
    const put = (): PutOptions => within({ ...writeOptionsOf(options), level: 'strong' });
    const write = async (): Promise<Updated<Value> | undefined> => {
      if (read.kind === 'siblings') {
        if (merge === undefined) throw inConflict(key);
        const resolution = { kind: 'value', value: storable(await merged(read, merge)) } as const;
        const { ttl: _, contentType: __, ...others } = put();
        await client.resolve(key, resolution, { ...others, context: read.context });
        return undefined;
      }
      const value = checked(await change(valueIn(read)), 'change');
      const condition =
        read.kind === 'value'
          ? ({ ifMatch: `"${read.version}"` } as const)
          : ({ ifNoneMatch: '*' } as const);
      const written = await client.put(key, storable(value), { ...put(), ...condition });
      return { ...written, value, isSettled: true };
    };
    try {
      const updated = await write();
      if (updated !== undefined) return updated;
    } catch (error) {
      if (!(error instanceof QuorateError) || !LATE.has(error.code)) throw error;
      refused = error;
      await pause(attempt, options.signal);
    }
  }
  throw refused ?? inConflict(key);
}

function inConflict(key: string): QuorateError {
  const detail = `${JSON.stringify(key)} is in conflict: give merge, or resolve it`;
  return new QuorateError(ownProblem('siblings', detail, { outcome: 'none', retryable: false }));
}

async function merged<Value>(
  { siblings }: InConflict<Value>,
  merge: SiblingMerge<Value>,
): Promise<Value> {
  const values = siblings.map(({ value }) => value);
  return checked(await merge(values, siblings), 'merge');
}

function valueIn<Value>(
  read: { readonly kind: 'value'; readonly value: Value } | { readonly kind: 'not-found' },
): Value | undefined {
  return read.kind === 'value' ? read.value : undefined;
}

function checked<Value>(value: Value, who: string): Value {
  if (value === undefined)
    throw new ArgumentError(`${who} gives the value to be stored, not undefined`);
  return value;
}

/** What cannot be stored is refused where it is sent. */
function storable(value: unknown): Storable {
  return value as Storable;
}

function readOptionsOf<Value>(options: UpdateOptions<Value>) {
  const { level, fallbacks, timeoutMilliseconds, signal, parse } = options;
  return { level, fallbacks, timeoutMilliseconds, signal, parse };
}

function writeOptionsOf<Value>(options: UpdateOptions<Value>): PutOptions {
  const { attempts: _, parse: __, merge: ___, ...others } = options as StrongUpdateOptions<Value>;
  return others;
}

/** Its requests share the time of the call: each has what is left. */
function timeOf({ timeoutMilliseconds }: CallOptions) {
  const time = timeoutMilliseconds === undefined ? undefined : timeoutOf(timeoutMilliseconds);
  const begun = performance.now();
  return <Options extends CallOptions>(options: Options): Options => {
    if (time === undefined) return options;
    const left = begun + time - performance.now();
    if (left > 0) return { ...options, timeoutMilliseconds: left };
    const detail = 'no time was left for the next request of the update';
    throw new QuorateError(
      ownProblem('deadline_passed', detail, { outcome: 'none', retryable: true }),
    );
  };
}

function attemptsOf({ attempts = ATTEMPTS }: { readonly attempts?: number | undefined }): number {
  if (Number.isInteger(attempts) && attempts >= 1) return attempts;
  throw new ArgumentError(`attempts is a whole number from 1 on, not ${String(attempts)}`);
}

/** By chance, so that two that meet do not meet again; the request that follows sees the signal. */
function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const most = Math.min(PAUSE_MAX_MILLISECONDS, PAUSE_MILLISECONDS * 2 ** attempt);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      endWait();
      resolve();
    };
    const timer = setTimeout(end, Math.random() * most);
    const endWait = signal === undefined ? () => undefined : onAbort(signal, end);
  });
}
