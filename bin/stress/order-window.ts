/**
 * The order of the strong operations on one key, judged piece by piece, so that a long load needs
 * little memory: a piece ends where nothing is under way (docs/testing.md, checker "order").
 */
import { judgeKey, type KeyOperation } from '../../lib/checkers/linearizability.js';

/** A piece is judged once it has so many operations; or later, where the key is never quiet. */
const OPERATIONS = 64;
/** Beyond so many the key is judged no more, and it is said: the search would take too long. */
const OPERATIONS_MAX = 1000;

const NEVER = Number.POSITIVE_INFINITY;

type Ended = Pick<KeyOperation, 'id' | 'began' | 'does'> & {
  /** Undefined: nobody was told how it went. */
  readonly ended: number | undefined;
};

export class OrderWindow {
  readonly #onWrong: (message: string) => void;
  readonly #onGivenUp: () => void;
  #operations: KeyOperation[] = [];
  /** Operations that are under way. */
  #open = 0;
  #isGivenUp = false;

  constructor(onWrong: (message: string) => void, onGivenUp: () => void) {
    this.#onWrong = onWrong;
    this.#onGivenUp = onGivenUp;
  }

  /** It is judged with the others once it has ended, or was given up as refused. */
  begin(): void {
    this.#open += 1;
  }

  /** @param operation undefined: it was refused, and nothing happened */
  end(operation: Ended | undefined): void {
    this.#open -= 1;
    if (operation !== undefined && !this.#isGivenUp) {
      const { ended = NEVER } = operation;
      this.#operations.push({ ...operation, ended, isOpen: ended === NEVER });
    }
    if (this.#operations.length > OPERATIONS_MAX) {
      this.#isGivenUp = true;
      this.#onGivenUp();
      this.#operations = [];
    }
    if (this.#open === 0 && this.#operations.length >= OPERATIONS) this.judge();
  }

  /** What has come since the last time. */
  judge(): void {
    const verdict = judgeKey(this.#operations);
    if (verdict !== 'linearizable') {
      this.#onWrong(`${this.#operations.length} operations: ${verdict}`);
    }
    // A key has one writer at a time (stress-run.ts). So the piece left behind the last write that
    // was answered, or one without an answer that may still take effect.
    const writes = this.#operations.filter(({ does }) => does.kind !== 'read');
    const open = writes.filter(({ isOpen }) => isOpen);
    const last = writes.filter(({ isOpen }) => !isOpen).at(-1);
    this.#operations = last === undefined ? open : [last, ...open];
  }
}
