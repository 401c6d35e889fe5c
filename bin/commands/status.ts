/** `quorate status`: the nodes, what each says of itself, and one verdict. */
import { z } from 'zod';
import { bytesText, span } from '../../lib/admin-page/logic/format.js';
import { mendingOf } from '../../lib/admin-page/logic/mending.js';
import { maybeList, maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { advised, type Terminal } from '../terminal.js';
import { table } from '../output.js';

const shape = z.looseObject({
  cluster: maybeText,
  node: maybeText,
  epoch: maybeNumber,
  partitions: maybeNumber,
  replicas_effective: maybeNumber,
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      address: maybeText,
      zone: maybeText,
      state: z.string(),
      report: z
        .looseObject({
          start: maybeNumber,
          uptime_s: maybeNumber,
          partitions_owned: maybeNumber,
          storage: maybeText,
          version: maybeText,
          clock: z
            .looseObject({ sane: z.boolean().default(true), skew_ms: maybeNumber })
            .optional(),
          stored: z
            .looseObject({
              keys: maybeNumber,
              keys_in_conflict: maybeNumber,
              disk_used_bytes: maybeNumber,
              disk_free_bytes: maybeNumber,
            })
            .optional(),
          hints: z.record(z.string(), z.looseObject({ count: maybeNumber })).optional(),
        })
        .optional(),
    }),
  ),
  alerts: maybeList(z.string()),
  clients: z
    .looseObject({
      rate_limit: z
        .looseObject({ max: maybeNumber, window_s: maybeNumber, refused: maybeNumber })
        .optional(),
    })
    .optional(),
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
  const { alerts, verdict } = status;
  const down = status.nodes.find(({ state }) => state === 'down')?.id;
  const [cluster, node, epoch, partitions, copies] = [
    ...[status.cluster, status.node, status.epoch, status.partitions, status.replicas_effective],
  ].map(cellText);
  const rows = status.nodes.map(({ id, state, zone, address, report }) => {
    const known = [id, state, cellText(zone), cellText(address)];
    return report === undefined
      ? [...known, ...HEAD.slice(known.length).map(() => '-')]
      : [...known, ...reported(report)];
  });
  return [
    `${cluster}: ${verdict}, as ${node} sees it (epoch ${epoch}, ${partitions} partitions, `,
    `${copies} copies of each key)\n\n`,
    table(terminal, HEAD, rows),
    advised(terminal, alerts.map((alert) => troubleText(alert, down)).join('')),
    rateLine(status),
  ].join('');
}

/** With what mends it, below it. */
function troubleText(alert: string, down: string | undefined): string {
  const mending = mendingOf(alert, down);
  if (mending === undefined) return `! ${alert}\n`;
  const { command, chapter } = mending;
  return `! ${alert}\n    ${command === undefined ? '' : `${command}   `}see ${chapter}\n`;
}

function rateLine({ node, clients }: Status): string {
  const { max = 0, window_s: window, refused } = clients?.rate_limit ?? {};
  if (max === 0) return '';
  const often = `${max} requests in ${cellText(window)} s a client`;
  return `rate limit: ${often}; ${cellText(node)} has refused ${cellText(refused)}\n`;
}

function reported(report: Report): string[] {
  const { version, partitions_owned, start, uptime_s, clock, storage, stored, hints } = report;
  const held = hints && Object.values(hints).reduce((sum, { count = 0 }) => sum + count, 0);
  const skew = clock?.skew_ms === undefined ? '-' : `${clock.skew_ms} ms`;
  const bytes = [stored?.disk_used_bytes, stored?.disk_free_bytes].map((count) =>
    count === undefined ? '-' : bytesText(count),
  );
  const uptime = uptime_s === undefined ? '-' : span(uptime_s);
  return [
    ...[cellText(version), cellText(partitions_owned), cellText(start), uptime],
    ...[clock?.sane === false ? `${skew} !` : skew, cellText(storage), ...bytes],
    ...[stored?.keys, stored?.keys_in_conflict, held].map(cellText),
  ];
}
