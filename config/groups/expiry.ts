/** Times to live, and how tombstones and stubs are removed (docs/consistency.md). */
import type { SettingGroup } from '../setting.js';

export const expiryGroup = {
  clockSkewMaxMilliseconds: {
    kind: 'milliseconds',
    default: 5000,
    minimum: 100,
    maximum: 3_600_000,
    why: 'Farther from the median of all a clock judges no expiry. NTP keeps to far less.',
  },
  reapIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 1000,
    minimum: 10,
    maximum: 3_600_000,
    why: 'Pause between turns that make room of ended values. What has ended is not read anyway.',
  },
  reapKeysMax: {
    kind: 'integer',
    default: 20_000,
    minimum: 1,
    maximum: 10_000_000,
    unit: 'keys',
    why: 'Keys of one turn, a few at a time; in between requests go first.',
  },
} as const satisfies SettingGroup;
