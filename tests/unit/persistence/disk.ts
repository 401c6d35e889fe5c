/** A node's persistence as node.ts assembles it, over a disk that can crash. */
import { HybridClock } from '../../../lib/versioning/hybrid-clock.js';
import { Hints } from '../../../lib/persistence/hints.js';
import { countStart } from '../../../lib/persistence/identity.js';
import type { Intent } from '../../../lib/persistence/intent.js';
import { Minter } from '../../../lib/persistence/minter.js';
import { PartitionClocks } from '../../../lib/persistence/partition-clocks.js';
import { Replica } from '../../../lib/persistence/replica.js';
import { Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage, ManualClock, SeededRandom } from '../fakes.js';

export const PARTITIONS = 4;

export interface DiskOptions {
  readonly node?: string;
  readonly storage?: HeldStorage;
  readonly seed?: number;
  readonly contextBytesMax?: number;
  readonly recordBytesMax?: number;
  readonly hintsBytesMax?: number;
  readonly hintsTargetBytesMax?: number;
  readonly cacheBytesMax?: number;
  /** For negative controls: a start that is not counted. */
  readonly start?: number;
}

export async function openDisk(options: DiskOptions = {}) {
  const { node = 'n1', storage = new HeldStorage(), seed = 1 } = options;
  const observer = new CountingObserver();
  const clock = new ManualClock();
  const store = new Store({ storage, observer, queueBytesMax: 10_000_000 });
  const start = options.start ?? (await countStart(store, node));
  const random = new SeededRandom(seed + 1_000 * start);
  const clocks = await PartitionClocks.open(store);
  const minter = new Minter({ node, start, random });
  const hybridClock = new HybridClock(clock);
  const limits = {
    contextBytesMax: options.contextBytesMax ?? 8_192,
    recordBytesMax: options.recordBytesMax ?? 1_000_000,
  };
  const replica = new Replica({
    ...{ store, clocks, clock, hybridClock, minter, observer },
    cacheBytesMax: options.cacheBytesMax ?? 1_000_000,
    ...limits,
  });
  const hints = await Hints.open({
    ...{ store, clock, hybridClock, minter, observer },
    ...limits,
    hintsBytesMax: options.hintsBytesMax ?? 1_000_000,
    hintsTargetBytesMax: options.hintsTargetBytesMax ?? 1_000_000,
  });
  return { store, start, clocks, minter, replica, hints, observer, storage, clock };
}

export type Disk = Awaited<ReturnType<typeof openDisk>>;

/** A blind write of a text. */
export function intentOf(text: string, fields: Partial<Intent> = {}): Intent {
  const change = {
    state: 'value',
    contentType: 'text/plain',
    value: Buffer.from(text),
    ttlSeconds: undefined,
  } as const;
  const blind = { seen: undefined, met: undefined, overwriteSiblings: false, epoch: 1 };
  return { change, ...blind, ...fields };
}

export const nothingElse = (): void => undefined;
