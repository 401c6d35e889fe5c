/** What a problem says: its code, what it names, and what helps on this page. */

import { ApiProblem } from '../api.js';

/** Members that every problem has. */
const COMMON: ReadonlySet<string> = new Set([
  ...['type', 'title', 'status', 'detail', 'code', 'retryable', 'outcome', 'request_id'],
  'explain',
]);

const HELPS: Readonly<Record<string, string>> = {
  level_not_reached: 'A weaker level may be reached; Now says which, and how nodes come back.',
  deadline_passed: 'Try again; Nodes says who is slow.',
  peer_unreachable: 'Choose another view above; Now says who is up.',
  not_ready: 'Now says who is up, and how nodes come back.',
  outcome_unknown: 'It may have happened: look before it is tried again.',
  version_changed: 'Somebody else was faster: look, and try again.',
  siblings: 'The key is in conflict: resolve it first.',
};

/** `too few replicas answered (level_not_reached): level quorum, required 2, up n1.` */
export function problemWords(error: unknown): string {
  if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error);
  const { message, code, body } = error;
  const named = Object.entries(body)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name} ${wordOf(value)}`);
  const details = named.length === 0 ? '' : `: ${named.join(', ')}`;
  const helps = HELPS[code];
  return `${message} (${code})${details}.${helps === undefined ? '' : ` ${helps}`}`;
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(wordOf).join(' and ');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
