/** The three kinds of peer messages as they travel: arrays, since those decode fastest. */
import { ERROR_CODES, type ErrorCode, OperatingError, type Outcome } from '../errors.js';

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: number;
  readonly name: string;
  /** The sender's ring epoch; 0 before the founding. */
  readonly epoch: number;
  readonly settingsHash: number;
  /** What is left of the deadline. */
  readonly remainingMilliseconds: number;
  readonly body: unknown;
}

export interface ReplyMessage {
  readonly kind: 'reply';
  readonly id: number;
  readonly body: unknown;
}

export interface RefusalMessage {
  readonly kind: 'refusal';
  readonly id: number;
  readonly error: OperatingError;
}

const REQUEST = 0;
const REPLY = 1;
const REFUSAL = 2;

export function requestMessage(message: Omit<RequestMessage, 'kind'>): unknown[] {
  const { id, name, epoch, settingsHash, remainingMilliseconds, body } = message;
  return [REQUEST, id, name, epoch, settingsHash, remainingMilliseconds, body];
}

export function replyMessage(id: number, body: unknown): unknown[] {
  return [REPLY, id, body];
}

export function refusalMessage(id: number, error: OperatingError): unknown[] {
  const { code, message, outcome, details } = error;
  return [REFUSAL, id, code, message, outcome, details];
}

/** @throws OperatingError `corrupt_bytes` where it is none of the three. */
export function parseMessage(message: unknown): RequestMessage | ReplyMessage | RefusalMessage {
  if (Array.isArray(message)) {
    const parsed = PARSERS[message[0] as 0 | 1 | 2]?.(message);
    if (parsed !== undefined) return parsed;
  }
  throw new OperatingError('corrupt_bytes', 'a peer message is malformed');
}

type Parser = (
  message: readonly unknown[],
) => RequestMessage | ReplyMessage | RefusalMessage | undefined;

const PARSERS: Readonly<Record<0 | 1 | 2, Parser>> = {
  [REQUEST]([, id, name, epoch, settingsHash, remainingMilliseconds, body]) {
    const numbers =
      typeof id === 'number' &&
      typeof epoch === 'number' &&
      typeof settingsHash === 'number' &&
      typeof remainingMilliseconds === 'number';
    if (!numbers || typeof name !== 'string') return undefined;
    return { kind: 'request', id, name, epoch, settingsHash, remainingMilliseconds, body };
  },
  [REPLY]([, id, body]) {
    return typeof id === 'number' ? { kind: 'reply', id, body } : undefined;
  },
  [REFUSAL]([, id, code, text, outcome, details]) {
    const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
    if (typeof id !== 'number' || typeof text !== 'string' || !isOutcome(outcome)) return undefined;
    const error = new OperatingError(known ? (code as ErrorCode) : 'internal', text, {
      outcome,
      details: isFields(details) ? details : {},
    });
    return { kind: 'refusal', id, error };
  },
};

function isOutcome(value: unknown): value is Outcome {
  return value === 'none' || value === 'unknown';
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
