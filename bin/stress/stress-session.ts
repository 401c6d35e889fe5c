/** The sessions that the requests of a load are of, and what each must be shown. */
import type { Floor, KeyHistory, StressOutcome } from './key-history.js';

export interface StressSession {
  /** What it has seen; undefined: nothing yet, or its level has no sessions. */
  readonly token: string | undefined;
  /** What a read that begins now must not be answered below. */
  floorOf(key: KeyHistory): Floor;
  /**
   * Judges an answer.
   * @param values what the read found; they were judged before
   * @param floor taken when it began
   */
  judge(key: KeyHistory, values: readonly unknown[], floor: Floor): string | undefined;
  beginWrite(key: KeyHistory, sequence: number): void;
  /** @param token of the answer; undefined: it had none */
  endWrite(
    key: KeyHistory,
    sequence: number,
    written: StressOutcome,
    token: string | undefined,
  ): void;
  endRead(token: string | undefined): void;
}

/** One for each key: it sees its own writes. Several of its reads may be under way. */
export class KeySession implements StressSession {
  token: string | undefined;

  floorOf({ acknowledged }: KeyHistory): Floor {
    return this.token === undefined ? 0 : acknowledged;
  }

  judge(key: KeyHistory, values: readonly unknown[], floor: Floor): string | undefined {
    return key.judgeNewest(values, floor);
  }

  beginWrite(): void {
    // Nobody else writes the key.
  }

  endWrite(_: KeyHistory, __: number, written: StressOutcome, token: string | undefined): void {
    if (written === 'acknowledged') this.token = token;
  }

  endRead(): void {
    // Reads that end in another order than they began must not take its token back.
  }
}
