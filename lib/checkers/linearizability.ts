/**
 * Is there an order of the operations on one key, each between its beginning and its end, that a
 * single copy could have answered? (Herlihy and Wing 1990; the search is Wing and Gong 1993, with
 * states remembered as in Lowe 2017.) The sequential type is a set of live siblings: strong writes
 * replace all of it, plain writes of other levels are concurrent adds.
 */

type WriteId = string;

/** One operation on the key. Times are on one clock. */
export interface KeyOperation {
  /** Of a write: unique among the operations of the key, and its name in live sets. */
  readonly id: WriteId;
  readonly began: number;
  /**
   * When it was answered. Of an open one: when the latest is that it can take effect, by what the
   * store promises; infinite where nothing is promised.
   */
  readonly ended: number;
  /** Nobody learned how it went: it takes effect once, or never. */
  readonly isOpen: boolean;
  readonly does: Doing;
}

type Doing =
  /** A strong read, or a write that was refused since its condition did not hold. */
  | { readonly kind: 'read'; readonly found: LiveSet; readonly unless?: LiveSet | undefined }
  | StrongWrite
  | PlainWrite;

/** Replaces the whole live set. */
export interface StrongWrite {
  readonly kind: 'write';
  readonly isDelete: boolean;
  /** Its condition: the live set must be this. */
  readonly expected?: LiveSet | undefined;
  /** What it was said to have replaced; undefined where nothing was said. */
  readonly replaced?: LiveSet | undefined;
}

/** Adds one sibling and removes those that its writer had seen; also what ends by itself. */
interface PlainWrite {
  readonly kind: 'add';
  /** A delete, or an expiry: nothing is added. */
  readonly isDelete: boolean;
  readonly removes: readonly WriteId[];
  /** Operations that had certainly taken effect when this was written. */
  readonly follows: readonly WriteId[];
}

/** All operations on a key. */
export interface KeyOrder {
  readonly key: string;
  readonly operations: readonly KeyOperation[];
}

/** The writes whose values are live; a set, in any order. */
export type LiveSet = readonly WriteId[];

export type LinearizabilityVerdict = 'linearizable' | 'not linearizable' | 'undecided';

/** Beyond so many states the search gives up. */
const STATES_MAX = 300_000;

/** A set of operations, one bit each. */
type Mask = bigint;

interface Step {
  readonly bit: Mask;
  readonly began: number;
  readonly ended: number;
  readonly isOpen: boolean;
  readonly kind: 'read' | 'write' | 'add';
  /** What it adds. */
  readonly adds: Mask;
  /** Of an add: what it removes. */
  readonly removes: Mask;
  /** All these must have been taken before. */
  readonly follows: Mask;
  /** What the live set must be; undefined: anything. */
  readonly wants: Mask | undefined;
  /** What the live set must not be. */
  readonly refuses: Mask | undefined;
}

/** @param statesMax how far to search before the verdict is `undecided` */
export function judgeKey(
  operations: readonly KeyOperation[],
  statesMax: number = STATES_MAX,
): LinearizabilityVerdict {
  const search = new Search(stepsOf(operations), statesMax);
  const isFound = search.from({ taken: 0n, live: 0n, gone: 0n });
  if (search.isSpent) return 'undecided';
  return isFound ? 'linearizable' : 'not linearizable';
}

function stepsOf(operations: readonly KeyOperation[]): Step[] {
  const relevant = operations.filter(({ does, isOpen }) => !(isOpen && does.kind === 'read'));
  const bits = new Map<WriteId, Mask>();
  relevant.forEach(({ id, does }, place) => {
    if (does.kind !== 'read') bits.set(id, 1n << BigInt(place));
  });
  // What nobody wrote cannot be live: a bit that no operation adds.
  const unwritten = 1n << BigInt(relevant.length);
  const maskOf = (ids: LiveSet, unknown = unwritten): Mask =>
    ids.reduce((mask, id) => mask | (bits.get(id) ?? unknown), 0n);
  const liveOf = (set: LiveSet | undefined) => (set === undefined ? undefined : maskOf(set));
  return relevant.map(({ began, ended, isOpen, does }, place) => {
    const bit = 1n << BigInt(place);
    const base = { bit, began, ended, isOpen, kind: does.kind, removes: 0n, follows: 0n };
    if (does.kind === 'read') {
      return { ...base, adds: 0n, wants: maskOf(does.found), refuses: liveOf(does.unless) };
    }
    const adds = does.isDelete ? 0n : bit;
    if (does.kind === 'add') {
      const follows = maskOf(does.follows, 0n);
      const removes = maskOf(does.removes, 0n);
      return { ...base, adds, removes, follows, wants: undefined, refuses: undefined };
    }
    const { expected, replaced } = does;
    const wants = liveOf(expected ?? replaced);
    // Two claims that differ: no live set is both.
    const refuses =
      wants !== undefined && liveOf(replaced ?? expected) !== wants ? wants : undefined;
    return { ...base, adds, wants, refuses };
  });
}

interface State {
  /** The operations that were taken. */
  readonly taken: Mask;
  readonly live: Mask;
  /** What was superseded: it is not added any more. */
  readonly gone: Mask;
}

class Search {
  readonly #steps: readonly Step[];
  readonly #due: Mask;
  readonly #seen = new Set<string>();
  readonly #statesMax: number;

  constructor(steps: readonly Step[], statesMax: number) {
    this.#steps = steps;
    this.#due = steps.reduce((mask, { bit, isOpen }) => (isOpen ? mask : mask | bit), 0n);
    this.#statesMax = statesMax;
  }

  get isSpent(): boolean {
    return this.#seen.size > this.#statesMax;
  }

  /** Can all that was answered be taken, one after the other, from here? */
  from(state: State): boolean {
    if ((state.taken & this.#due) === this.#due) return true;
    const name = `${state.taken} ${state.live} ${state.gone}`;
    if (this.isSpent || this.#seen.has(name)) return false;
    this.#seen.add(name);
    const next = this.#possible(state);
    // A read that changes nothing, and that nothing is lost by: at once, in whatever order.
    const free = next.find((step) => step.kind === 'read' && !this.#closes(state, step));
    if (free !== undefined) return this.from(after(state, free));
    return next.some((step) => this.from(after(state, step)));
  }

  /** What may come next; what was answered before what is open. */
  #possible(state: State): Step[] {
    const left = this.#steps.filter(({ bit }) => (state.taken & bit) === 0n);
    const bound = left.reduce(
      (least, { isOpen, ended }) => (isOpen ? least : Math.min(least, ended)),
      Number.POSITIVE_INFINITY,
    );
    const due = left.filter((step) => step.began <= bound && this.#isInTime(state, step));
    const answered = due.filter(({ isOpen }) => !isOpen);
    return [...answered, ...helpful(state, due)].filter((step) => fits(state, step));
  }

  /** An open operation cannot come after what began when its time was over. */
  #isInTime({ taken }: State, step: Step): boolean {
    if (!step.isOpen || step.ended === Number.POSITIVE_INFINITY) return true;
    return !this.#steps.some(({ bit, began }) => (taken & bit) !== 0n && began > step.ended);
  }

  /** Would this end the time of an open operation that may still take effect? */
  #closes({ taken }: State, step: Step): boolean {
    return this.#steps.some(
      ({ bit, isOpen, ended }) => isOpen && (taken & bit) === 0n && ended < step.began,
    );
  }
}

function fits({ taken, live }: State, { wants, refuses, follows }: Step): boolean {
  if (wants !== undefined && wants !== live) return false;
  return refuses !== live && (taken & follows) === follows;
}

/**
 * An open operation is taken as late as it can be: where another does not find what it wants, or
 * follows, and this brings it nearer. What nobody ever sees need not be taken. One whose time will
 * be over may have to be taken before.
 */
function helpful(state: State, due: readonly Step[]): Step[] {
  const open = due.filter(({ isOpen }) => isOpen);
  const wanting = due.filter(({ isOpen, kind }) => !isOpen || kind === 'write');
  const helping = open.filter((step) => {
    const isBounded = step.ended !== Number.POSITIVE_INFINITY && !isIdle(state, step);
    return isBounded || wanting.some((one) => helps(state, step, one));
  });
  // What these follow comes first.
  for (const step of helping) {
    for (const other of open) {
      const isFollowed = (other.bit & step.follows & ~state.taken) !== 0n;
      if (isFollowed && !helping.includes(other)) helping.push(other);
    }
  }
  return helping;
}

/** An open one that would change nothing need not be taken. */
function isIdle(state: State, step: Step): boolean {
  const { live, gone } = after(state, step);
  return step.kind === 'add' && live === state.live && gone === state.gone;
}

function helps({ taken, live, gone }: State, step: Step, { wants, follows }: Step): boolean {
  if ((step.bit & follows & ~taken) !== 0n) return true;
  if (wants === undefined || wants === live) return false;
  if (step.kind === 'write') return true;
  const isMissing = (step.adds & wants & ~live & ~gone) !== 0n;
  return isMissing || (step.removes & live & ~wants) !== 0n;
}

function after({ taken, live, gone }: State, step: Step): State {
  const all = taken | step.bit;
  switch (step.kind) {
    case 'read':
      return { taken: all, live, gone };
    case 'write':
      return { taken: all, live: step.adds, gone: gone | live };
    case 'add': {
      const kept = live & ~step.removes;
      const added = (gone & step.bit) === 0n ? step.adds : 0n;
      return { taken: all, live: kept | added, gone: gone | step.removes };
    }
  }
}
