/** What the clients of a simulation ask for, as HTTP requests (docs/http-api.md). */
import { DEFAULT_NAMESPACE } from '../../lib/partitioning/namespace.js';
import { askedNamespace, placeOf } from './key-names.js';
import type { SimulatedSession } from './simulated-session.js';
import type { HttpRequest } from './http-answers.js';

export interface Addressed {
  /** As histories name it. */
  readonly key: string;
  /** As it is sent; undefined: the default of the cluster. */
  readonly level: string | undefined;
  readonly fallbacks: readonly string[];
  readonly timeoutMilliseconds: number;
  /** The key as `?key=`, and not as a part of the path. */
  readonly inQuery: boolean;
  /** Whose tokens are sent, and take what is answered; undefined: none are. */
  readonly session?: SimulatedSession | undefined;
  /** It asks how its answer comes about, in this way. */
  readonly explains?: 'query' | 'header' | undefined;
}

export interface ReadRequest extends Addressed {
  readonly readRepair: 'await' | 'async' | 'none' | undefined;
  /** `?siblings=list` */
  readonly asList: boolean;
}

export type Durability = 'sync' | 'os' | 'memory';

/** What there must be for a write to take effect. */
export type Condition =
  | { readonly is: 'absent' }
  | { readonly is: 'version'; readonly version: string };

export interface WriteRequest extends Addressed {
  /** Undefined: a delete. */
  readonly value: { readonly text: string; readonly isJson: boolean } | undefined;
  readonly ttl: number | 'keep' | undefined;
  readonly context: string | undefined;
  readonly durability: Durability;
  /** What it is where the request does not say; undefined: `sync`. */
  readonly byDefault?: Durability | 'mixed' | undefined;
  readonly condition?: Condition | undefined;
}

export function getRequest(request: ReadRequest): HttpRequest {
  const { readRepair, asList } = request;
  const query = asList ? 'siblings=list' : '';
  const headers = { ...common(request), ...optional('X-Read-Repair', readRepair) };
  return { method: 'GET', path: pathOf(request, '', query), headers, body: undefined };
}

export function putRequest(request: WriteRequest): HttpRequest {
  const { value, ttl, context, condition } = request;
  const headers = {
    ...common(request),
    ...optional('If-None-Match', condition?.is === 'absent' ? '*' : undefined),
    ...optional('If-Match', condition?.is === 'version' ? `"${condition.version}"` : undefined),
    ...optional('X-Durability', durabilityToSay(request)),
  };
  const path = pathOf(request, '', '');
  const inHeaders = { ...headers, ...optional('X-Causal-Context', context) };
  if (value === undefined) return { method: 'DELETE', path, headers: inHeaders, body: undefined };
  if (!value.isJson) {
    const typed = { ...inHeaders, ...optional('X-TTL', ttl), 'Content-Type': 'text/plain' };
    return { method: 'PUT', path, headers: typed, body: value.text };
  }
  const members = [`"value":${value.text}`];
  if (ttl !== undefined) members.push(`"ttl":${JSON.stringify(ttl)}`);
  if (context !== undefined) members.push(`"context":${JSON.stringify(context)}`);
  const json = { ...headers, 'Content-Type': 'application/json' };
  return { method: 'PUT', path, headers: json, body: `{${members.join(',')}}` };
}

/** `conflicts`, or `versions`. */
export function lookRequest(request: Addressed, resource: string): HttpRequest {
  const path = pathOf(request, `/${resource}`, '');
  return { method: 'GET', path, headers: common(request), body: undefined };
}

export function versionRequest(request: Addressed, version: string): HttpRequest {
  const path = pathOf(request, '', `version=${encodeURIComponent(version)}`);
  return { method: 'GET', path, headers: common(request), body: undefined };
}

/** @param by a strategy, or JSON text */
export function resolveRequest(
  request: Addressed,
  context: string,
  by: { readonly strategy: string } | { readonly value: string },
): HttpRequest {
  const how = 'strategy' in by ? `"strategy":"${by.strategy}"` : `"value":${by.value}`;
  return {
    method: 'POST',
    path: pathOf(request, '/conflicts/resolve', ''),
    headers: { ...common(request), 'Content-Type': 'application/json' },
    body: `{"context":${JSON.stringify(context)},${how}}`,
  };
}

/** Reads and writes of several keys in one request. What holds for all is taken from the first. */
export function batchRequest(
  operations: readonly (ReadRequest | WriteRequest)[],
  {
    timeoutMilliseconds,
    durability,
    session,
    byDefault,
  }: Pick<WriteRequest, 'timeoutMilliseconds' | 'durability' | 'session' | 'byDefault'>,
): HttpRequest {
  const common = commonNamespace(operations.map(({ key }) => key));
  const rows = operations.map((operation) => {
    const { level } = operation;
    const { namespace, key } = placeOf(operation.key);
    const named = [`"key":${JSON.stringify(key)}`];
    if (namespace !== common) named.push(`"namespace":"${askedNamespace(namespace)}"`);
    if (level !== undefined) named.push(`"level":${JSON.stringify(level)}`);
    if (!('durability' in operation)) return `{"op":"get",${named.join(',')}}`;
    const { value, ttl, context, condition } = operation;
    if (context !== undefined) named.push(`"context":${JSON.stringify(context)}`);
    if (condition?.is === 'absent') named.push('"if_none_match":"*"');
    if (condition?.is === 'version')
      named.push(`"if_match":${JSON.stringify(`"${condition.version}"`)}`);
    if (value === undefined) return `{"op":"delete",${named.join(',')}}`;
    if (ttl !== undefined) named.push(`"ttl":${JSON.stringify(ttl)}`);
    named.push(value.isJson ? `"value":${value.text}` : base64Members(value.text));
    return `{"op":"put",${named.join(',')}}`;
  });
  return {
    method: 'POST',
    path: `${rootOf(common)}/batch`,
    headers: {
      'Content-Type': 'application/json',
      'X-Timeout': `${timeoutMilliseconds}ms`,
      ...optional('X-Session-Token', session?.header),
      ...optional('X-Durability', durabilityToSay({ durability, byDefault })),
    },
    body: `{"operations":[${rows.join(',')}]}`,
  };
}

function base64Members(text: string): string {
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  return `"value_base64":"${base64}","content_type":"text/plain"`;
}

function durabilityToSay({
  durability,
  byDefault = 'sync',
}: Pick<WriteRequest, 'durability' | 'byDefault'>): Durability | undefined {
  return durability === byDefault ? undefined : durability;
}

const SESSION_LEVELS: ReadonlySet<string> = new Set(['session', 'causal']);

/** What an acknowledgement means. By default one of a session is synced, whatever is the rule. */
export function durabilityOf({
  durability,
  byDefault = 'sync',
  level,
  session,
}: Addressed & Pick<WriteRequest, 'durability' | 'byDefault'>): Durability {
  if (durability !== byDefault) return durability;
  const isOfSession = session?.header !== undefined || SESSION_LEVELS.has(levelNameOf(level ?? ''));
  return isOfSession ? 'sync' : durability;
}

/** Where the keys of a namespace are asked for. @param namespace as it is stored */
export function rootOf(namespace: string): string {
  if (namespace === DEFAULT_NAMESPACE) return '/api/v1';
  return `/api/v1/namespaces/${askedNamespace(namespace)}`;
}

/** A batch of keys of one namespace is sent there. */
function commonNamespace(keys: readonly string[]): string {
  const [first = DEFAULT_NAMESPACE, ...others] = new Set(keys.map((key) => placeOf(key).namespace));
  return others.length === 0 ? first : DEFAULT_NAMESPACE;
}

function pathOf(
  { key: name, inQuery, explains }: Addressed,
  resource: string,
  query: string,
): string {
  const { namespace, key } = placeOf(name);
  const root = `${rootOf(namespace)}/kv`;
  const text = encodeURIComponent(key);
  const parts = [
    ...(inQuery ? [`key=${text}`] : []),
    ...(query === '' ? [] : [query]),
    ...(explains === 'query' ? ['explain=1'] : []),
  ];
  const path = inQuery ? `${root}${resource}` : `${root}/${text}${resource}`;
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** @param request the tokens are those that its session holds at this moment */
function common({
  level,
  fallbacks,
  timeoutMilliseconds,
  session,
  explains,
}: Addressed): Record<string, string> {
  return {
    ...optional('X-Explain', explains === 'header' ? 1 : undefined),
    ...optional('X-Session-Token', session?.header),
    ...optional('X-Consistency-Level', level),
    ...optional('X-Consistency-Fallback', fallbacks.length > 0 ? fallbacks.join(', ') : undefined),
    'X-Timeout': `${timeoutMilliseconds}ms`,
  };
}

function optional(name: string, value: string | number | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: String(value) };
}

/** As answers name it: without its parameters. */
export function levelNameOf(level: string): string {
  return (level.split(';')[0] ?? level).trim().toLowerCase();
}
