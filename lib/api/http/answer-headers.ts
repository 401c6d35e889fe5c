/** Headers of data answers: what to send back, and what was truly achieved. */
import type { StalenessBound } from '../../coordination/request/staleness-demand.js';
import type { Coordination, Receipt } from '../../coordination/request/request.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { HttpReply } from './reply.js';

/** `2/3`, and `stand-ins=1` where there were any. */
export function replicasText({ answered, asked, standIns }: Receipt): string {
  return standIns > 0 ? `${answered}/${asked}; stand-ins=${standIns}` : `${answered}/${asked}`;
}

/** `240; scope=all`: milliseconds, as proven. */
export function boundText({ age, scope }: StalenessBound): string {
  return `${age}; scope=${scope}`;
}

/**
 * Of a longer text the body alone has the context: Node's clients refuse an answer with more than
 * 16 KiB of headers, and a key whose answers cannot be read can be neither changed nor deleted.
 */
const CONTEXT_CHARACTERS_MAX = 4096;

/** Puts the context of an answer whose body has it, too, into its headers, where there is room. */
export function addContext(headers: string[], context: string | undefined): void {
  if (context === undefined || context.length > CONTEXT_CHARACTERS_MAX) return;
  headers.push('X-Causal-Context', context);
}

/**
 * The head of a data answer, to which the caller may add.
 * @param context where the body has it, too
 */
export function dataHeaders(
  contentType: string,
  receipt: Receipt,
  context: string | undefined,
): string[] {
  const headers = [
    'Content-Type',
    contentType,
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    'X-Consistency-Achieved',
    receipt.level,
    'X-Replicas',
    replicasText(receipt),
  ];
  addContext(headers, context);
  if (receipt.durability !== undefined) headers.push('X-Durability', receipt.durability);
  if (receipt.bound !== undefined) headers.push('X-Staleness-Bound', boundText(receipt.bound));
  return headers;
}

/** @param tokens what the client has seen by now, for it to send back; none: it is of no session */
export function withSession(
  reply: HttpReply,
  coordination: Pick<Coordination, 'sessionText'>,
  tokens: readonly SessionToken[],
): HttpReply {
  if (tokens.length === 0) return reply;
  const text = coordination.sessionText(tokens);
  return { ...reply, headers: [...reply.headers, 'X-Session-Token', text] };
}
