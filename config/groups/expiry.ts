/** Times to live, and how the dead are removed (docs/consistency.md). */
import type { SettingGroup } from '../setting.js';

export const expiryGroup = {
  clockSkewMaxMilliseconds: {
    kind: 'milliseconds',
    default: 5000,
    minimum: 100,
    maximum: 3_600_000,
    why: 'Farther from the median of all a clock judges no expiry. NTP keeps to far less.',
  },
} as const satisfies SettingGroup;
