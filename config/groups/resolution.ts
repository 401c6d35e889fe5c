/** How siblings become one value, and what is kept of the others. */
import type { SettingGroup } from '../setting.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const HOUR_MILLISECONDS = 3_600_000;

export const resolutionGroup = {
  module: {
    kind: 'text',
    default: '',
    why: 'Path of the module whose `resolve` is the strategy `custom`; the same on all nodes.',
  },
  customTimeMaxMilliseconds: {
    kind: 'milliseconds',
    default: 50,
    minimum: 1,
    maximum: 5000,
    why: 'A custom function is cut off after it: nothing else runs on the node meanwhile.',
  },
  auditBytesMax: {
    kind: 'bytes',
    default: 4 * MEBIBYTE,
    minimum: 4 * KIBIBYTE,
    maximum: 64 * MEBIBYTE,
    why: 'Audit entries of one key, with the values that were dropped; the latest that fit stay.',
  },
  auditRetentionMilliseconds: {
    kind: 'milliseconds',
    default: 168 * HOUR_MILLISECONDS,
    minimum: 1000,
    maximum: 87_600 * HOUR_MILLISECONDS,
    why: 'How long audit entries stay: a week to notice that a resolution dropped the wrong value.',
  },
  versionsBytesMax: {
    kind: 'bytes',
    default: 16 * MEBIBYTE,
    minimum: 0,
    maximum: 1024 * MEBIBYTE,
    why: 'Kept versions of one key together; the latest that fit stay, whatever their number.',
  },
} as const satisfies SettingGroup;
