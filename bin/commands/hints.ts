/** `quorate hints`: what waits for absent nodes, and why. */
import { z } from 'zod';
import { maybeList, maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  hints: z.array(
    z.looseObject({
      holder: z.string(),
      target: z.string(),
      count: z.number(),
      bytes: maybeNumber,
      oldest: maybeText,
      estimated_end: maybeText,
      reason: maybeText,
    }),
  ),
  unanswered: maybeList(z.string()),
});

const HEAD = ['HOLDER', 'TARGET', 'HINTS', 'BYTES', 'OLDEST', 'END', 'WHY'];

export const hintsCommand: CommandRow = {
  name: 'hints',
  group: 'State of the cluster:',
  example: 'hints',
  summary: 'show what waits for absent nodes, and why',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/hints', shape);
    return printControl(invocation, result, {
      table: (terminal, { hints, unanswered }) =>
        [
          table(
            terminal,
            HEAD,
            hints.map(({ holder, target, count, bytes, oldest, estimated_end: end, reason }) =>
              [holder, target, count, bytes, oldest, end, reason].map(cellText),
            ),
          ),
          ...unanswered.map((node) => `! ${node} did not say what it holds\n`),
        ].join(''),
      value: ({ hints }) => String(hints.reduce((sum, { count }) => sum + count, 0)),
    });
  },
};
