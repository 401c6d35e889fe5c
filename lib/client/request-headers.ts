/** Options of a request as its headers. See docs/http-api.md, Headers. */
import { headerTextOf, timeoutOf } from './arguments.js';
import type { WriteOptions } from './client-options.js';

export function headersOf(options: WriteOptions): Record<string, string> {
  const { level, fallbacks = [], timeoutMilliseconds: timeout, context, durability } = options;
  const { ifMatch, ifNoneMatch, explain, idempotencyKey } = options;
  return headersFrom({
    'x-consistency-level': level === undefined ? undefined : String(level),
    'x-consistency-fallback': fallbacks.length === 0 ? undefined : fallbacks.join(', '),
    'x-timeout': timeout === undefined ? undefined : `${timeoutOf(timeout)}ms`,
    'x-causal-context': context,
    'x-durability': durability,
    'x-explain': explain === true ? '1' : undefined,
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'idempotency-key': idempotencyKey,
  });
}

/** An empty one is refused, not left out: an empty context would be a blind write. */
export function headersFrom(
  rows: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rows).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, headerTextOf(value, name)]],
    ),
  );
}
