/** What a target does with hints: merges those that it can, and sets the rate of the next. */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';
import { byDeadline } from '../environment/by-deadline.js';
import type { Ownership } from '../partitioning/ownership.js';
import { recordKey } from '../persistence/keyspace.js';
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

/** Share of the time that a holder waits: the answer must still get back. */
const SHARE_OF_TIME = 0.9;

/** Registers the handler; called once, when the ring is known. */
export function serveHintIntake(messenger: Messenger, options: HintIntakeOptions): void {
  const { store, clock, foreground, lag, hintsPerSecondMax, hintBatchSize } = options;
  const limits = { perSecond: hintsPerSecondMax, batchSize: hintBatchSize };
  let bucket: Bucket = fullBucket(limits, clock.monotonicMilliseconds());

  messenger.handle(DELIVER, async ({ hints }, { deadline }) => {
    const now = clock.monotonicMilliseconds();
    lag.noteHints();
    bucket = take(bucket, hints.length, limits, now);
    const until = now + (deadline - now) * SHARE_OF_TIME;
    const codes = await Promise.all(hints.map((hint) => refusalOf(options, hint, until)));
    const refused = codes.flatMap((code, place) =>
      code === undefined ? [] : [[place, code] satisfies [number, string]],
    );
    bucket = take(bucket, 0, limits, clock.monotonicMilliseconds());
    const load = { share: foreground.backgroundShare, queueFill: store.queueFill };
    return { refused, pace: paceOf(bucket, limits, load) };
  });
}

/** Undefined where the hint is merged and synced. The version keeps its dots: twice is once. */
async function refusalOf(
  options: HintIntakeOptions,
  { namespace, key, record }: Arrived,
  until: number,
): Promise<string | undefined> {
  const { ownership, replica, clock, observer } = options;
  const at = recordKey(namespace, key, ownership.partitionCount);
  if (!ownership.isOwn(at.partition)) return 'wrong_epoch';
  try {
    await byDeadline(clock, replica.mergeAndVouch(at, record, 'sync'), until);
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    observer.log('debug', 'a hint was not taken', { code: error.code, reason: error.message });
    return error.code;
  }
}
