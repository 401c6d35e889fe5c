/** Problems: every refusal and failure as `application/problem+json` (RFC 9457). */
import { type ErrorCode, OperatingError, type Outcome } from '../../errors.js';
import { addContext } from './answer-headers.js';
import { ERROR_STATUS } from './error-status.js';
import { tagOf } from './entity-tag.js';
import { byteText, type HttpReply } from './reply.js';

export const PROBLEM_TYPE = 'application/problem+json';
/** Of every answer: nothing here may be cached, or taken for another type than it says. */
export const GUARD_HEADERS: readonly string[] = [
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
];
/** Soon: what is short of room or of replicas is often better a second later. */
const RETRY_AFTER_SECONDS = 1;

/** Where the code is explained, on the page that the node serves. */
export function problemAnchor(code: ErrorCode): string {
  return `problem-${code}`;
}

/** What was thrown, as an operating error; a programmer error keeps its message for the log. */
export function operatingError(error: unknown): OperatingError {
  if (error instanceof OperatingError) return error;
  return new OperatingError('internal', 'this should not have happened; the log says more', {
    cause: error,
  });
}

/** The members of a problem. `outcome` overrides the error's own: a read never changes anything. */
export function problemBody(
  error: OperatingError,
  requestId: string,
  outcome: Outcome = error.outcome,
): Record<string, unknown> {
  const { status, title } = ERROR_STATUS[error.code];
  return {
    ...error.details,
    type: `/docs#${problemAnchor(error.code)}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    outcome,
    request_id: requestId,
  };
}

/** Headers that the status of a problem asks for. */
export function problemHeaders(error: OperatingError): string[] {
  const headers = ['Content-Type', PROBLEM_TYPE, ...GUARD_HEADERS];
  const { status } = ERROR_STATUS[error.code];
  if (error.code === 'precondition_failed') addPresent(headers, error);
  const { allow, retry_after_s: given } = error.details;
  const seconds = typeof given === 'number' ? given : RETRY_AFTER_SECONDS;
  if (status === 503 || status === 429) headers.push('Retry-After', String(seconds));
  if (status === 405 && Array.isArray(allow)) headers.push('Allow', allow.join(', '));
  return headers;
}

/** Of the value that is there instead, so that the next attempt needs no read. */
function addPresent(headers: string[], { details }: OperatingError): void {
  const { version, context, content_type: type } = details;
  const known = typeof context === 'string' ? context : undefined;
  addContext(headers, known);
  if (typeof version === 'string' && typeof type === 'string') {
    headers.push('ETag', tagOf(version, type, known));
  }
}

/** The whole answer. */
export function problemReply(
  error: OperatingError,
  requestId: string,
  outcome?: Outcome,
): HttpReply {
  return {
    status: ERROR_STATUS[error.code].status,
    headers: problemHeaders(error),
    body: byteText(JSON.stringify(problemBody(error, requestId, outcome))),
    result: error.code,
  };
}
