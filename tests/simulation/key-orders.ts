/**
 * What happened to each key that was read or written at `strong`, for the search for an order
 * (lib/checkers/linearizability.ts). The effect of a write is taken from where it was made: what
 * its context covered there it removes, wherever it comes.
 */
import type { KeyOperation, KeyOrder, LiveSet } from '../../lib/checkers/linearizability.js';
import type { RecordedWrite, VersionName } from '../../lib/checkers/history.js';
import { majority } from '../../lib/replication/quorum.js';
import { type Context, covers } from '../../lib/versioning/context.js';
import { dotText, parseDot } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';

/** A version, as it was made. */
interface Made {
  readonly version: VersionName;
  readonly isDelete: boolean;
  /** What it removes of what it meets; but these. */
  readonly covered: Context;
  readonly spared: readonly VersionName[];
  /** At `strong`, it was counted then. */
  readonly isStrong: boolean;
  readonly at: number;
}

interface KeyLog {
  readonly made: Map<VersionName, Made>;
  readonly observed: KeyOperation[];
}

const NEVER = Number.POSITIVE_INFINITY;

export class KeyOrders {
  readonly #logs = new Map<string, KeyLog>();

  /** By a plain write, or by the claim of a blind one. */
  made(key: string, one: Omit<Made, 'isStrong'>): void {
    this.#logOf(key).made.set(one.version, { ...one, isStrong: false });
  }

  /** A state was counted: what it holds and nobody has made before is there from now on. */
  chosen(key: string, { versions, context }: Siblings, at: number): void {
    const { made } = this.#logOf(key);
    const held = versions.map(({ dot }) => dotText(dot));
    for (const { dot, state } of versions) {
      const version = dotText(dot);
      if (made.has(version) || state === 'stub') continue;
      const isDelete = state === 'tombstone';
      made.set(version, { version, isDelete, covered: context, spared: held, isStrong: true, at });
    }
  }

  /**
   * A read at `strong`, or a write whose condition did not hold.
   * @param unless what the live set was not
   */
  observed(
    key: string,
    { began, ended }: Pick<KeyOperation, 'began' | 'ended'>,
    found: LiveSet,
    unless?: LiveSet,
  ): void {
    const { observed } = this.#logOf(key);
    const id = `observation ${observed.length + 1}`;
    const does = { kind: 'read', found, unless } as const;
    observed.push({ id, began, ended, isOpen: false, does });
  }

  /** @param isJudged false: a disk may have lost what a majority held */
  of(
    writes: readonly RecordedWrite[],
    replicaCount: number,
    isJudged: (key: string) => boolean,
  ): KeyOrder[] {
    const orders: KeyOrder[] = [];
    for (const [key, { made, observed }] of this.#logs) {
      const all = [...made.values()];
      const isStrong = observed.length > 0 || all.some((one) => one.isStrong);
      if (!isStrong || !isJudged(key)) continue;
      const answered = new Map<VersionName, RecordedWrite>();
      for (const write of writes) {
        if (write.key === key && write.version !== undefined) answered.set(write.version, write);
      }
      const operations = all.flatMap((one) => [
        operationOf(one, all, answered.get(one.version), majority(replicaCount)),
        ...endOf(one, answered.get(one.version)),
      ]);
      orders.push({ key, operations: [...operations, ...observed] });
    }
    return orders;
  }

  #logOf(key: string): KeyLog {
    const known = this.#logs.get(key);
    if (known !== undefined) return known;
    const log: KeyLog = { made: new Map(), observed: [] };
    this.#logs.set(key, log);
    return log;
  }
}

function operationOf(
  one: Made,
  all: readonly Made[],
  answered: RecordedWrite | undefined,
  needed: number,
): KeyOperation {
  const { version: id, isDelete, isStrong, at } = one;
  const isAcknowledged = answered?.outcome === 'acknowledged' && answered.holders >= needed;
  const answeredAt = isAcknowledged ? (answered.ended ?? NEVER) : NEVER;
  const removes = removedBy(one, all);
  const add = { kind: 'add', isDelete, removes, follows: [] } as const;
  if (!isStrong) {
    return { id, began: at, ended: answeredAt, isOpen: !isAcknowledged, does: add };
  }
  const isClients = answered?.resolves === undefined && Number.isFinite(answered?.began);
  const began = isClients ? (answered?.began ?? 0) : 0;
  const times = { began, ended: Math.min(at, answeredAt), isOpen: false };
  // Beside what it spares it removes what its writer had seen; else all, and at once.
  if (one.spared.some((other) => other !== id)) return { id, ...times, does: add };
  const isAnswered = isAcknowledged && answered.resolves === undefined;
  const replaced = isAnswered && answered.isBlind === true ? answered.seen : undefined;
  const does = { kind: 'write', isDelete, expected: answered?.expected, replaced } as const;
  return { id, ...times, does };
}

function removedBy({ version, covered, spared }: Made, all: readonly Made[]): VersionName[] {
  return all.flatMap((other) => {
    const dot = other.version === version ? undefined : parseDot(other.version);
    const isRemoved = dot !== undefined && covers(covered, dot) && !spared.includes(other.version);
    return isRemoved ? [other.version] : [];
  });
}

/** Its time is over at some moment, or never is. */
function endOf({ version }: Made, answered: RecordedWrite | undefined): KeyOperation[] {
  if (answered?.expiry === undefined) return [];
  const does = { kind: 'add', isDelete: true, removes: [version], follows: [] } as const;
  const id = `end of ${version}`;
  return [{ id, began: answered.expiry.from, ended: NEVER, isOpen: true, does }];
}
