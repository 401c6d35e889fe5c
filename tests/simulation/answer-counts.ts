/** How often each request was answered at which level, or refused, and why. */
import type { Answer } from './kv-answer.js';
import { type Addressed, levelNameOf } from './kv-request.js';
import type { World } from './world.js';

/** What a client sends was handed out by the cluster, for this key. */
const UNSEALED = new Set(['invalid_session_token', 'invalid_context']);

/** @param answer undefined: there was none */
export function countAnswer(
  { world, onTrouble }: { readonly world: World; readonly onTrouble: (message: string) => void },
  operation: string,
  { level }: Addressed,
  answer: Answer | undefined,
): void {
  if (answer === undefined) return;
  if (answer.kind === 'refused') {
    world.count(`${operation} ${answer.code} ${answer.outcome}`);
    if (UNSEALED.has(answer.code)) onTrouble(`${operation}: ${answer.code}`);
    return;
  }
  const achieved = answer.receipt.level;
  world.count(`${operation} ok ${achieved}`);
  if (level !== undefined && levelNameOf(level) !== achieved) world.count('fallback used');
}
