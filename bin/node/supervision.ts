/** What a node tells the process that started it, and what a bug does to it. */
import type { ErrorCode } from '../../lib/errors.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import type { LogAndMetrics } from '../../lib/platform/observer.js';
import { CRASHED } from '../exit-code.js';

/** Over the channel to the parent. */
export type NodeNews =
  | { readonly ready: true }
  /** It ends, and says why. Not retryable: the same start would end the same way. */
  | {
      readonly ready: false;
      readonly code: ErrorCode;
      readonly reason: string;
      readonly retryable: boolean;
    };

/** Resolves when it has left, or cannot. Without a parent there is nobody to tell. */
export function tellParent(news: NodeNews): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(news, undefined, undefined, () => resolve());
  });
}

/** An end for a reason that is not a bug. */
export function newsOf(error: unknown): NodeNews | undefined {
  if (!(error instanceof OperatingError)) return undefined;
  return { ready: false, code: error.code, reason: error.message, retryable: error.retryable };
}

/** A bug ends the node: nobody knows what still holds. */
export function endOnBugs(observer: LogAndMetrics): void {
  const crash = (event: string) => (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    observer.log('error', event, { reason: messageOf(error), stack });
    observer.flush();
    process.exit(CRASHED);
  };
  process.on('uncaughtException', crash('uncaught exception'));
  process.on('unhandledRejection', crash('unhandled rejection'));
}
