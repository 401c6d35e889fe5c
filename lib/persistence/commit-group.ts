/** What is written to the storage in one batch; see store.ts. */
import type { Observer } from '../environment/observer.js';
import type { Storage, StorageOperation } from '../environment/storage.js';
import type { OperatingError } from '../errors.js';
import { encodeStored, readStored } from './checksummed.js';
import { SINGLE_KEYS } from './keyspace.js';

const COMMIT_KEY = SINGLE_KEYS.commit;

/** While one is in flight, the next gathers. */
export interface CommitGroup {
  readonly entries: Map<string, Uint8Array | undefined>;
  bytes: number;
  sync: boolean;
  /** Does anybody wait for it, be it that nothing is to be written? */
  awaited: boolean;
  readonly done: Promise<void>;
  readonly settle: (error?: OperatingError) => void;
}

export function emptyGroup(): CommitGroup {
  let settle: (error?: OperatingError) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // A group without a waiter still fails loudly, through the store's observer.
  done.catch(() => undefined);
  return { entries: new Map(), bytes: 0, sync: false, awaited: false, done, settle };
}

export function operationsOf({ entries }: CommitGroup): StorageOperation[] {
  return [...entries].map(([key, value]) =>
    value === undefined ? { type: 'delete', key } : { type: 'put', key, value },
  );
}

/** Part of every batch that is synced: so it is as durable as what it numbers. */
export function commitOperation(commit: number): StorageOperation {
  return { type: 'put', key: COMMIT_KEY, value: encodeStored(COMMIT_KEY, commit) };
}

/** A damaged one counts as none: peers remember a higher one, and the disk as rolled back. */
export function storedCommit(storage: Storage, observer: Observer): number {
  const stored = storage.get(COMMIT_KEY);
  return stored === undefined ? 0 : Number(readStored(COMMIT_KEY, stored, observer) ?? 0);
}
