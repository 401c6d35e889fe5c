/** What the document says of the data path, which serves these routes itself (docs/http-api.md). */
import { z } from 'zod';
import { LEVEL_NAMES } from '../../coordination/request/level.js';
import { READ_REPAIRS } from '../../coordination/request/request.js';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from '../http/data-target.js';
import { KEY_BYTES_MAX } from '../http/key-of-path.js';
import { ONCE, READ_RECEIPT, WRITE_RECEIPT } from './answer-header-rows.js';
import type { AnswerHeader } from './answer-header-rows.js';
import { anyJson, listShape, timeToLive, valueShape, writtenShape } from './data-shapes.js';
import { EXPLAIN, explained } from './explain-shape.js';
import type { AnswerRow, ParameterRow, RouteDescription } from './route.js';

const putShape = z.strictObject({
  value: anyJson,
  ttl: timeToLive.optional(),
  context: z.string().min(1).optional(),
});

const KEY_IN_PATH: ParameterRow = {
  name: 'key',
  in: 'path',
  description:
    'One segment, percent-encoded once ("/" as %2F); 1 to 1,024 bytes of UTF-8. Not "." or "..".',
};
const KEY_IN_QUERY: ParameterRow = {
  name: 'key',
  in: 'query',
  description: 'Any key of 1 to 1,024 bytes of UTF-8; a GET without it is a list of keys.',
  schema: { type: 'string', minLength: 1, maxLength: KEY_BYTES_MAX },
};
const header = (
  name: string,
  description: string,
  schema?: ParameterRow['schema'],
): ParameterRow => ({
  name,
  in: 'header',
  description,
  ...(schema === undefined ? {} : { schema }),
});

/** Of any request. */
export const ANY_REQUEST: readonly ParameterRow[] = [
  header('X-Timeout', 'Deadline: 250, 250ms, 5s, 1m; a bare number is milliseconds.'),
  header('X-Request-Id', 'Up to 64 characters, given back in the answer and in logs.'),
];
const COMMON: readonly ParameterRow[] = [
  header(
    'X-Consistency-Level',
    `One of ${LEVEL_NAMES.join(', ')}, or a number of primaries. Sent once. ` +
      'Of bounded-staleness with parameters: bounded-staleness;max=500ms;scope=all.',
  ),
  header('X-Consistency-Fallback', 'Weaker levels to descend to, separated by commas.'),
  header(
    'X-Session-Token',
    'What the session has seen, a floor under the level; two are separated by a comma.',
  ),
  ...ANY_REQUEST,
];
const MAX_STALENESS = header(
  'X-Max-Staleness',
  'The greatest age: the parameter max of bounded-staleness.',
);
const READ_REPAIR = header(
  'X-Read-Repair',
  'When lagging replicas are repaired: before the answer, after it, or not; else by chance.',
  { enum: [...READ_REPAIRS] },
);
/** Of any read of a key. */
export const ANY_READ: readonly ParameterRow[] = [...COMMON, READ_REPAIR, MAX_STALENESS];
const READ: readonly ParameterRow[] = [
  ...ANY_READ,
  header('Accept', 'With application/json stored bytes come as base64 in JSON.'),
  header('If-None-Match', '304 where the value still has this ETag.'),
  {
    name: 'siblings',
    in: 'query',
    description: 'list: always 200, with 0, 1 or more siblings.',
    schema: { type: 'string', const: 'list' },
  },
  {
    name: 'version',
    in: 'query',
    description: 'One version, current or kept; 404 where it is not.',
  },
];
export const ANY_WRITE: readonly ParameterRow[] = [
  header(
    'Idempotency-Key',
    'Applied once, however often it is sent: 1 to 255 visible characters, fresh for each write.',
  ),
  header('X-Durability', 'What an acknowledgement means.', { enum: ['sync', 'os', 'memory'] }),
];
const CONDITIONS: readonly ParameterRow[] = [
  header(
    'If-Match',
    'Writes only if the value has one of these ETags, or is one of these versions; *: any value. ' +
      'Atomic: it implies the level strong.',
  ),
  header('If-None-Match', '*: writes only if there is no value. The same.', {
    type: 'string',
    const: '*',
  }),
];
/** Of a write that takes no condition. */
export const UNCONDITIONAL: readonly ParameterRow[] = [
  ...COMMON,
  ...EXPLAIN,
  header('X-Causal-Context', 'What the writer has seen: the context of an earlier answer.'),
  ...ANY_WRITE,
];
const WRITE: readonly ParameterRow[] = [...UNCONDITIONAL, ...CONDITIONS];
const PUT: readonly ParameterRow[] = [
  ...WRITE,
  header('X-TTL', 'Time to live in whole seconds, or with m or h, or "keep".'),
  header('X-Raw', '1: stores the bytes of a form or text as they are.', {
    type: 'string',
    const: '1',
  }),
];

/** Of examples. */
export const CONTEXT = 'MHeGKKvBEenmuYfalgIBy0MZhcIn6OsgAbFuMS4x';
const WRITTEN_EXAMPLE = {
  ...{ key: 'cart', version: 'n1.1.2c23612aaf05.2', context: CONTEXT },
  replaced: ['n1.1.2c23612aaf05.1'],
};
const VALUE_EXAMPLE = {
  ...{ key: 'cart', value: { apples: 3 }, version: 'n1.1.2c23612aaf05.2', context: CONTEXT },
  written_at: '2026-05-04T10:02:11.402Z',
};
const PUT_EXAMPLE = { value: { apples: 3 } };
const LIST: readonly ParameterRow[] = [
  {
    name: 'prefix',
    in: 'query',
    description: 'Without a key: lists the keys that begin so, in order; all without it.',
    schema: { type: 'string', maxLength: KEY_BYTES_MAX },
  },
  {
    name: 'limit',
    in: 'query',
    description: `Of a list: most keys of a page, ${LIST_LIMIT_DEFAULT} by default.`,
    schema: { type: 'integer', minimum: 1, maximum: LIST_LIMIT_MAX },
  },
  { name: 'cursor', in: 'query', description: 'Of a list: that of the page before.' },
  {
    name: 'values',
    in: 'query',
    description: '1: a list with what each key holds.',
    schema: { type: 'string', const: '1' },
  },
];
const keysShape = z.strictObject({
  keys: z.array(z.string()),
  /** Of the next page. */
  cursor: z.string().optional(),
  ...explained,
});
const itemsShape = z.strictObject({
  items: z.array(z.union([valueShape, listShape])),
  cursor: z.string().optional(),
  ...explained,
});

/** Where the cluster has a rate limit. */
export const LIMITED: AnswerRow = {
  description: 'The client asks more than its rate limit allows: nothing has happened.',
};

/** Of a write that takes no condition. */
export const WRITTEN: Readonly<Record<number, AnswerRow>> = {
  200: {
    description: 'Written, as durably as the level asks.',
    schema: writtenShape,
    headers: [...WRITE_RECEIPT, 'ETag'],
    example: WRITTEN_EXAMPLE,
  },
  409: {
    description: 'A context is required (`blind_writes: refuse`), or the operation was ended.',
    headers: ONCE,
  },
  422: { description: 'The Idempotency-Key stands for another request.' },
  429: LIMITED,
  503: { description: 'The level was not reached; `outcome` says whether it may still surface.' },
};
const WRITTEN_IF: Readonly<Record<number, AnswerRow>> = {
  ...WRITTEN,
  412: {
    description:
      'The condition does not hold: nothing happened. Version, ETag, context of what is there.',
    headers: ['ETag', 'X-Causal-Context', ...ONCE],
  },
};
/** Of a value; a list of siblings (`siblings=list`) says how many. */
const OF_VALUE: readonly AnswerHeader[] = [
  ...READ_RECEIPT,
  ...(['ETag', 'X-Siblings', 'X-Written-At', 'X-Expires-At'] as const),
];
const NOT_MODIFIED: AnswerRow = {
  description: 'Not modified.',
  headers: [...READ_RECEIPT, 'ETag'],
};
const READ_ANSWERS: Readonly<Record<number, AnswerRow>> = {
  200: {
    description: 'The value; bytes that are not JSON come back as they were stored.',
    schema: z.union([valueShape, listShape]),
    isAnyType: true,
    headers: OF_VALUE,
    example: VALUE_EXAMPLE,
  },
  304: NOT_MODIFIED,
  404: {
    description: 'No value, seen at the level; with a context for the first write.',
    headers: READ_RECEIPT,
  },
  409: {
    description: 'Several siblings, all in the body (`siblings`).',
    headers: [...READ_RECEIPT, 'X-Siblings'],
  },
  429: LIMITED,
  503: { description: 'The level was not reached.' },
};

const VALUE_OR_LIST: AnswerRow = {
  description: 'With `key` its value; without it a page of keys, and `cursor` where more follow.',
  schema: z.union([valueShape, listShape, keysShape, itemsShape]),
  isAnyType: true,
  headers: OF_VALUE,
  example: { keys: ['user:1', 'user:2'], cursor: CONTEXT },
};

export const PATHS = [
  { path: '/api/v1/kv/:key', key: KEY_IN_PATH, suffix: '', of: 'a key' },
  { path: '/api/v1/kv', key: KEY_IN_QUERY, suffix: 'Any', of: 'any key' },
] as const;

export const DATA_ROUTES: readonly RouteDescription[] = [
  ...PATHS.flatMap(({ path, key, suffix, of }): RouteDescription[] => [
    {
      method: 'GET',
      path,
      operationId: `get${suffix}Value`,
      tag: 'Keys',
      summary: `The value of ${of}`,
      parameters: [key, ...READ, ...EXPLAIN, ...(suffix === '' ? [] : LIST)],
      answers: suffix === '' ? READ_ANSWERS : { ...READ_ANSWERS, 200: VALUE_OR_LIST },
    },
    {
      method: 'HEAD',
      path,
      operationId: `head${suffix}Value`,
      tag: 'Keys',
      summary: `The headers of the value of ${of}`,
      parameters: [key, ...READ],
      answers: {
        200: { description: 'There is one value.', headers: OF_VALUE },
        304: NOT_MODIFIED,
        404: { description: 'There is none.', headers: READ_RECEIPT },
        409: { description: 'There are siblings.', headers: [...READ_RECEIPT, 'X-Siblings'] },
      },
    },
    {
      method: 'PUT',
      path,
      operationId: `put${suffix}Value`,
      tag: 'Keys',
      summary: `Writes ${of}: a JSON value, or bytes of any other type`,
      parameters: [key, ...PUT],
      body: { 'application/json': putShape, 'application/octet-stream': undefined },
      bodyExample: PUT_EXAMPLE,
      answers: {
        ...WRITTEN_IF,
        413: { description: 'The value is too large.' },
        415: {
          description: 'A type that clients send by default; `detail` has the right command.',
        },
      },
    },
    {
      method: 'DELETE',
      path,
      operationId: `delete${suffix}Value`,
      tag: 'Keys',
      summary: `Deletes ${of}: a write like any other`,
      parameters: [key, ...WRITE],
      answers: WRITTEN_IF,
    },
  ]),
];
