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
    unit: 'probability',
    why: 'Share of weaker reads that compare all owners afterwards. Quorum and above always repair.',
  },
  blindWrites: {
    kind: 'enum',
    default: 'overwrite',
    values: ['overwrite', 'sibling', 'refuse'],
    why: 'What a write without a context does: replace what is there, stand beside it, or fail.',
  },
} as const satisfies SettingGroup;
