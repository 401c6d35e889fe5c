/** Links between nodes, and when a peer counts as gone (paper 4.8.3). */
import type { SettingGroup } from '../setting.js';
import { KIBIBYTE, MEBIBYTE } from '../units.js';

export const peersGroup = {
  heartbeatIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 500,
    minimum: 10,
    maximum: 60_000,
    why: 'Pause between heartbeats on a link. A closed link is noticed at once, without them.',
  },
  heartbeatsMissedSuspect: {
    kind: 'integer',
    default: 3,
    minimum: 1,
    maximum: 100,
    unit: 'heartbeats',
    why: 'Missed in a row until a peer is asked last.',
  },
  heartbeatsMissedDead: {
    kind: 'integer',
    default: 6,
    minimum: 2,
    maximum: 200,
    unit: 'heartbeats',
    why: 'Missed in a row until no request waits for a peer.',
  },
  linkQueueBytesMax: {
    kind: 'bytes',
    default: 16 * MEBIBYTE,
    minimum: 64 * KIBIBYTE,
    maximum: 1024 * MEBIBYTE,
    why: 'Bytes waiting for one peer; beyond it messages are refused, which counts as no answer.',
  },
  frameBytesMax: {
    kind: 'bytes',
    default: 16 * MEBIBYTE,
    minimum: 64 * KIBIBYTE,
    maximum: 256 * MEBIBYTE,
    why: 'Largest frame of many messages; a single one may be of 16 frames. Same on all nodes.',
  },
  reconnectDelayMinMilliseconds: {
    kind: 'milliseconds',
    default: 50,
    minimum: 1,
    maximum: 60_000,
    why: 'Pause before the first attempt to open a lost link again; it doubles from there.',
  },
  reconnectDelayMaxMilliseconds: {
    kind: 'milliseconds',
    default: 2000,
    minimum: 1,
    maximum: 600_000,
    why: 'Longest pause between two attempts: how late a returning node may be noticed.',
  },
} as const satisfies SettingGroup;
