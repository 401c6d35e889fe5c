/**
 * Some writes a second, each read again, at several levels, whatever becomes of them; and reads of
 * a namespace that limits its clients, where there is one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Owner } from '../integration/real-cluster.js';

const PAUSE_MILLISECONDS = 40;
const TIMEOUT_MILLISECONDS = 2000;
/** What reads ask; writes ask the same, but for a level that no write has. */
const LEVELS = [
  'quorum',
  'one',
  'all',
  'eventual',
  'strong',
  'session',
  'bounded-staleness;max=60s',
];
/** Of `all`, while nodes are away. */
const FALLBACK = { 'X-Consistency-Fallback': 'one' };
const WRITES_IN_ITS_PLACE = 'quorum';

/** Of keys of it. */
export const LIMITED_NAMESPACE = 'limited';

export interface SteadyRequests {
  stop(): Promise<void>;
}

async function send(url: string, options: RequestInit): Promise<void> {
  await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
}

/** @param urls of the nodes, which may be down */
export function steadyRequests(owner: Owner, urls: () => readonly string[]): SteadyRequests {
  let isOver = false;
  const ask = async (i: number): Promise<void> => {
    const all = urls();
    const url = all[i % all.length] ?? '';
    const isWrite = i % 2 === 0;
    const asked = LEVELS[Math.floor(i / 2) % LEVELS.length] ?? '';
    const level = isWrite && asked.startsWith('bounded') ? WRITES_IN_ITS_PLACE : asked;
    const limited = send(`${url}/api/v1/namespaces/${LIMITED_NAMESPACE}/kv/k`, {});
    await send(`${url}/api/v1/kv/steady-${Math.floor(i / 2)}`, {
      method: isWrite ? 'PUT' : 'GET',
      headers: {
        ...{ 'Content-Type': 'application/json', 'X-Consistency-Level': level },
        ...(level === 'all' ? FALLBACK : {}),
      },
      ...(isWrite ? { body: JSON.stringify({ value: i }) } : {}),
    });
    await limited;
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
