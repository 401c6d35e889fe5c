/** Many requests wait for one signal with one listener on it: platforms warn of many listeners. */

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * @param then is called once, when it is aborted from now on
 * @returns ends the wait
 */
export function onAbort(signal: AbortSignal, then: () => void): () => void {
  const calls = waiting.get(signal) ?? listenTo(signal);
  const call = (): void => then();
  calls.add(call);
  return () => void calls.delete(call);
}

/** For as long as the signal lives: it holds nothing of requests that are over. */
function listenTo(signal: AbortSignal): Set<() => void> {
  const calls = new Set<() => void>();
  waiting.set(signal, calls);
  const abort = (): void => {
    for (const call of calls) call();
    calls.clear();
  };
  signal.addEventListener('abort', abort, { once: true });
  return calls;
}
