/** `quorate convergence`: how far each node is with exchanges, rebuilds, scrubs and tombstones. */
import { z } from 'zod';
import { maybeList, maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  nodes: z.array(
    z.looseObject({
      node: z.string(),
      exchanges: maybeList(
        z.looseObject({
          peer: z.string(),
          at: maybeText,
          result: maybeText,
          records: maybeNumber,
        }),
      ),
      rebuilding: maybeList(z.number()),
      scrubbed: maybeNumber,
      owned: maybeNumber,
      tombstones: maybeNumber,
      blocked: maybeList(z.looseObject({ reason: z.string(), count: maybeNumber })),
    }),
  ),
  unanswered: maybeList(z.string()),
});

type Report = z.infer<typeof shape>;

const NODES = ['NODE', 'REBUILDING', 'SCRUBBED', 'TOMBSTONES', 'DUE AND KEPT'];
const PAIRS = ['NODE', 'PEER', 'LAST EXCHANGE', 'RESULT', 'RECORDS'];

export const convergenceCommand: CommandRow = {
  name: 'convergence',
  group: 'State of the cluster:',
  example: 'convergence',
  summary: 'show how far each node is: exchanges, rebuilds, scrubs, tombstones',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/convergence', shape);
    return printControl(invocation, result, {
      table: (terminal, report) =>
        [
          table(terminal, NODES, report.nodes.map(upkeepOf)),
          '\n',
          table(terminal, PAIRS, pairsOf(report)),
          ...report.unanswered.map((node) => `! ${node} did not answer\n`),
        ].join(''),
      value: ({ nodes }) => String(nodes.reduce((sum, row) => sum + row.rebuilding.length, 0)),
    });
  },
};

function upkeepOf({
  node,
  rebuilding,
  scrubbed,
  owned,
  tombstones,
  blocked,
}: Report['nodes'][number]) {
  const kept = blocked.map(({ reason, count }) => `${reason} (${cellText(count)})`).join(', ');
  return [
    node,
    String(rebuilding.length),
    `${cellText(scrubbed)} of ${cellText(owned)}`,
    cellText(tombstones),
    kept || '-',
  ];
}

function pairsOf({ nodes }: Report): string[][] {
  return nodes.flatMap(({ node, exchanges }) =>
    exchanges.map(({ peer, at, result, records }) =>
      [node, peer, at, result, records].map(cellText),
    ),
  );
}
