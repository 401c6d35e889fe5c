/** Which write had seen which, as far as clients can know (docs/testing.md). */
import type { VersionName, RecordedWrite } from './history.js';

/** Of one key, since the names of versions are unique within a key only. */
export class Causality {
  readonly #byVersion = new Map<VersionName, RecordedWrite>();
  /** Version -> the stored writes whose writers had been shown it, or that took it. */
  readonly #successors = new Map<VersionName, RecordedWrite[]>();
  readonly #pasts = new Map<VersionName, ReadonlySet<VersionName>>();

  /** @param writes of the key */
  private constructor(writes: readonly RecordedWrite[]) {
    for (const write of writes) {
      if (write.version === undefined) continue;
      this.#byVersion.set(write.version, write);
      for (const seen of [...write.seen, ...(write.took ?? [])]) {
        const successors = this.#successors.get(seen);
        if (successors === undefined) this.#successors.set(seen, [write]);
        else successors.push(write);
      }
    }
  }

  /** The causality of each key; an empty one for a key that was never written. */
  static byKey(writes: readonly RecordedWrite[]): (key: string) => Causality {
    const grouped = new Map<string, RecordedWrite[]>();
    for (const write of writes) {
      const group = grouped.get(write.key);
      if (group === undefined) grouped.set(write.key, [write]);
      else group.push(write);
    }
    const byKey = new Map([...grouped].map(([key, group]) => [key, new Causality(group)]));
    const none = new Causality([]);
    return (key) => byKey.get(key) ?? none;
  }

  writeOf(version: VersionName): RecordedWrite | undefined {
    return this.#byVersion.get(version);
  }

  /** Had the writer of `later` seen `earlier`, or a version whose writer had, and so on? */
  covers(later: VersionName, earlier: VersionName): boolean {
    return this.#pastOf(later).has(earlier);
  }

  /** Did a blind write take the version, after it was stored itself? */
  took(taker: VersionName, version: VersionName): boolean {
    return this.#byVersion.get(taker)?.took?.includes(version) === true;
  }

  /** The stored writes whose writers had been shown the version itself, or that took it. */
  successorsOf(version: VersionName): readonly RecordedWrite[] {
    return this.#successors.get(version) ?? [];
  }

  /**
   * Is `version` among `shown`, or may it rightly be missing, because something that was stored by
   * a writer who had seen it accounts for it? Deletes need not be shown, nor what may have expired.
   * @param at when the answer was given: what began or ended its time later accounts for nothing
   */
  accountsFor(shown: ReadonlySet<VersionName>, version: VersionName, at: number): boolean {
    const visited = new Set<VersionName>();
    const open = [version];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (visited.has(next)) continue;
      visited.add(next);
      if (shown.has(next) || this.mayBeGone(next, at)) return true;
      for (const { version: later, began } of this.#successors.get(next) ?? []) {
        if (later !== undefined && began <= at) open.push(later);
      }
    }
    return false;
  }

  /** A delete, or a value whose time may have ended. */
  mayBeGone(version: VersionName, at: number): boolean {
    const write = this.#byVersion.get(version);
    return write?.kind === 'delete' || (write?.expiry?.from ?? Number.POSITIVE_INFINITY) <= at;
  }

  #pastOf(version: VersionName): ReadonlySet<VersionName> {
    const known = this.#pasts.get(version);
    if (known !== undefined) return known;
    const past = new Set<VersionName>();
    const open = [...(this.#byVersion.get(version)?.seen ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (past.has(next)) continue;
      past.add(next);
      for (const seen of this.#byVersion.get(next)?.seen ?? []) open.push(seen);
    }
    this.#pasts.set(version, past);
    return past;
  }
}
