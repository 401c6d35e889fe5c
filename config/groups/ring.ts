/** Settings of the first ring (paper 4.2 and 4.3). A stored ring beats them. */
import type { SettingGroup } from '../setting.js';

export const ringGroup = {
  partitions: {
    kind: 'integer',
    default: 256,
    minimum: 1,
    maximum: 4096,
    unit: 'partitions',
    rule: {
      holds: (value) => Number.isInteger(Math.log2(value)),
      says: 'a power of two',
    },
    why: 'Equal slices of the hash space. Some ten a node balance well; each costs a clock.',
  },
  replicas: {
    kind: 'integer',
    default: 3,
    minimum: 1,
    maximum: 9,
    unit: 'nodes',
    why: 'Owners of each partition (N). Three survive one node at quorum, five survive two.',
  },
} as const satisfies SettingGroup;
