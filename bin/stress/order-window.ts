/**
 * The order of the strong operations on one key, judged piece by piece, so that a long load needs
 * little memory: a piece ends where nothing is under way (docs/testing.md, checkers "zones" and
 * "order").
 */
import { judgeKey, type KeyOperation } from '../../lib/checkers/linearizability.js';
import { isRegister, zoneFaults } from '../../lib/checkers/zones.js';

/** A piece is judged once it has so many operations; or later, where the key is never quiet. */
const OPERATIONS = 64;
/** Of a longer piece the zones are judged, and no order is searched: it would take too long. */
const SEARCHED_MAX = 1000;
/** Beyond so many the key is judged no more, and it is said: it would take too much memory. */
const OPERATIONS_MAX = 100_000;

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
    const wrong = whatIsWrong(this.#operations);
    if (wrong !== undefined) this.#onWrong(`${this.#operations.length} operations: ${wrong}`);
    // A key has one writer at a time (stress-run.ts). So the piece left behind the last write that
    // was answered, or one without an answer that may still take effect.
    const writes = this.#operations.filter(({ does }) => does.kind !== 'read');
    const open = writes.filter(({ isOpen }) => isOpen);
    const last = writes.filter(({ isOpen }) => !isOpen).at(-1);
    this.#operations = last === undefined ? open : [last, ...open];
  }
}

function whatIsWrong(operations: readonly KeyOperation[]): string | undefined {
  const [fault] = zoneFaults(operations);
  if (fault !== undefined || operations.length > SEARCHED_MAX) return fault;
  const verdict = judgeKey(operations);
  const isDecided = verdict === 'undecided' && isRegister(operations);
  return verdict === 'linearizable' || isDecided ? undefined : verdict;
}
