/** `quorate events`: what happened lately to every node. */
import { z } from 'zod';
import { maybeList, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  events: z.array(
    z.looseObject({
      node: z.string(),
      at: maybeText,
      severity: maybeText,
      event: z.string(),
      fields: z.record(z.string(), z.unknown()).default({}),
      times: z.number().default(1),
    }),
  ),
  unanswered: maybeList(z.string()),
});

const LIMIT_MAX = 1000;

export const eventsCommand: CommandRow = {
  name: 'events',
  group: 'State of the cluster:',
  example: 'events',
  summary: 'show what happened lately to every node, the latest first',
  options: [
    {
      flags: '--limit <count>',
      variable: 'QUORATE_EVENTS_LIMIT',
      summary: 'most events',
      default: '50',
    },
    ...CONTROL_OPTIONS,
  ],
  run: async (invocation) => {
    const limit = invocation.options.integer('limit', { minimum: 1, maximum: LIMIT_MAX });
    const client = await clientOf(invocation.options);
    const path = `/api/v1/cluster/events?limit=${limit}`;
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { events, unanswered }) => {
        const rows = events.map(({ node, at, severity, event, fields, times }) => [
          ...[
            cellText(at),
            node,
            cellText(severity),
            times > 1 ? `${event} (${times} times)` : event,
          ],
          Object.entries(fields)
            .map(([name, value]) => `${name}=${String(value)}`)
            .join(' '),
        ]);
        const silent = unanswered.map((node) => `! ${node} did not say what happened to it\n`);
        const head = ['AT', 'NODE', 'SEVERITY', 'EVENT', 'MORE'];
        return [table(terminal, head, rows), ...silent].join('');
      },
      value: ({ events }) =>
        events.map(({ at, node, event }) => `${cellText(at)} ${node} ${event}`).join('\n'),
    });
  },
};
