/** What headers ask of a read or a write, validated: level, deadline, durability, context. */
import { OperatingError } from '../../errors.js';
import { BOUNDED } from '../../coordination/request/level.js';
import type { Precondition, ReadRepair } from '../../coordination/request/request.js';
import { READ_REPAIRS } from '../../coordination/request/request.js';
import type { Durability } from '../../persistence/store.js';
import { preconditionOf } from './entity-tag.js';
import { parseDuration } from '../../encoding/duration.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { invalid } from './refusals.js';
import { checkHeaders, type RequestHeaders } from './request-headers.js';

export type TtlSeconds = number | 'keep' | undefined;

export interface RequestLimits {
  readonly timeoutMaxMilliseconds: number;
  /** Of a context as it is kept; its text is longer. */
  readonly contextBytesMax: number;
}

/** The part of a request that reads and writes share. */
export interface CommonOptions {
  readonly level: string | undefined;
  readonly fallbacks: readonly string[];
  readonly timeoutMilliseconds: number | undefined;
  /** As it was sent: what is opened is a token of this cluster, or refused. */
  readonly sessionToken: string | undefined;
}

export interface ReadRequestOptions extends CommonOptions {
  readonly readRepair: ReadRepair | undefined;
}

export interface WriteRequestOptions extends CommonOptions {
  readonly context: string | undefined;
  /** Undefined: what the namespace says, or `sync`. */
  readonly durability: Durability | undefined;
  readonly precondition: Precondition | undefined;
  readonly idempotencyKey: string | undefined;
}

const FALLBACKS_MAX = 8;
/** Room for what a context is sealed with. */
const SEAL_CHARACTERS = 64;
/** The greatest N (config/groups/ring.ts): each owner may be at the limit with other writers. */
const OWNERS_MAX = 9;
const TTL_SECONDS_MAX = 315_360_000;
const DURABILITIES: readonly Durability[] = ['sync', 'os', 'memory'];
const NO_FALLBACKS: readonly string[] = [];

/** @throws OperatingError `invalid_request`, naming the header */
export function commonOptions(headers: RequestHeaders, limits: RequestLimits): CommonOptions {
  checkHeaders(headers);
  return {
    level: headers.level,
    fallbacks: fallbacksOf(headers.fallback),
    timeoutMilliseconds: timeoutAsked(headers, limits),
    sessionToken: headers.sessionToken,
  };
}

/** The deadline that a request asks for. @throws OperatingError `invalid_request` */
export function timeoutAsked(
  { timeout }: RequestHeaders,
  { timeoutMaxMilliseconds }: Pick<RequestLimits, 'timeoutMaxMilliseconds'>,
): number | undefined {
  return timeoutOf(timeout, timeoutMaxMilliseconds);
}

export function readOptions(headers: RequestHeaders, limits: RequestLimits): ReadRequestOptions {
  const common = commonOptions(headers, limits);
  const { level, fallbacks, timeoutMilliseconds, sessionToken } = common;
  if (headers.ifMatch !== undefined) throw invalid('if-match', 'If-Match is for writes');
  if (headers.idempotencyKey !== undefined) {
    throw invalid('idempotency-key', 'Idempotency-Key is for writes');
  }
  const readRepair = readRepairOf(headers.readRepair);
  return {
    level: levelWithin(level, headers.maxStaleness),
    fallbacks,
    timeoutMilliseconds,
    sessionToken,
    readRepair,
  };
}

export function writeOptions(headers: RequestHeaders, limits: RequestLimits): WriteRequestOptions {
  const common = commonOptions(headers, limits);
  const { level, fallbacks, timeoutMilliseconds, sessionToken } = common;
  const { context, readRepair, maxStaleness } = headers;
  if (maxStaleness !== undefined) throw invalid('x-max-staleness', 'X-Max-Staleness is for reads');
  if (readRepair !== undefined) throw invalid('x-read-repair', 'X-Read-Repair is for reads');
  if (context !== undefined) checkContext(context);
  return {
    level,
    fallbacks,
    timeoutMilliseconds,
    sessionToken,
    context,
    durability: durabilityOf(headers.durability),
    precondition: preconditionOf(headers.ifMatch, headers.ifNoneMatch),
    idempotencyKey: idempotencyKeyOf(headers.idempotencyKey),
  };
}

/**
 * About the longest text that a context can be: owners at the limit may merge into a larger one,
 * and four characters stand for three bytes.
 */
export function contextCharactersMax({ contextBytesMax }: RequestLimits): number {
  return Math.ceil(1.5 * OWNERS_MAX * contextBytesMax) + SEAL_CHARACTERS;
}

/** Of any length that came through the door: what the cluster has handed out is taken back. */
export function checkContext(context: string): void {
  if (context.length > 0) return;
  throw new OperatingError('invalid_context', 'a context has at least one character');
}

/** Whole seconds. `received` is what the client sent, a number or a text. */
export function checkTtl(seconds: number, field: string, received: unknown): number {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= TTL_SECONDS_MAX) return seconds;
  const message = `a time to live is 1 to ${TTL_SECONDS_MAX} whole seconds, or "keep"`;
  throw invalid(field, message, received);
}

export function ttlOfHeader(text: string | undefined): TtlSeconds {
  if (text === undefined || text === 'keep') return text;
  return checkTtl((parseDuration(text, 's') ?? 0) / 1000, 'x-ttl', text);
}

/** The level that the headers name, by whichever of them; as it was sent. */
export function levelAsked({ level, maxStaleness }: RequestHeaders): string | undefined {
  return level ?? (maxStaleness === undefined ? undefined : BOUNDED);
}

/**
 * `X-Max-Staleness` is the parameter of the level, and names the level where no other is named.
 * @throws OperatingError `invalid_request`
 */
function levelWithin(level: string | undefined, maxStaleness: string | undefined) {
  if (maxStaleness === undefined) return level;
  const asked = parseDuration(maxStaleness, 'ms');
  const refused = (message: string) => invalid('x-max-staleness', message, maxStaleness);
  if (asked === undefined) throw refused('an age is a duration, as 250, 250ms, 5s, 1m');
  if (level === undefined) return `${BOUNDED};max=${maxStaleness}`;
  const [name = '', ...parameters] = level.split(';').map((part) => part.trim().toLowerCase());
  if (name !== BOUNDED) throw refused(`X-Max-Staleness goes with the level ${BOUNDED}`);
  const max = parameters.find((parameter) => parameter.startsWith('max='))?.slice('max='.length);
  if (max === undefined) return `${level};max=${maxStaleness}`;
  if (parseDuration(max, 'ms') === asked) return level;
  throw refused(`the level says max=${max}`);
}

function fallbacksOf(text: string | undefined): readonly string[] {
  if (text === undefined) return NO_FALLBACKS;
  const levels = text.split(',').map((level) => level.trim());
  if (levels.includes('') || levels.length > FALLBACKS_MAX) {
    const message = `name 1 to ${FALLBACKS_MAX} levels, separated by commas`;
    throw invalid('x-consistency-fallback', message, text);
  }
  return levels;
}

function timeoutOf(text: string | undefined, maximum: number): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text, 'ms');
  if (milliseconds !== undefined && milliseconds >= 1 && milliseconds <= maximum)
    return milliseconds;
  throw invalid('x-timeout', `a timeout is 1ms to ${maximum}ms, as 250, 250ms, 5s, 1m`, text);
}

function readRepairOf(text: string | undefined): ReadRepair | undefined {
  if (text === undefined) return undefined;
  const found = READ_REPAIRS.find((name) => name === text.toLowerCase());
  if (found !== undefined) return found;
  throw invalid('x-read-repair', `X-Read-Repair is one of ${READ_REPAIRS.join(', ')}`, text);
}

function durabilityOf(text: string | undefined): Durability | undefined {
  if (text === undefined) return undefined;
  const found = DURABILITIES.find((name) => name === text.toLowerCase());
  if (found !== undefined) return found;
  throw invalid('x-durability', `X-Durability is one of ${DURABILITIES.join(', ')}`, text);
}
