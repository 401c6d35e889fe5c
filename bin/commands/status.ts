/** `quorate status`: the nodes, what each says of itself, and one verdict. */
import { z } from 'zod';
import { MEBIBYTE } from '../../config/units.js';
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
          version: z.string(),
          clock: z.looseObject({ sane: z.boolean(), skew_ms: z.number().optional() }),
          stored: z
            .looseObject({
              keys: z.number(),
              keys_in_conflict: z.number(),
              disk_used_bytes: z.number().optional(),
              disk_free_bytes: z.number().optional(),
            })
            .optional(),
          hints: z.record(z.string(), z.looseObject({ count: z.number() })),
        })
        .optional(),
    }),
  ),
  alerts: z.array(z.string()),
  clients: z.looseObject({
    rate_limit: z.looseObject({ max: z.number(), window_s: z.number(), refused: z.number() }),
  }),
  verdict: z.enum(['ok', 'degraded', 'failing']),
});

type Status = z.infer<typeof shape>;
type Report = NonNullable<Status['nodes'][number]['report']>;

const BY_VERDICT: Readonly<Record<Status['verdict'], ExitCode>> = {
  ok: EXIT.done,
  degraded: EXIT.degraded,
  failing: EXIT.notAvailable,
};

const HEAD = [
  ...['NODE', 'STATE', 'ZONE', 'PEERS', 'VERSION', 'PARTITIONS', 'STARTS', 'UPTIME', 'SKEW'],
  ...['DISK', 'USED', 'FREE', 'KEYS', 'CONFLICTS', 'HINTS'],
];

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
    printControl(invocation, result, views);
    return BY_VERDICT[result.content.verdict];
  },
};

function view(terminal: Terminal, status: Status): string {
  const { cluster, node, epoch, partitions, replicas_effective: copies, alerts, verdict } = status;
  const rows = status.nodes.map(({ id, state, zone, address, report }) => {
    const known = [id, state, zone, address];
    return report === undefined
      ? [...known, ...HEAD.slice(known.length).map(() => '-')]
      : [...known, ...reported(report)];
  });
  return [
    `${cluster}: ${verdict}, as ${node} sees it (epoch ${epoch}, ${partitions} partitions, `,
    `${copies} copies of each key)\n\n`,
    table(terminal, HEAD, rows),
    ...alerts.map((alert) => `! ${alert}\n`),
    rateLine(status),
  ].join('');
}

function rateLine({ node, clients }: Status): string {
  const { max, window_s: window, refused } = clients.rate_limit;
  if (max === 0) return '';
  return `rate limit: ${max} requests in ${window} s a client; ${node} has refused ${refused}\n`;
}

function reported(report: Report): string[] {
  const { version, partitions_owned, start, uptime_s, clock, storage, stored, hints } = report;
  const held = Object.values(hints).reduce((sum, { count }) => sum + count, 0);
  const skew = clock.skew_ms === undefined ? '-' : `${clock.skew_ms}ms`;
  const bytes = [stored?.disk_used_bytes, stored?.disk_free_bytes].map((count) =>
    count === undefined ? '-' : `${Math.ceil(count / MEBIBYTE)}MiB`,
  );
  const counts = [stored?.keys, stored?.keys_in_conflict].map((count) => String(count ?? '-'));
  return [
    ...[version, String(partitions_owned), String(start), `${uptime_s}s`],
    ...[clock.sane ? skew : `${skew} !`, storage, ...bytes, ...counts, String(held)],
  ];
}
