/**
 * A sample of every message: each optional or nullable field with and without its value. A further
 * sample goes behind those of its list: their place is their name.
 */
import * as antiEntropy from '../../../lib/anti-entropy/messages.js';
import * as coordination from '../../../lib/coordination/wire/messages.js';
import * as strong from '../../../lib/coordination/strong/strong-messages.js';
import * as handoff from '../../../lib/hints/messages.js';
import type { NodeReport } from '../../../lib/membership/cluster-types.js';
import * as membership from '../../../lib/membership/messages.js';
import * as staleness from '../../../lib/staleness/messages.js';
import { type MessageSamples, samples } from './samples.js';
import { STALENESS_SAMPLES } from './staleness-samples.js';
import { STRONG_SAMPLES } from './strong-samples.js';

/** Everything that these folders export as a message. */
export const MESSAGE_FOLDERS = {
  ...{ antiEntropy, coordination, handoff, membership, staleness, strong },
};

const address = { namespace: 'default', key: 'clé' };
const record = Uint8Array.of(1, 2, 3, 255);
const empty = new Uint8Array(0);
const WRITER = 'n1.1.0123456789ab';
const dots = [{ writer: WRITER, n: 7 }];
const clock: [string, number, number[]][] = [
  [WRITER, 12, [1, 2, 300, 70_000]],
  ['n2.3k.ba9876543210', 2 ** 33, []],
];
const sightings: membership.Sighting[] = [['n2', '018bcfe56800-01', 'h2:9080', 12.5, 70_000]];
const acknowledgement = { start: 3, commit: 2 ** 40 };
const WRITTEN_AT = 1_700_000_000_000 * 2 ** 12;
const version = `${WRITER}:7`;
const dropped = {
  version,
  contentType: 'text/plain',
  value: record,
  bytes: 4,
  writtenAt: WRITTEN_AT,
};
const audit = {
  at: 1_700_000_000_000,
  strategy: 'last-writer',
  by: 'read',
  kept: version,
  dropped: [dropped, { ...dropped, value: null }],
};
const plainSettings = {
  fields: [
    ['versions_kept', 3, [1, 'n1']],
    ['default_level', 'quorum', [0, '']],
  ] as [string, unknown, [number, string]][],
  history: [{ version: '1-0a', at: 1_700_000_000_000, node: 'n1', by: 'ana', changed: {} }],
};
const report: NodeReport = {
  id: 'n1',
  version: '0.1.0',
  start: 3,
  uptime_s: 12.5,
  epoch: 1,
  ring_hash: '0a1b',
  settings_version: '1-0a',
  partitions_owned: 64,
  hints: { n2: { count: 1, bytes: 300 } },
  storage: 'ok',
  stored: { keys: 7, keys_in_conflict: 1, disk_used_bytes: 4096, disk_free_bytes: undefined },
  clock: { sane: true, skew_ms: -1.5 },
  sees: { n2: 'up', n3: 'down' },
  identity: [],
};
const exchangeReport = { peer: 'n2', error: null, records: 2, bytes: 600, differences: 1 };
const differing = { ...address, partition: 5, here: 'n1:7', there: '' };
const hints = { holder: 'n1', target: 'n2', count: 2, bytes: 600, reason: 'n2 is down' };

const ANTI_ENTROPY = [
  samples(
    antiEntropy.COMPARE,
    [
      { clocks: 7, rootsOf: [1, 300] },
      { clocks: 2 ** 32 - 1, rootsOf: null },
    ],
    [
      { clocks: [], root: record, roots: [] },
      { clocks: [[1, 2]], root: null, roots: [[1, 2, record]] },
    ],
  ),
  samples(antiEntropy.ROOTS, [{}], [{ roots: [[1, 2, record]] }]),
  samples(antiEntropy.CLOCKS, [{ partitions: [1, 2] }], [{ clocks: [[1, clock]] }]),
  samples(antiEntropy.LOST, [{ losses: [[1, 3]] }], [{ lost: [[1, 'n2', 3]] }]),
  samples(
    antiEntropy.PULL,
    [{ partition: 1, clock, from: '' }],
    [
      {
        records: [['default', 'k', record]],
        next: 'r0001x',
        snapshot: clock,
        refilling: true,
        generation: '1.2',
      },
      { records: [], next: null, snapshot: null, refilling: false, generation: '1.2' },
    ],
  ),
  samples(
    antiEntropy.PROPOSALS,
    [{ partition: 1, from: 'q0001' }],
    [
      { ballots: record, proposals: [['default', 'k', 'acceptance', record]], next: 'q0001x' },
      { ballots: record, proposals: [['default', 'k', 'mark', record]], next: null },
    ],
  ),
  samples(
    antiEntropy.LEAF_SUMS,
    [{ partition: 1, branches: [0, 15] }],
    [{ leaves: [[3, record]] }],
  ),
  samples(antiEntropy.BRANCH_SUMS, [{ partition: 1 }], [{ branches: [record, empty] }]),
  samples(
    antiEntropy.KEYS,
    [{ partition: 1, leaves: [3], from: 'r0001' }],
    [
      { keys: [['default', 'k', 'n1:7']], next: 'r0001x' },
      { keys: [], next: null },
    ],
  ),
  samples(antiEntropy.RECORDS, [{ keys: [address] }], [{ records: [record, null] }]),
  samples(
    antiEntropy.DOT_STATUS,
    [{ ...address, dots }],
    [{ rebuilding: false, statuses: ['value', 'absent'], persisted: [true, false] }],
  ),
  samples(
    antiEntropy.PERSISTED,
    [{ partition: 1, stubs: [{ ...address, dots }] }],
    [
      { clock, valued: [true] },
      { clock: null, valued: [false] },
    ],
  ),
  samples(
    antiEntropy.SETTLED,
    [{ partition: 1, clock: true }],
    [
      { ballot: { round: 5, node: 'n2', start: 3 }, clock: [[`${WRITER}-5`, 4, [1, 1]]] },
      { ballot: null, clock: [] },
    ],
  ),
  samples(
    antiEntropy.EXCHANGE_NOW,
    [
      { partition: 1, dryRun: true },
      { partition: null, dryRun: false },
    ],
    [
      {
        reports: [
          { ...exchangeReport, keys: [differing] },
          { ...exchangeReport, error: 'n2 is away', keys: [] },
        ],
      },
    ],
  ),
  samples(
    antiEntropy.CONVERGENCE,
    [{}],
    [
      {
        report: {
          node: 'n1',
          exchanges: [{ peer: 'n2', at: 1_700_000_000_000, result: 'alike', records: 2 }],
          rebuilding: [5],
          ...{ scrubbed: 1, owned: 64, tombstones: 7 },
          blocked: [{ reason: 'owner cannot be asked', count: 2 }],
        },
      },
    ],
  ),
];

const COORDINATION = [
  samples(coordination.HELD, [address], [{ record }, { record: null }]),
  samples(
    coordination.PERSISTED_CLOCKS,
    [{ partitions: [3, 7] }],
    [{ clocks: [[['n1.3.0123456789ab', 4, [1, 1]]], null] }],
  ),
  samples(
    coordination.HELD_CLOCKS,
    [{ partitions: [3, 7] }],
    [{ clocks: [[['n1.3.0123456789ab', 4, [1, 1]]], null], lost: [[7, 'n2', 4]] }],
  ),
  samples(
    coordination.RESOLUTIONS,
    [
      { ...address, after: null },
      { ...address, after: version },
    ],
    [{ entries: [[version, audit]], more: true }],
  ),
  samples(
    coordination.VERSIONS,
    [
      { ...address, after: null },
      { ...address, after: version },
    ],
    [
      {
        versions: [{ version, contentType: 'text/plain', bytes: 4, writtenAt: WRITTEN_AT }],
        more: false,
      },
    ],
  ),
  samples(
    coordination.VERSION,
    [{ ...address, version }],
    [{ kept: dropped }, { kept: { ...dropped, value: null } }, { kept: null }],
  ),
  samples(
    coordination.CONFLICTS,
    [{ after: '', limit: 100 }],
    [{ entries: ['k0000'], more: false }],
  ),
  samples(
    coordination.KEYS_IN_ORDER,
    [
      {
        ...{ namespace: 'default', prefix: 'user:', after: '', limit: 100, partitions: record },
        settled: true,
      },
    ],
    [
      {
        ...{ keys: ['a', 'clé'], states: [[1, record]], reached: 'clé', obstructed: [3], start: 3 },
        lost: [[3, 'n2', 7]],
      },
      { keys: [], states: [], reached: null, obstructed: [], start: 1, lost: [] },
    ],
  ),
];

const HANDOFF = [
  samples(
    handoff.DELIVER,
    [{ hints: [{ ...address, record }] }],
    [{ refused: [[0, 'rebuilding']], pace: { hints: 64, afterMilliseconds: 12.5 } }],
  ),
  samples(
    handoff.HOLDINGS,
    [{ keys: [{ ...address, dots }] }],
    [{ held: [true, false], start: 3, lost: [[7, 'n2', 3]] }],
  ),
  samples(
    handoff.HELD_HINTS,
    [{}],
    [
      {
        hints: [
          { ...hints, oldest: '2026-01-01T00:00:00Z', estimated_end: '2026-01-01T00:01:00Z' },
          hints,
        ],
      },
    ],
  ),
];

const MEMBERSHIP = [
  samples(membership.PING, [{}], [{ ...acknowledgement, wall: 1_700_000_000_000, sightings }]),
  samples(membership.DISK, [{ nonce: 9 }], [{ ...acknowledgement, announced: 0, nonce: 9 }]),
  samples(
    membership.FOUND,
    [{ hash: '0a1b', cluster: 'c1' }],
    [{ hash: '0a1b', cluster: 'c1', complete: true }],
  ),
  samples(membership.STOPPING, [{ done: false }, { done: true }], [{}]),
  samples(membership.HOLD_TICKET, [{ start: 3, id: '00ff' }], [{ held: true }]),
  samples(membership.TAKE_TICKET, [{ start: 3, id: '00ff', life: '11ee' }], [{ held: false }]),
  samples(
    membership.PULL_SETTINGS,
    [
      { after: null, known: 2 ** 31 },
      { after: '1-0a1b2c3d n1', known: 0 },
    ],
    [
      { settings: plainSettings, more: true, hash: 7 },
      { settings: plainSettings, more: false, hash: 7, unread: true },
    ],
  ),
  samples(membership.PUSH_SETTINGS, [plainSettings], [{ hash: 2 ** 31 }]),
  samples(
    membership.REPORT,
    [{}],
    [
      { report },
      { report: { ...report, clock: { sane: false, skew_ms: undefined } } },
      { report: { ...report, client_address: 'h1:8080', round_trips_ms: { n2: 0.25 } } },
    ],
  ),
  samples(
    membership.EVENTS,
    [{}],
    [
      {
        node: 'n1',
        events: [
          {
            ...{ number: 7, at: 1_700_000_000_000, severity: 'warn', times: 2 },
            ...{ event: 'peer is down', fields: [['peer', 'n2']] },
          },
        ],
      },
    ],
  ),
];

export const MESSAGE_SAMPLES: readonly MessageSamples[] = [
  ...ANTI_ENTROPY,
  ...COORDINATION,
  ...STALENESS_SAMPLES,
  ...STRONG_SAMPLES,
  ...HANDOFF,
  ...MEMBERSHIP,
];
