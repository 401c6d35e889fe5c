/** Asks endpoints whether they answer at all, one after the other; the first that does, wins. */
import type { HttpTransport } from './transport.js';

export interface Probed {
  /** Undefined: none answered in time. */
  readonly winner: string | undefined;
  /** Those that were asked and did not answer, or not before the winner. */
  readonly failed: readonly { readonly endpoint: string; readonly reason: string }[];
}

const PROBE = { method: 'GET', path: '/healthz', headers: { 'user-agent': 'quorate' } } as const;
/** A node that has not answered by then is waited for, while the next is asked too. */
const STAGGER_MILLISECONDS = 250;

/** @param endpoints origins, at least one, in the order of preference. Never rejects. */
export function firstToAnswer(
  transport: HttpTransport,
  endpoints: readonly string[],
  timeoutMilliseconds: number,
): Promise<Probed> {
  const race = new AbortController();
  const failed: { readonly endpoint: string; readonly reason: string }[] = [];
  const waiting = new Set<string>();
  const rest = endpoints.values();
  return new Promise((resolve) => {
    let stagger: ReturnType<typeof setTimeout> | undefined;
    const end = (winner: string | undefined, reason: string): void => {
      if (race.signal.aborted) return;
      clearTimeout(stagger);
      clearTimeout(limit);
      if (winner !== undefined) waiting.delete(winner);
      for (const endpoint of waiting) failed.push({ endpoint, reason });
      race.abort();
      resolve({ winner, failed });
    };
    const next = (): void => {
      clearTimeout(stagger);
      const { value: endpoint } = rest.next();
      if (endpoint === undefined) {
        if (waiting.size === 0) end(undefined, '');
        return;
      }
      waiting.add(endpoint);
      stagger = setTimeout(next, STAGGER_MILLISECONDS);
      void transport.send(endpoint, PROBE, race.signal).then((answer) => {
        // Whatever it answers: it does.
        if (answer.kind === 'http') end(endpoint, 'silent');
        if (race.signal.aborted || answer.kind === 'http') return;
        waiting.delete(endpoint);
        failed.push({ endpoint, reason: answer.reason });
        next();
      });
    };
    const limit = setTimeout(() => end(undefined, 'silent'), timeoutMilliseconds);
    next();
  });
}
