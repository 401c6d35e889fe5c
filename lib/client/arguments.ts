/** What callers hand in, checked before anything is sent: at run time types hold nothing. */

/** A value that the client cannot send as it is meant. Nothing was sent. */
export class ArgumentError extends TypeError {
  override readonly name = 'ArgumentError';
}

/** What a header may hold for certain. */
const PRINTABLE = /^[\x20-\x7e]+$/;
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

/** One JSON text, as it was written. It is put into another: a second one would be members. */
export function jsonTextOf(text: unknown): string {
  const whole = unicodeOf(text, 'the text of a value');
  try {
    JSON.parse(whole);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new ArgumentError(`the text of a value is not one JSON text: ${reason}`);
  }
  return whole;
}

export function keyOf(key: unknown): string {
  const text = unicodeOf(key, 'a key');
  if (text === '') throw new ArgumentError('a key has at least one character');
  return text;
}

/** @param what names it in the error */
export function headerTextOf(value: unknown, what: string): string {
  if (typeof value === 'string' && PRINTABLE.test(value)) return value;
  throw new ArgumentError(
    `${what} is printable ASCII, at least one character, not ${shown(value)}`,
  );
}

/** A string without half characters, which UTF-8 cannot hold. */
export function unicodeOf(value: unknown, what: string): string {
  if (typeof value !== 'string')
    throw new ArgumentError(`${what} is a string, not ${shown(value)}`);
  if (value.isWellFormed()) return value;
  throw new ArgumentError(`${what} holds half of a surrogate pair: ${shown(value)}`);
}

/** What timers hold, with room for the way of an answer: 23 days. */
const TIMEOUT_MAX_MILLISECONDS = 2_000_000_000;

/** Milliseconds. */
export function timeoutOf(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= TIMEOUT_MAX_MILLISECONDS) return value;
  const most = TIMEOUT_MAX_MILLISECONDS;
  throw new ArgumentError(
    `timeoutMilliseconds is a number above 0, at most ${most}, not ${shown(value)}`,
  );
}

export function checkFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return;
  throw new ArgumentError(`${what} is a function, not ${shown(value)}`);
}

/** Origins of nodes. */
export function endpointsOf(endpoints: unknown): string[] {
  const list: unknown[] = Array.isArray(endpoints) ? endpoints : [];
  if (list.length === 0) {
    throw new ArgumentError("endpoints is a list: ['http://127.0.0.1:8090'], or several of them");
  }
  return list.map((endpoint) => {
    const text = typeof endpoint === 'string' ? endpoint : '';
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isOrigin = url?.pathname === '/' && url.search === '' && SCHEMES.has(url.protocol);
    if (isOrigin) return url.origin;
    throw new ArgumentError(`an endpoint is http://host:port, not ${shown(endpoint)}`);
  });
}

const SHOWN_LENGTH_MAX = 60;

/** For messages: short, and never a failure itself. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an object${namesOf(value)}`;
  }
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX))
    : String(value).slice(0, SHOWN_LENGTH_MAX);
}

function namesOf(value: object): string {
  const { name } = (value.constructor ?? {}) as { readonly name?: unknown };
  if (typeof name === 'string' && name !== 'Object' && name !== '') {
    return ` of class ${name.slice(0, SHOWN_LENGTH_MAX)}`;
  }
  const names = Object.keys(value).join(', ').slice(0, SHOWN_LENGTH_MAX);
  return ` with ${names === '' ? 'no members' : names}`;
}
