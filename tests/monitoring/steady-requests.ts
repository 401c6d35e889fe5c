/** Some writes a second, each read again, at several levels, whatever becomes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Owner } from '../integration/real-cluster.js';

const PAUSE_MILLISECONDS = 40;
const TIMEOUT_MILLISECONDS = 2000;
const LEVELS = ['quorum', 'one', 'eventual'];

export interface SteadyRequests {
  stop(): Promise<void>;
}

/** @param urls of the nodes, which may be down */
export function steadyRequests(owner: Owner, urls: () => readonly string[]): SteadyRequests {
  let isOver = false;
  const ask = async (i: number): Promise<void> => {
    const all = urls();
    const level = LEVELS[i % LEVELS.length] ?? '';
    const isWrite = i % 2 === 0;
    await fetch(`${all[i % all.length]}/api/v1/kv/steady-${Math.floor(i / 2)}`, {
      method: isWrite ? 'PUT' : 'GET',
      headers: { 'Content-Type': 'application/json', 'X-Consistency-Level': level },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      ...(isWrite ? { body: JSON.stringify({ value: i }) } : {}),
    })
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined);
  };
  const run = (async () => {
    for (let i = 0; !isOver; i += 1) {
      await ask(i);
      await sleep(PAUSE_MILLISECONDS);
    }
  })();
  const stop = (): Promise<void> => {
    isOver = true;
    return run;
  };
  owner.teardown(stop);
  return { stop };
}
