/** What ends a node: signals, a parent that went away, a bug. */
import { messageOf } from '../../lib/errors.js';
import type { LogAndMetrics } from '../../lib/platform/observer.js';
import { CRASHED } from '../exit-code.js';

/** What a node tells the process that spawned it. */
export interface NodeNews {
  readonly ready: true;
}

/** What a person, a supervisor, and a terminal that closes send. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A stop that takes longer is cut: what was acknowledged is on the disk. */
const STOP_TIMEOUT_MILLISECONDS = 15_000;

/** Resolves with the reason. Later signals are borne: Ctrl-C reaches a whole group twice. */
export function untilToldToStop(observer: LogAndMetrics): Promise<string> {
  const crash = (event: string) => (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    observer.log('error', event, { reason: messageOf(error), stack });
    observer.flush();
    process.exit(CRASHED);
  };
  process.on('uncaughtException', crash('uncaught exception'));
  process.on('unhandledRejection', crash('unhandled rejection'));
  return new Promise((resolve) => {
    const stop = (reason: string): void => {
      setTimeout(() => {
        observer.log('error', 'the stop took too long');
        observer.flush();
        process.exit(CRASHED);
      }, STOP_TIMEOUT_MILLISECONDS).unref();
      resolve(reason);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, () => stop(signal));
    // The channel closes with the parent, however that ended.
    process.on('disconnect', () => stop('the parent went away'));
  });
}

export function tellParent(news: NodeNews): void {
  process.send?.(news, undefined, undefined, () => undefined);
}
