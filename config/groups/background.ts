/** Work that yields to requests. */
import type { SettingGroup } from '../setting.js';

export const backgroundGroup = {
  backgroundConcurrency: {
    kind: 'integer',
    default: 2,
    minimum: 1,
    maximum: 64,
    unit: 'tasks',
    why: 'Repairs, deliveries and exchanges that run at once; more would burden who is burdened.',
  },
} as const satisfies SettingGroup;
