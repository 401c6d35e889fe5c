/** Limits of one client request, and of all of them together. */
import type { SettingGroup } from '../setting.js';
import { KIBIBYTE, MEBIBYTE } from '../units.js';

export const requestsGroup = {
  timeoutDefaultMilliseconds: {
    kind: 'milliseconds',
    default: 5000,
    minimum: 1,
    maximum: 600_000,
    why: 'Deadline of a request that sets none; it travels with every message.',
  },
  timeoutMaxMilliseconds: {
    kind: 'milliseconds',
    default: 60_000,
    minimum: 1,
    maximum: 600_000,
    why: 'Longest deadline that a request may ask for: what it holds is held that long.',
  },
  valueBytesMax: {
    kind: 'bytes',
    default: MEBIBYTE,
    minimum: 1,
    maximum: 4 * MEBIBYTE,
    why: 'Largest value. All siblings of a key travel in one frame, so it is far below a frame.',
  },
  contextBytesMax: {
    kind: 'bytes',
    default: 8 * KIBIBYTE,
    minimum: 256,
    maximum: 64 * KIBIBYTE,
    why: 'Largest causal context; it is refused beyond, never cut. It must fit into a header.',
  },
  batchBytesMax: {
    kind: 'bytes',
    default: 8 * MEBIBYTE,
    minimum: 64 * KIBIBYTE,
    maximum: 64 * MEBIBYTE,
    why: 'Largest body of a batch, and most that its answer holds: further values are left out.',
  },
  keyBytesMax: {
    kind: 'bytes',
    default: KIBIBYTE,
    minimum: 1,
    maximum: KIBIBYTE,
    why: 'Largest key, in bytes of UTF-8, once decoded.',
  },
  operationRetentionSeconds: {
    kind: 'integer',
    default: 86_400,
    minimum: 60,
    maximum: 2_592_000,
    unit: 'seconds',
    why: 'So long a write under an Idempotency-Key is known by it; each takes a record until then.',
  },
  hedgeDelayMilliseconds: {
    kind: 'milliseconds',
    default: 50,
    minimum: 1,
    maximum: 10_000,
    why: 'Least silence after which a read asks one more replica; more where that one is slow.',
  },
  requestsInFlightMax: {
    kind: 'integer',
    default: 4096,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'requests',
    why: 'Requests that a node works on at once; more are shed with 503 while they are cheap.',
  },
  requestBytesInFlightMax: {
    kind: 'bytes',
    default: 96 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 4096 * MEBIBYTE,
    why: 'Bytes of bodies held at once; beyond it requests are shed with 503.',
  },
  answerBytesInFlightMax: {
    kind: 'bytes',
    default: 128 * MEBIBYTE,
    minimum: MEBIBYTE,
    maximum: 4096 * MEBIBYTE,
    why: 'Bytes of answers held until clients have taken them; beyond it reads are shed with 503.',
  },
  controlInFlightMax: {
    kind: 'integer',
    default: 32,
    minimum: 1,
    maximum: 10_000,
    unit: 'requests',
    why: 'Control requests at once, health and metrics apart; more are shed with 503.',
  },
} as const satisfies SettingGroup;
