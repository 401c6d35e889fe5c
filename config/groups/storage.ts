/** Memory and pace of the storage of one node (paper 5). */
import type { SettingGroup } from '../setting.js';
import { MEBIBYTE } from '../units.js';

export const storageGroup = {
  queueBytesMax: {
    kind: 'bytes',
    default: 64 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 4096 * MEBIBYTE,
    why: 'Writes that wait for the disk, kept readable in memory; beyond it writes get 503.',
  },
  reserveBytes: {
    kind: 'bytes',
    default: 256 * MEBIBYTE,
    minimum: 8 * MEBIBYTE,
    maximum: 1024 * 1024 * MEBIBYTE,
    why: 'With less room on the disk a node takes no writes; the engine sorts its files in it.',
  },
  recordCacheBytes: {
    kind: 'bytes',
    default: 32 * MEBIBYTE,
    minimum: 0,
    maximum: 65_536 * MEBIBYTE,
    why: 'Decoded records kept in memory, so that hot keys are read without the engine.',
  },
  engineCacheBytes: {
    kind: 'bytes',
    default: 32 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 65_536 * MEBIBYTE,
    why: 'Blocks that the engine keeps unpacked; serves what the record cache misses.',
  },
  writeBufferBytes: {
    kind: 'bytes',
    default: 16 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 1024 * MEBIBYTE,
    why: 'Log that the engine gathers before it sorts; two may be in memory, one is replayed.',
  },
  clockPersistIntervalMilliseconds: {
    kind: 'milliseconds',
    default: 1000,
    minimum: 10,
    maximum: 600_000,
    why: 'Pause between writes of partition clocks. A lost one only makes peers send again.',
  },
} as const satisfies SettingGroup;
