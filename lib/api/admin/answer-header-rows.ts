/** Headers of answers, as the OpenAPI document describes them (docs/http-api.md). */

export interface AnswerHeaderRow {
  readonly description: string;
  readonly example: string;
}

export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'Of the request, or made for it; logs and problems have it too.',
    example: '14a6f4ad2eb9b643',
  },
  'X-Consistency-Achieved': {
    description: 'The level that was truly reached: that of the request, or a fallback.',
    example: 'quorum',
  },
  'X-Replicas': {
    description: 'How many replicas answered, of how many that were asked.',
    example: '2/3',
  },
  'X-Staleness-Bound': {
    description: 'At bounded-staleness: it shows all that was acknowledged so many ms before.',
    example: '240; scope=all',
  },
  'X-Causal-Context': {
    description:
      'What has been seen: to be sent with the next write of this key. Where it is longer than ' +
      '4,096 characters and the body has it too, the body alone has it.',
    example: 'MHeGKKvBEenmuYfalgIBy0MZhcIn6OsgAbFuMS4x',
  },
  'X-Durability': {
    description: 'What the acknowledgement means: synced, given to the system, or in memory.',
    example: 'sync',
  },
  'X-Operation-Id': {
    description: 'Of a write with an Idempotency-Key: what became of it is asked for by this.',
    example: '8e03978e-40d5-43e8-bc93-6894a57f9324',
  },
  'Idempotent-Replayed': {
    description: 'An earlier request with this Idempotency-Key had begun the write.',
    example: 'true',
  },
  'X-Session-Token': {
    description: 'Of a session: what it has seen by now, to be sent with its next request.',
    example: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e',
  },
  'X-Written-At': {
    description: 'Of stored bytes: when they were written.',
    example: '2026-05-04T10:02:11.402Z',
  },
  'X-Expires-At': {
    description: 'Of stored bytes that have an end: when.',
    example: '2026-05-04T11:02:11.402Z',
  },
  ETag: {
    description: 'Of these very bytes, for If-None-Match; of settings, for If-Match.',
    example: '"n1.1.2c23612aaf05.1:MHeGKKvB"',
  },
  'X-Siblings': { description: 'How many values there are.', example: '2' },
  'Retry-After': { description: 'In seconds: it may be better then.', example: '1' },
  RateLimit: {
    description:
      'Where there is a limit: requests that are left, and seconds until there are more.',
    example: '"client";r=19;t=1',
  },
  'RateLimit-Policy': {
    description: 'Where there is a limit: requests in a window of so many seconds.',
    example: '"client";q=20;w=1',
  },
  Allow: { description: 'The methods of the resource.', example: 'GET, HEAD, PUT, DELETE' },
  Location: { description: 'Where to go on.', example: '/docs' },
} as const satisfies Record<string, AnswerHeaderRow>;

export type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** Of every answer to a read, and to a write, of a key. */
const RECEIPT: readonly AnswerHeader[] = [
  'X-Consistency-Achieved',
  'X-Replicas',
  'X-Causal-Context',
  'X-Session-Token',
];
/** The same of a read. */
export const READ_RECEIPT: readonly AnswerHeader[] = [...RECEIPT, 'X-Staleness-Bound'];
/** Of a write that an Idempotency-Key names, whatever was answered. */
export const ONCE: readonly AnswerHeader[] = ['X-Operation-Id', 'Idempotent-Replayed'];
/** The same of a write. */
export const WRITE_RECEIPT: readonly AnswerHeader[] = [...RECEIPT, 'X-Durability', ...ONCE];
/** Of any answer about keys, where the cluster or the namespace has a rate limit. */
export const RATE: readonly AnswerHeader[] = ['RateLimit', 'RateLimit-Policy'];
