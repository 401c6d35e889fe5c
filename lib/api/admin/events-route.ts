/** What happened lately, over HTTP: the latest events of all nodes (docs/http-api.md, Control). */
import { z } from 'zod';
import { EVENTS_SENT_MAX, type EventsControl } from '../../membership/events.js';
import { parameter, type Query } from '../http/query.js';
import { invalid } from '../http/refusals.js';
import { timeText } from '../http/version-text.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;

const eventsShape = z.strictObject({
  events: z.array(
    z.strictObject({
      node: z.string(),
      /** Rises by one with each event of a life of the node. */
      number: z.number(),
      at: z.iso.datetime(),
      severity: z.enum(['info', 'warn', 'error']),
      event: z.string(),
      fields: z.record(z.string(), z.string()),
      /** So many times in a row; `at` and `fields` are of the last. */
      times: z.number(),
    }),
  ),
  unanswered: z.array(z.string()),
});

export function eventsRoute(events: EventsControl): ControlRoute {
  return {
    method: 'GET',
    path: '/api/v1/cluster/events',
    operationId: 'getEvents',
    tag: 'Cluster',
    summary: `What happened lately, the latest first: up to ${EVENTS_SENT_MAX} events of each node`,
    parameters: [
      {
        name: 'limit',
        in: 'query',
        description: `Most events: 1 to ${LIMIT_MAX}, ${LIMIT_DEFAULT} by default.`,
        schema: { type: 'integer', minimum: 1, maximum: LIMIT_MAX },
      },
    ],
    answers: { 200: { description: 'The events of this life of each node.', schema: eventsShape } },
    handle: async ({ query, timeoutMilliseconds }) => {
      const view = await events.events(limitOf(query), timeoutMilliseconds);
      return jsonReply({
        ...view,
        events: view.events.map((row) => ({ ...row, at: timeText(row.at) })),
      });
    },
  };
}

function limitOf(query: Query): number {
  const text = parameter(query, 'limit');
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw invalid('limit', `"limit" is a whole number from 1 to ${LIMIT_MAX}`, text);
}
