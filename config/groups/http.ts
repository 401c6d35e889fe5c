/** Limits of the listener for clients. */
import type { SettingGroup } from '../setting.js';
import { KIBIBYTE, MEBIBYTE } from '../units.js';

export const httpGroup = {
  headersCountMax: {
    kind: 'integer',
    default: 200,
    minimum: 20,
    maximum: 1000,
    unit: 'headers',
    why: 'Counted by us and answered 431: the parser drops headers beyond its own limit silently.',
  },
  headerBytesMax: {
    kind: 'bytes',
    default: 128 * KIBIBYTE,
    minimum: 8 * KIBIBYTE,
    maximum: MEBIBYTE,
    why: 'All headers of a request together; room for the largest context and a session token.',
  },
  bodyTimeoutMilliseconds: {
    kind: 'milliseconds',
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    why: 'A body must be complete by then, else 408: a slow sender holds memory.',
  },
  headersTimeoutMilliseconds: {
    kind: 'milliseconds',
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    why: 'Headers must be complete by then: a slow sender holds a connection.',
  },
  keepAliveTimeoutMilliseconds: {
    kind: 'milliseconds',
    default: 300_000,
    minimum: 1000,
    maximum: 3_600_000,
    why: 'Idle connections stay this long: longer than the pools of clients, so that they close.',
  },
  connectionsMax: {
    kind: 'integer',
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    why: 'Connections of clients at once; each costs a descriptor and some kilobytes.',
  },
  sendTimeoutMilliseconds: {
    kind: 'milliseconds',
    default: 30_000,
    minimum: 100,
    maximum: 600_000,
    why: 'A client that takes less than 16 KiB/s of its answer for so long is cut.',
  },
  pipelinedBytesMax: {
    kind: 'bytes',
    default: 32 * MEBIBYTE,
    minimum: 64 * KIBIBYTE,
    maximum: 1024 * MEBIBYTE,
    why: 'Heads of requests that wait for earlier ones of their connections; beyond it 503.',
  },
  hostNames: {
    kind: 'names',
    default: [],
    why: 'Host names under which clients may ask, besides localhost and IP addresses; else 421.',
  },
  unsafeListen: {
    kind: 'boolean',
    default: false,
    why: 'Allows node.listen beyond loopback without credentials. It prints a warning.',
  },
} as const satisfies SettingGroup;
