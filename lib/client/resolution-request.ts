/** The request that resolves siblings, or shows what that would keep. */
import { ArgumentError, shown, unicodeOf } from './arguments.js';
import type { Resolution } from './client-options.js';
import type { HttpRequest } from './transport.js';
import { jsonOf } from './values.js';

export function resolutionRequest(
  path: string,
  resolution: Resolution,
  context: string,
  headers: Readonly<Record<string, string>>,
): HttpRequest {
  const kind: unknown = resolution?.kind;
  if (kind !== 'value' && kind !== 'strategy') {
    throw new ArgumentError(`a resolution is of kind strategy or value, not ${shown(resolution)}`);
  }
  const how =
    resolution.kind === 'value'
      ? `"value":${jsonOf(resolution.value)}`
      : `"strategy":${JSON.stringify(unicodeOf(resolution.strategy, 'a strategy'))}`;
  const body = `{"context":${JSON.stringify(unicodeOf(context, 'a context'))},${how}}`;
  return {
    method: 'POST',
    path,
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  };
}
