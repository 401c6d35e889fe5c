/** How replicas converge without reads, and how damage is found (paper 4.7). */
import type { SettingGroup } from '../setting.js';
import { KIBIBYTE, MEBIBYTE } from '../units.js';

export const antiEntropyGroup = {
  exchangeIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 5000,
    minimum: 10,
    maximum: 3_600_000,
    why: 'Pause between exchanges, each with the next peer. Where nothing differs one is a root.',
  },
  confirmMilliseconds: {
    kind: 'milliseconds',
    default: 1000,
    minimum: 1,
    maximum: 60_000,
    why: 'What a peer lacks is looked at again so much later: most of it arrives by itself.',
  },
  treeComparisonIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 60_000,
    minimum: 10,
    maximum: 86_400_000,
    why: 'Pause between comparisons of some trees with a peer while writes keep clocks apart.',
  },
  scrubPeriodMilliseconds: {
    kind: 'milliseconds',
    default: 43_200_000,
    minimum: 1000,
    maximum: 2_592_000_000,
    why: 'In this time every record is read from the disk once, so that rot is found in time.',
  },
  collectIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 10_000,
    minimum: 10,
    maximum: 3_600_000,
    why: 'Pause between looks for tombstones and expired values that may go.',
  },
  collectBatchSize: {
    kind: 'integer',
    default: 500,
    minimum: 1,
    maximum: 100_000,
    unit: 'records',
    why: 'Records that one look judges at most, and asks every other owner about; looks follow.',
  },
  tombstonesMax: {
    kind: 'integer',
    default: 1_000_000,
    minimum: 0,
    maximum: 1_000_000_000,
    unit: 'records',
    why: 'Tombstones and stubs beyond which the oldest do not wait for their retention.',
  },
  pageBytesMax: {
    kind: 'bytes',
    default: 256 * KIBIBYTE,
    minimum: KIBIBYTE,
    maximum: 4 * MEBIBYTE,
    why: 'Of a list in a message: records, versions, changes. Requests of clients share the link.',
  },
  recentDotsMax: {
    kind: 'integer',
    default: 50_000,
    minimum: 0,
    maximum: 10_000_000,
    unit: 'versions',
    why: 'Versions whose key is remembered, of long keys fewer; older ones are found by a scan.',
  },
  mintedKeysMax: {
    kind: 'integer',
    default: 1_000_000,
    minimum: 2,
    maximum: 100_000_000,
    unit: 'keys',
    why: 'Keys whose last own version is remembered, to notice one that the disk lost.',
  },
  digestLogEntriesMax: {
    kind: 'integer',
    default: 4096,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'batches',
    why: 'Batches that may move the digest of a partition before it gets a checkpoint.',
  },
} as const satisfies SettingGroup;
