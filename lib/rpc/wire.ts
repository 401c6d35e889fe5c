/** The three kinds of peer messages as they travel: arrays, since those decode fastest. */
import { ERROR_CODES, type ErrorCode, OperatingError, type Outcome } from '../errors.js';
import { detailsFrom, detailsText } from './refusal-details.js';

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
  return [REFUSAL, id, code, message, outcome, detailsText(details)];
}

/** @throws OperatingError `corrupt_bytes` where it is none of the three. */
export function parseMessage(message: unknown): RequestMessage | ReplyMessage | RefusalMessage {
  if (Array.isArray(message)) {
    const parsed = PARSERS.get(message[0])?.(message);
    if (parsed !== undefined) return parsed;
  }
  throw new OperatingError('corrupt_bytes', 'a peer message is malformed');
}

type Parser = (
  message: readonly unknown[],
) => RequestMessage | ReplyMessage | RefusalMessage | undefined;

const parseRequest: Parser = (message) => {
  const [, id, name, epoch, settingsHash, remainingMilliseconds, body] = message;
  if (!isNumber(id) || !isNumber(epoch) || !isNumber(settingsHash)) return undefined;
  if (!isNumber(remainingMilliseconds) || typeof name !== 'string') return undefined;
  return { kind: 'request', id, name, epoch, settingsHash, remainingMilliseconds, body };
};

const parseReply: Parser = ([, id, body]) =>
  isNumber(id) ? { kind: 'reply', id, body } : undefined;

const parseRefusal: Parser = ([, id, code, text, outcome, details]) => {
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
  if (!isNumber(id) || typeof text !== 'string' || !isOutcome(outcome)) return undefined;
  if (typeof details !== 'string') return undefined;
  const error = new OperatingError(known ? (code as ErrorCode) : 'internal', text, {
    outcome,
    details: detailsFrom(details),
  });
  return { kind: 'refusal', id, error };
};

const PARSERS: ReadonlyMap<unknown, Parser> = new Map([
  [REQUEST, parseRequest],
  [REPLY, parseReply],
  [REFUSAL, parseRefusal],
]);

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isOutcome(value: unknown): value is Outcome {
  return value === 'none' || value === 'unknown';
}
