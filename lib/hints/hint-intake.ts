/** What a target does with hints: merges those that it can, and sets the rate of the next. */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import { assert, OperatingError } from '../errors.js';
import { byDeadline, ownDeadline } from '../environment/by-deadline.js';
import type { Ownership } from '../partitioning/ownership.js';
import { recordKey } from '../persistence/keyspace.js';
import type { ArrivedCopy } from '../replica/group-apply.js';
import type { Replica } from '../replica/replica.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Lag } from '../replication/lag.js';
import { DELIVER } from './messages.js';
import { type Bucket, fullBucket, paceOf, take } from './pace.js';

export interface HintIntakeOptions {
  readonly ownership: Ownership;
  readonly replica: Replica;
  readonly store: Store;
  readonly clock: Clock;
  readonly foreground: ForegroundLoad;
  readonly lag: Lag;
  readonly observer: Observer;
  /** Hints that this node takes in a second, from all holders together. */
  readonly hintsPerSecondMax: number;
  readonly hintBatchSize: number;
}

interface Arrived {
  readonly namespace: string;
  readonly key: string;
  readonly record: Uint8Array;
}

/** A hint for a key of which this node is an owner. */
interface OwnedHint extends ArrivedCopy {
  /** In the message. */
  readonly place: number;
}

/** Share of the time that a holder waits: the answer must still get back. */
const SHARE_OF_TIME = 0.9;

/** Registers the handler; called once, when the ring is known. */
export function serveHintIntake(messenger: Messenger, options: HintIntakeOptions): void {
  const { store, clock, foreground, lag, hintsPerSecondMax, hintBatchSize } = options;
  const limits = { perSecond: hintsPerSecondMax, batchSize: hintBatchSize };
  let bucket: Bucket = fullBucket(limits, clock.monotonicMilliseconds());

  messenger.handle(DELIVER, async ({ hints }, { deadline }) => {
    lag.noteHints();
    bucket = take(bucket, hints.length, limits, clock.monotonicMilliseconds());
    const until = ownDeadline(clock, deadline, SHARE_OF_TIME);
    const refused = await refusedOf(options, hints, until);
    bucket = take(bucket, 0, limits, clock.monotonicMilliseconds());
    const load = { share: foreground.backgroundShare, queueFill: store.queueFill };
    return { refused, pace: paceOf(bucket, limits, load) };
  });
}

/**
 * Takes the hints together: one transaction, synced once. A version keeps its dots, so that one
 * that is taken twice changes nothing.
 * @returns by place, the code of each hint that is not merged and synced by then
 */
async function refusedOf(
  options: HintIntakeOptions,
  hints: readonly Arrived[],
  until: number,
): Promise<[place: number, code: string][]> {
  const { ownership, clock } = options;
  const { partitionCount } = ownership;
  const codes = new Map<number, string>();
  const owned: OwnedHint[] = [];
  for (const [place, { namespace, key, record: bytes }] of hints.entries()) {
    const at = recordKey(namespace, key, partitionCount);
    const isOwn = ownership.isOwn(at.partition);
    codes.set(place, isOwn ? 'deadline_passed' : 'wrong_epoch');
    if (isOwn) owned.push({ place, at, bytes, durability: 'sync' });
  }
  const taken = takeOwned(options, owned, codes);
  // What was queued may still reach the disk.
  const message = 'the disk of this node did not take it in time';
  const late = () => new OperatingError('deadline_passed', message, { outcome: 'unknown' });
  await byDeadline(clock, taken, until, late).catch((error: unknown) => {
    if (!(error instanceof OperatingError)) throw error;
  });
  return [...codes];
}

/** Resolves when each has its outcome: what is taken leaves `codes`, a refusal changes its code. */
function takeOwned(
  { replica, observer }: HintIntakeOptions,
  owned: readonly OwnedHint[],
  codes: Map<number, string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = owned.length;
    if (open === 0) resolve();
    replica.take(owned, (outcomes) => {
      for (const { place: index, error } of outcomes) {
        const place = owned[index]?.place;
        assert(place !== undefined, 'what is settled was taken');
        if (error === undefined) codes.delete(place);
        else if (error instanceof OperatingError) {
          const { code, message: reason } = error;
          codes.set(place, code);
          observer.log('debug', 'a hint was not taken', { code, reason });
        } else reject(error);
      }
      open -= outcomes.length;
      if (open === 0) resolve();
    });
  });
}
