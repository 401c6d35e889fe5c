/** Options as callers hand them in, checked by name and kind before anything is sent. */
import { ArgumentError, checkFunction, headerTextOf } from './arguments.js';
import { shown, timeoutOf, unicodeOf } from './arguments.js';
import type {
  BatchOptions,
  CallOptions,
  ClientOptions,
  GetOptions,
  ListOptions,
  ParseOptions,
  PutOptions,
  ReadOptions,
  SessionOptions,
  WriteOptions,
} from './client-options.js';
import type { StrongUpdateOptions, UpdateOptions } from './update.js';

type Check = (value: unknown, name: string) => unknown;
/** Of each option that there is, and of no other one. */
type ChecksOf<Options> = Readonly<Record<keyof Options, Check>>;

/** @param what it is, for people */
const checked =
  (what: string, isRight: (value: unknown) => boolean): Check =>
  (value, name) => {
    if (!isRight(value)) throw new ArgumentError(`${name} is ${what}, not ${shown(value)}`);
  };
const oneOf = (...names: readonly unknown[]): Check =>
  checked(names.map((name) => JSON.stringify(name)).join(' or '), (value) => names.includes(value));
const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;
const hasMethod = (value: unknown, name: string): boolean =>
  typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === 'function';

const text: Check = unicodeOf;
const flag = checked('true or false', (value) => typeof value === 'boolean');
const count = checked('a whole number from 1 on', (value) => isWhole(value, 1));
const list = checked('a list', Array.isArray);
const levelName = checked(
  'the name of a level, or a number of replicas',
  (value) => typeof value === 'string' || isWhole(value, 1),
);

const level: Check = (value, name) => {
  levelName(value, name);
  headerTextOf(String(value), name);
};

const CALL = {
  timeoutMilliseconds: timeoutOf,
  signal: checked(
    'an AbortSignal',
    (value) => hasMethod(value, 'addEventListener') && hasMethod(value, 'throwIfAborted'),
  ),
} satisfies ChecksOf<CallOptions>;

const PARSE = { parse: checkFunction } satisfies ChecksOf<ParseOptions<unknown>>;

const READ = {
  level,
  fallbacks: (value, name) => {
    list(value, name);
    for (const one of value as readonly unknown[]) level(one, `a level of ${name}`);
  },
  ...CALL,
  explain: flag,
} satisfies ChecksOf<ReadOptions>;

const BATCH = {
  ...READ,
  durability: oneOf('sync', 'os', 'memory'),
  idempotencyKey: headerTextOf,
} satisfies ChecksOf<BatchOptions>;

const CONDITIONS = { context: headerTextOf, ifMatch: headerTextOf, ifNoneMatch: oneOf('*') };
const VALUE = {
  ttl: checked(
    'whole seconds from 1 on, or "keep"',
    (value) => value === 'keep' || isWhole(value, 1),
  ),
  contentType: headerTextOf,
};

export const WRITE_CHECKS = { ...BATCH, ...CONDITIONS } satisfies ChecksOf<WriteOptions>;
export const PUT_CHECKS = { ...WRITE_CHECKS, ...VALUE } satisfies ChecksOf<PutOptions>;
export const BATCH_TEXT_CHECKS = BATCH;
export const BATCH_CHECKS = { ...BATCH, ...PARSE };
export const RESOLVE_CHECKS = { ...BATCH, context: headerTextOf };
export const PREVIEW_CHECKS = { ...READ, ...PARSE, context: headerTextOf };

export const GET_CHECKS = {
  ...READ,
  ...PARSE,
  readRepair: oneOf('await', 'async', 'none'),
  version: text,
} satisfies ChecksOf<GetOptions>;

export const LIST_CHECKS = {
  ...READ,
  ...PARSE,
  ...{ prefix: text, values: flag, limit: count, cursor: text },
} satisfies ChecksOf<ListOptions>;

export const UPDATE_CHECKS = {
  ...READ,
  ...PARSE,
  ...VALUE,
  ...{ durability: BATCH.durability, attempts: count },
} satisfies ChecksOf<UpdateOptions>;

export const STRONG_UPDATE_CHECKS = {
  ...UPDATE_CHECKS,
  merge: checkFunction,
} satisfies ChecksOf<StrongUpdateOptions>;

export const SESSION_CHECKS = {
  saved: () => undefined,
  tokens: list,
  onTokens: checkFunction,
} satisfies ChecksOf<SessionOptions>;

export const CLIENT_CHECKS = {
  namespace: text,
  endpoints: () => undefined,
  zone: text,
  discover: flag,
  retries: checked('a whole number from 0 on', (value) => isWhole(value, 0)),
  hedgeAfterMilliseconds: checked(
    'a number from 0 on',
    (value) => typeof value === 'number' && value >= 0,
  ),
  transport: checked('an object with the method send', (value) => hasMethod(value, 'send')),
} satisfies ChecksOf<ClientOptions>;

const OPERATION = { kind: () => undefined, key: () => undefined, level };
const WRITE_OPERATION = { ...OPERATION, ...CONDITIONS };
/** Of the operations of a batch. */
export const OPERATION_CHECKS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  get: OPERATION,
  put: { ...WRITE_OPERATION, ...VALUE, value: () => undefined },
  delete: WRITE_OPERATION,
};

/**
 * Undefined ones are as if they were not there.
 * @param of whose they are
 * @throws ArgumentError
 */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  of: string,
): void {
  if (Object.prototype.toString.call(options) !== '[object Object]') {
    throw new ArgumentError(`the options of ${of} are an object, not ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options as object)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).join(', ');
      throw new ArgumentError(`${of} has no option ${shown(name)}; there are ${known}`);
    }
    if (value !== undefined) check(value, name);
  }
}
