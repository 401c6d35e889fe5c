/** The delivery of hints to one target: batch by batch, as fast as the target says (Dynamo 4.6). */
import type { Cancel, Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { takesNothingNow } from '../persistence/store-refusals.js';
import type { Hint } from './hint-records.js';
import type { HintPage, Hints } from './hints.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import { DELIVER } from './messages.js';
import { type Pace, within } from './pace.js';

export interface DeliveryOptions {
  readonly hints: Hints;
  readonly messenger: Messenger;
  readonly view: ClusterView;
  readonly clock: Clock;
  /** Most hints, and bytes of them, of one message; a single hint may be larger. */
  readonly hintBatchSize: number;
  readonly hintBatchBytesMax: number;
  readonly timeoutMilliseconds: number;
}

/** Weight of the newest batch in the smoothed rate. */
const SMOOTHING = 0.1;
/** Longer pauses say that the target sets the pace, not the work. */
const PACED_MILLISECONDS = 200;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #target: NodeId;
  #pace: Pace;
  /** On the monotonic clock: when the last batch was answered, and since when the rate is taken. */
  #answeredAt: number;
  #measuredAt: number;
  #endPause: (() => void) | undefined;
  #stopped = false;
  /** Hints a second, smoothed; undefined until some were taken. */
  rate: number | undefined;
  /** The code with which this run, or the last, was refused: why hints remain. */
  refusalCode: string | undefined;
  /** Hints that were taken in this run or the last. */
  taken = 0;

  constructor(options: DeliveryOptions, target: NodeId) {
    this.#options = options;
    this.#target = target;
    this.#pace = { hints: options.hintBatchSize, afterMilliseconds: 0 };
    this.#answeredAt = options.clock.monotonicMilliseconds();
    this.#measuredAt = this.#answeredAt;
  }

  /** Does it wait now because the target asked for that? */
  get isPaced(): boolean {
    return this.#endPause !== undefined && this.#pace.afterMilliseconds >= PACED_MILLISECONDS;
  }

  stop(): void {
    this.#stopped = true;
    this.#endPause?.();
  }

  /**
   * Delivers all that is held. A hint that is refused delays no other, and is tried again in the
   * next run. Where the target takes nothing now (its disk failed, it has too much to do), the run
   * ends.
   * @throws OperatingError `storage_failed` of this node
   */
  async run(): Promise<void> {
    const { hints, view, clock, hintBatchSize, hintBatchBytesMax } = this.#options;
    let from: string | undefined = '';
    this.taken = 0;
    this.refusalCode = undefined;
    this.#measuredAt = clock.monotonicMilliseconds();
    while (from !== undefined && !this.#stopped && view.isUp(this.#target)) {
      await this.#pause();
      const limit = Math.min(hintBatchSize, this.#pace.hints);
      const page: HintPage = await hints.page(this.#target, from, limit, hintBatchBytesMax);
      const codes = page.hints.length === 0 ? [] : await this.#send(page.hints);
      this.refusalCode ??= codes.find((code) => code !== undefined);
      const passing = codes.find((code) => code !== undefined && takesNothingNow(code));
      if (passing !== undefined) {
        this.refusalCode = passing;
        return;
      }
      const rebuilt = rebuiltPartition(page, codes);
      from = rebuilt === undefined ? page.next : hints.behind(this.#target, rebuilt);
    }
  }

  /**
   * Sends a batch and removes what was taken; one code a hint, undefined where it was taken. The
   * versions of a hint keep their dots, so one that is delivered again changes nothing.
   */
  async #send(batch: readonly Hint[]): Promise<(string | undefined)[]> {
    const { messenger, clock, hints, hintBatchSize, timeoutMilliseconds } = this.#options;
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    const body = {
      hints: batch.map(({ at, bytes }) => ({
        namespace: at.namespace,
        key: at.key,
        record: bytes,
      })),
    };
    let refused: ReadonlyMap<number, string>;
    try {
      const reply = await messenger.request(this.#target, DELIVER, body, deadline);
      refused = new Map(reply.refused);
      this.#pace = within(reply.pace, hintBatchSize);
      this.#answeredAt = clock.monotonicMilliseconds();
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return batch.map(() => error.code);
    }
    const left = batch.filter((_, place) => !refused.has(place));
    const taken = left.length === 0 ? 0 : await hints.remove(left, 'delivered');
    this.#measure(taken);
    return batch.map((_, place) => refused.get(place));
  }

  #measure(taken: number): void {
    const now = this.#options.clock.monotonicMilliseconds();
    const seconds = (now - this.#measuredAt) / 1000;
    this.#measuredAt = now;
    this.taken += taken;
    if (taken === 0 || seconds <= 0) return;
    const sample = taken / seconds;
    this.rate = this.rate === undefined ? sample : this.rate + SMOOTHING * (sample - this.rate);
  }

  /** Until the target wants to be sent the next batch, or this delivery is stopped. */
  #pause(): Promise<void> {
    const { clock } = this.#options;
    const due = this.#answeredAt + this.#pace.afterMilliseconds;
    const left = due - clock.monotonicMilliseconds();
    if (left <= 0 || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#endPause = undefined;
        resolve();
      };
      const cancel: Cancel = clock.after(left, end);
      this.#endPause = end;
    });
  }
}

/**
 * The partition at the end of a page that the target rebuilds, where there are more hints. It takes
 * none of them before that is done: the rest waits for the next run.
 */
function rebuiltPartition(
  { hints, next }: HintPage,
  codes: readonly (string | undefined)[],
): number | undefined {
  const last = hints.at(-1)?.at.partition;
  const rebuilt = hints.some((hint, i) => codes[i] === 'rebuilding' && hint.at.partition === last);
  return next !== undefined && rebuilt ? last : undefined;
}
