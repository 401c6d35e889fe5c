/** `quorate convergence`: how far each node is with exchanges, rebuilds, scrubs and tombstones. */
import { z } from 'zod';
import { optionalList, optionalNumber, optionalText, shown } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  nodes: z.array(
    z.looseObject({
      node: z.string(),
      exchanges: optionalList(
        z.looseObject({
          peer: z.string(),
          at: optionalText,
          result: optionalText,
          records: optionalNumber,
        }),
      ),
      rebuilding: optionalList(z.number()),
      scrubbed: optionalNumber,
      owned: optionalNumber,
      tombstones: optionalNumber,
      blocked: optionalList(z.looseObject({ reason: z.string(), count: optionalNumber })),
    }),
  ),
  unanswered: optionalList(z.string()),
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
  const kept = blocked.map(({ reason, count }) => `${reason} (${shown(count)})`).join(', ');
  return [
    node,
    String(rebuilding.length),
    `${shown(scrubbed)} of ${shown(owned)}`,
    shown(tombstones),
    kept || '-',
  ];
}

function pairsOf({ nodes }: Report): string[][] {
  return nodes.flatMap(({ node, exchanges }) =>
    exchanges.map(({ peer, at, result, records }) => [node, peer, at, result, records].map(shown)),
  );
}
