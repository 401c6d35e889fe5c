/** Hints for absent owners (paper 4.6). */
import type { SettingGroup } from '../setting.js';
import { MEBIBYTE } from '../units.js';

export const handoffGroup = {
  hintsBytesMax: {
    kind: 'bytes',
    default: 256 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 65_536 * MEBIBYTE,
    why: 'Hints held for others, all together; when full, a stand-in takes no more, and cuts none.',
  },
  hintBatchSize: {
    kind: 'integer',
    default: 64,
    minimum: 1,
    maximum: 10_000,
    unit: 'hints',
    why: 'Hints on their way to one target at once, so that a node that returns is not flooded.',
  },
  hintRetryIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 1000,
    minimum: 10,
    maximum: 600_000,
    why: 'Pause between rounds of delivery while hints remain.',
  },
} as const satisfies SettingGroup;
