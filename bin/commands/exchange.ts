/** `quorate exchange`: compares all nodes with each other now, and repairs what differs. */
import { z } from 'zod';
import { maybeList, maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';
import { showElapsed } from '../progress.js';

const shape = z.looseObject({
  nodes: z.array(
    z.looseObject({
      node: z.string(),
      error: maybeText,
      peers: maybeList(
        z.looseObject({
          peer: z.string(),
          error: maybeText,
          records: maybeNumber,
          bytes: maybeNumber,
          differences: maybeNumber,
        }),
      ),
    }),
  ),
});

export const exchangeCommand: CommandRow = {
  name: 'exchange',
  group: 'State of the cluster:',
  example: 'exchange --dry-run',
  summary: 'compare all nodes with each other now, and repair what differs',
  options: [
    {
      flags: '--partition <number>',
      variable: 'QUORATE_EXCHANGE_PARTITION',
      summary: 'only this partition',
    },
    {
      flags: '--dry-run',
      variable: 'QUORATE_EXCHANGE_DRY_RUN',
      summary: 'list what differs (-o json has the keys), change nothing',
    },
    ...CONTROL_OPTIONS,
  ],
  run: async (invocation) => {
    const { options } = invocation;
    const client = await clientOf(options);
    const path = `/api/v1/cluster/exchange${options.isSet('dryRun') ? '?dry_run=1' : ''}`;
    const limits = { minimum: 0, maximum: PARTITIONS_MAX };
    const partition =
      options.text('partition') === undefined ? undefined : options.integer('partition', limits);
    const endProgress = showElapsed(invocation.terminal, 'all nodes compare what they hold');
    const result = await client.control('POST', path, shape, { partition }).finally(endProgress);
    return printControl(invocation, result, {
      table: (terminal, { nodes }) =>
        table(
          terminal,
          ['NODE', 'PEER', 'TAKEN', 'BYTES', 'DIFFERENCES', 'ERROR'],
          nodes.flatMap(({ node, error, peers }) =>
            error !== undefined
              ? [[node, '-', '-', '-', '-', error]]
              : peers.map(({ peer, records, bytes, differences, error: why = '' }) =>
                  [node, peer, records, bytes, differences, why].map(cellText),
                ),
          ),
        ),
      value: ({ nodes }) => {
        const all = nodes.flatMap(({ peers }) => peers);
        return String(all.reduce((sum, { differences }) => sum + (differences ?? 0), 0));
      },
    });
  },
};

/** Q at most, less one. */
const PARTITIONS_MAX = 4095;
