/**
 * What is remembered of an operation under its id, as the value of a key of its own: begun, with
 * the dots under which it takes effect; then done, with what was answered.
 */
import { z } from 'zod';
import { OperatingError } from '../../errors.js';
import { wireDot } from '../../rpc/shapes.js';

/** Enough to give the very same answer again, but for the session token of each attempt. */
const answer = z.object({
  status: z.number(),
  /** Name, value, name, value, ... */
  headers: z.array(z.string()),
  /** Each character is one byte. */
  body: z.string(),
  /** For metrics. */
  result: z.string(),
  /** What was written; without it: it was refused, and never takes effect. */
  version: z.string().optional(),
});

const common = {
  /** Of the format. */
  v: z.literal(2),
  /** A hash of what was asked for. */
  payload: z.string(),
  namespace: z.string(),
  key: z.string(),
};

const record = z.discriminatedUnion('state', [
  z.object({
    ...common,
    state: z.literal('begun'),
    once: z.object({ dot: wireDot, end: wireDot }),
    /** Wall milliseconds; whoever began it has stopped by then. */
    until: z.number(),
  }),
  z.object({ ...common, state: z.literal('done'), answer }),
  /**
   * It was begun and left alone, and what it had begun was ended without effect. Nobody was told
   * so: the next attempt begins anew.
   */
  z.object({ ...common, state: z.literal('lapsed') }),
  /** Of a batch: its writes are operations with ids of their own. */
  z.object({ ...common, state: z.literal('batch'), writes: z.array(z.number()) }),
]);

export type OperationAnswer = z.infer<typeof answer>;
export type OperationRecord = z.infer<typeof record>;
/** What an answer can follow. */
export type OpenOperation = Extract<OperationRecord, { state: 'begun' | 'lapsed' }>;
export type BegunOperation = Extract<OperationRecord, { state: 'begun' }>;

export const RECORD_TYPE = 'application/json';

export function encodeOperation(operation: OperationRecord): Uint8Array {
  return Buffer.from(JSON.stringify(operation), 'utf8');
}

/** @throws OperatingError `unknown_format`, `corrupt_bytes` */
export function decodeOperation(bytes: Uint8Array): OperationRecord {
  const parsed = record.safeParse(jsonOf(bytes));
  if (parsed.success) return parsed.data;
  throw new OperatingError('unknown_format', 'an operation was stored by another version');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new OperatingError('corrupt_bytes', 'the record of an operation does not decode', {
      cause: error,
    });
  }
}
