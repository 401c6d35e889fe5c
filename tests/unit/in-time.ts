/** What never comes fails its test with a message, not with the deadline of the whole file. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 1;

/** Resolves or rejects as the promise does. */
export async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(PATIENCE_MILLISECONDS, undefined, { signal: stop.signal, ref: false }).then(
    () => {
      throw new Error(`waited in vain for ${what}`);
    },
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => undefined);
    stop.abort();
  }
}

export async function reached(what: string, holds: () => boolean | Promise<boolean>) {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(POLL_MILLISECONDS);
  }
}
