/** What a cluster starts with; changed at run time through /api/v1/config/consistency. */
import type { SettingGroup } from '../setting.js';

const READ_LEVELS = [
  'one',
  'two',
  'three',
  'quorum',
  'all',
  'eventual',
  'local-one',
  'local-quorum',
  'each-quorum',
  'session',
  'causal',
  'bounded-staleness',
  'strong',
] as const;

export const consistencyGroup = {
  defaultLevel: {
    kind: 'enum',
    default: 'quorum',
    values: READ_LEVELS,
    why: 'Level of a read that names none. `quorum` on both sides: a read sees completed writes.',
  },
  defaultWriteLevel: {
    kind: 'enum',
    default: 'quorum',
    values: [...READ_LEVELS, 'any'],
    why: 'Level of a write that names none.',
  },
  readRepairProbability: {
    kind: 'number',
    default: 0.1,
    minimum: 0,
    maximum: 1,
    why: 'Share of weaker reads to compare all owners after. Quorum and above repair always.',
  },
  blindWrites: {
    kind: 'enum',
    default: 'overwrite',
    values: ['overwrite', 'sibling', 'refuse'],
    why: 'What a write without a context does: replace what is there, stand beside it, or fail.',
  },
  tombstoneRetentionSeconds: {
    kind: 'integer',
    default: 86_400,
    minimum: 0,
    maximum: 315_360_000,
    unit: 'seconds',
    why: 'Age at which a tombstone or stub may go. Safety needs none: it is time to look at them.',
  },
  conflictResolution: {
    kind: 'enum',
    default: 'siblings',
    values: ['siblings', 'last-writer', 'set-union', 'max', 'json-merge', 'custom'],
    why: 'What a read makes of siblings. `siblings` leaves them to clients: nothing is lost.',
  },
  versionsKept: {
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: 1000,
    unit: 'versions',
    why: 'Superseded values of a key that stay readable. Each costs its bytes on every replica.',
  },
  versionsKeptForSeconds: {
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: 315_360_000,
    unit: 'seconds',
    why: 'How long superseded values stay readable; 0: only `versionsKept` limits them.',
  },
} as const satisfies SettingGroup;
