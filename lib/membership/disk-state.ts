/** What a node says of its disk, and what the status makes of it. */
import type { StallWatch } from '../persistence/stall-watch.js';
import type { Store } from '../persistence/store.js';

/** `stalled`: it does not answer. `read_only`: it is nearly full. */
export type DiskState = 'ok' | 'read_only' | 'stalled' | 'failed';

export interface WatchedDisk {
  readonly store: Pick<Store, 'failure' | 'refusal'>;
  readonly stalls: Pick<StallWatch, 'stalledMilliseconds'>;
}

export function diskStateOf({ store, stalls }: WatchedDisk): DiskState {
  if (store.failure !== undefined) return 'failed';
  if (stalls.stalledMilliseconds > 0) return 'stalled';
  return store.refusal === undefined ? 'ok' : 'read_only';
}

/** Why not everything can be done here, where the node serves. */
export function diskReason({ store, stalls }: WatchedDisk): string | undefined {
  const { stalledMilliseconds } = stalls;
  if (stalledMilliseconds === 0) return store.refusal?.message;
  const seconds = Math.floor(stalledMilliseconds / 1000);
  return `the disk of this node has not answered for ${seconds} s`;
}

/** A node of another build may say what this one does not know. */
const ALERTS: ReadonlyMap<string | undefined, string> = new Map([
  ['read_only', 'is nearly full: it takes no writes'],
  ['stalled', 'does not answer: what is written there waits'],
  ['failed', 'failed'],
]);

/** Nothing, or one sentence. */
export function diskAlerts(id: string, state: DiskState | undefined): string[] {
  const alert = ALERTS.get(state);
  return alert === undefined ? [] : [`the disk of ${id} ${alert}`];
}
