/** Hints for absent owners (paper 4.6). */
import type { SettingGroup } from '../setting.js';
import { DURATION_UNITS, KIBIBYTE, MEBIBYTE } from '../units.js';

export const handoffGroup = {
  hintsBytesMax: {
    kind: 'bytes',
    default: 256 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 65_536 * MEBIBYTE,
    why: 'Hints held for others, all together. When full, none are taken: writes go on without.',
  },
  hintsTargetBytesMax: {
    kind: 'bytes',
    default: 128 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 65_536 * MEBIBYTE,
    why: 'The same for one target: a node that is away for long leaves room for the others.',
  },
  hintAgeMaxMilliseconds: {
    kind: 'milliseconds',
    default: 3 * DURATION_UNITS.h,
    minimum: 100,
    maximum: 720 * DURATION_UNITS.h,
    why: 'Older ones leave where a majority of owners hold them; an exchange brings the rest.',
  },
  hintBatchSize: {
    kind: 'integer',
    default: 64,
    minimum: 1,
    maximum: 1000,
    unit: 'hints',
    why: 'Hints on their way to one target at once, so that a node that returns is not flooded.',
  },
  hintBatchBytesMax: {
    kind: 'bytes',
    default: 256 * KIBIBYTE,
    minimum: KIBIBYTE,
    maximum: 16 * MEBIBYTE,
    why: 'Their bytes; a hint that is larger goes alone. Other messages wait behind them.',
  },
  hintsPerSecondMax: {
    kind: 'integer',
    default: 5000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'hints a second',
    why: 'What a node takes that was away, from all together; less while clients wait for it.',
  },
  hintRetryIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 1000,
    minimum: 10,
    maximum: 600_000,
    why: 'Pause between rounds of delivery while hints remain.',
  },
} as const satisfies SettingGroup;
