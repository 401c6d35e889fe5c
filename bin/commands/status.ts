/** `quorate status`: the nodes, what each says of itself, and one verdict. */
import { z } from 'zod';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { table } from '../output.js';

const shape = z.looseObject({
  cluster: z.string(),
  node: z.string(),
  epoch: z.number(),
  partitions: z.number(),
  replicas_effective: z.number(),
  partitions_under_replicated: z.number(),
  partitions_without_quorum: z.number(),
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      address: z.string(),
      zone: z.string(),
      state: z.string(),
      report: z
        .looseObject({
          start: z.number(),
          uptime_s: z.number(),
          partitions_owned: z.number(),
          storage: z.string(),
          hints: z.record(z.string(), z.looseObject({ count: z.number() })),
        })
        .optional(),
    }),
  ),
  alerts: z.array(z.string()),
  verdict: z.enum(['ok', 'degraded', 'failing']),
});

type Status = z.infer<typeof shape>;

const BY_VERDICT: Readonly<Record<Status['verdict'], ExitCode>> = {
  ok: EXIT.done,
  degraded: EXIT.degraded,
  failing: EXIT.notAvailable,
};

const HEAD = ['NODE', 'STATE', 'ZONE', 'PEERS', 'PARTITIONS', 'STARTS', 'UPTIME', 'DISK', 'HINTS'];

export const statusCommand: CommandRow = {
  name: 'status',
  group: 'State of the cluster:',
  example: 'status --endpoint 127.0.0.1:8091',
  summary: 'show the nodes of the cluster and a verdict, which is the exit status too',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/status', shape);
    const views = { table: view, value: ({ verdict }: Status) => verdict };
    const printed = printControl(invocation, result, views);
    return result.kind === 'problem' ? printed : BY_VERDICT[result.content.verdict];
  },
};

function view(terminal: Terminal, status: Status): string {
  const { cluster, node, epoch, partitions, replicas_effective: copies, alerts, verdict } = status;
  const rows = status.nodes.map(({ id, state, zone, address, report }) => {
    if (report === undefined) return [id, state, zone, address, '-', '-', '-', '-', '-'];
    const { partitions_owned, start, uptime_s, storage, hints } = report;
    const held = Object.values(hints).reduce((sum, { count }) => sum + count, 0);
    const numbers = [partitions_owned, start].map(String);
    return [id, state, zone, address, ...numbers, `${uptime_s}s`, storage, String(held)];
  });
  return [
    `${cluster}: ${verdict}, as ${node} sees it (epoch ${epoch}, ${partitions} partitions, `,
    `${copies} copies of each key)\n\n`,
    table(terminal, HEAD, rows),
    ...alerts.map((alert) => `! ${alert}\n`),
  ].join('');
}
