/**
 * What clients of real nodes did and were answered, as checkers read it. No node is looked into:
 * the version of a write without an answer is known only once somebody is shown its value.
 */
import { readParts } from '../../lib/checkers/checked-value.js';
import type {
  FinalState,
  History,
  RecordedRead,
  RecordedWrite,
  SessionStep,
  VersionName,
} from '../../lib/checkers/history.js';
import type { KeyOperation, KeyOrder, LiveSet } from '../../lib/checkers/linearizability.js';
import { majority } from '../../lib/replication/quorum.js';
import type { Answer, ReadAnswer, Receipt } from '../simulation/kv-answer.js';

/** A write as its client knows it. */
export interface MixedWrite {
  readonly id: string;
  readonly key: string;
  readonly kind: RecordedWrite['kind'];
  readonly began: number;
  /** What its context had shown; undefined: it has none. */
  readonly shown: readonly VersionName[] | undefined;
  /** Of a comparison: what the values were to be. */
  readonly expected: readonly VersionName[] | undefined;
  readonly isStrong: boolean;
  ended: number | undefined;
  outcome: RecordedWrite['outcome'];
  version: VersionName | undefined;
  replaced: readonly VersionName[];
  /** Of a comparison that did not hold: the versions that it met, where it was reported. */
  met: readonly VersionName[] | undefined;
  holders: number;
  session: SessionStep | undefined;
}

/** At these a read repairs a majority before it answers. */
const REPAIRING = new Set(['quorum', 'all', 'strong']);

export class ClientHistory {
  readonly #replicaCount: number;
  readonly #writes: MixedWrite[] = [];
  readonly #reads: RecordedRead[] = [];

  constructor(replicaCount: number) {
    this.#replicaCount = replicaCount;
  }

  begin(
    write: Pick<MixedWrite, 'key' | 'kind' | 'began' | 'shown' | 'expected' | 'isStrong'>,
  ): MixedWrite {
    const begun: MixedWrite = {
      ...{ ...write, id: `w${this.#writes.length + 1}`, outcome: 'open', holders: 0 },
      ...{ ended: undefined, version: undefined, replaced: [], met: undefined, session: undefined },
    };
    this.#writes.push(begun);
    return begun;
  }

  /** @param answer undefined: there was none, and nobody knows */
  ended(write: MixedWrite, answer: Answer | undefined, at: number): void {
    write.ended = at;
    if (answer?.kind === 'written') {
      write.outcome = 'acknowledged';
      write.version = answer.version;
      write.replaced = answer.replaced;
      write.holders = answer.receipt.answered;
    } else if (answer?.kind === 'refused' && answer.outcome === 'none') {
      write.outcome = 'refused';
      if (answer.code === 'precondition_failed') write.met = answer.met;
    }
  }

  read(
    read: Pick<RecordedRead, 'key' | 'began' | 'ended' | 'session'>,
    { versions, receipt }: Pick<ReadAnswer, 'versions' | 'receipt'>,
  ): RecordedRead {
    const isRepaired = REPAIRING.has(receipt.level) && this.#isMajority(receipt);
    const recorded: RecordedRead = {
      ...{ ...read, id: `r${this.#reads.length + 1}`, versions, bound: receipt.bound },
      ...{ answered: receipt.answered, repaired: isRepaired ? majority(this.#replicaCount) : 0 },
      ...{ settles: REPAIRING.has(receipt.level), atStrong: receipt.level === 'strong' },
    };
    this.#reads.push(recorded);
    return recorded;
  }

  /** @param finals of the keys, once all was healed */
  history(finals: readonly FinalState[]): History {
    const names = this.#names(finals);
    const nameless = this.#nameless(names);
    const dropped = new Set([...nameless, ...this.#unjudged(names)]);
    const after = afterWithout(dropped, [...this.#writes, ...this.#reads]);
    const writes = this.#writes
      .filter(({ key }) => !dropped.has(key))
      .map((write) => this.#recorded(write, names, after(write)));
    const reads = this.#reads
      .filter(({ key }) => !dropped.has(key))
      .map((read) => ({ ...read, session: after(read) }));
    return {
      ...{ replicaCount: this.#replicaCount, writes, reads, orders: this.#orders(names, nameless) },
      finals: finals.filter(({ key }) => !dropped.has(key)),
    };
  }

  /**
   * `order`: keys of which only the order is judged, since nobody was told what was replaced there.
   * `none`: keys of which not even that is.
   */
  unjudgedKeys(finals: readonly FinalState[]): { readonly order: number; readonly none: number } {
    const names = this.#names(finals);
    return { order: this.#unjudged(names).size, none: this.#nameless(names).size };
  }

  #isMajority({ answered }: Receipt): boolean {
    return answered >= majority(this.#replicaCount);
  }

  #names(finals: readonly FinalState[]): Names {
    const names = new Names();
    for (const { key, id, version } of this.#writes) {
      if (version !== undefined) names.note(key, version, id);
    }
    for (const { key, versions } of [...this.#reads, ...finals]) {
      for (const { version, value } of versions) {
        const [part] = value === undefined ? [] : (readParts(value, key) ?? []);
        if (part !== undefined) names.note(key, version, part.writeId);
      }
    }
    return names;
  }

  /** A strong write without a context and without an answer, that took effect. */
  #unjudged(names: Names): ReadonlySet<string> {
    const open = this.#writes.filter(({ outcome, shown, expected, key, kind, id }) => {
      const isBlind = outcome === 'open' && shown === undefined && expected === undefined;
      return isBlind && (kind === 'delete' || names.versionOf(key, id) !== undefined);
    });
    return new Set(open.map(({ key }) => key));
  }

  /**
   * Keys on which a write without an answer took effect under a version that is reported, and
   * replaced before anybody was shown its value: nobody can say which write that was.
   */
  #nameless(names: Names): ReadonlySet<string> {
    const open = new Set(
      this.#writes.flatMap(({ outcome, key }) => (outcome === 'open' ? key : [])),
    );
    const isNameless = ({ key, shown = [], expected = [], replaced, met = [] }: MixedWrite) =>
      [...shown, ...expected, ...replaced, ...met].some(
        (version) => names.idOf(key, version) === undefined,
      );
    return new Set(
      this.#writes.filter((one) => open.has(one.key) && isNameless(one)).map((one) => one.key),
    );
  }

  #recorded(write: MixedWrite, names: Names, session: SessionStep | undefined): RecordedWrite {
    const { id, key, kind, outcome, shown, expected, isStrong } = write;
    const isOpen = outcome === 'open';
    // What is deleted is shown to nobody: it may have taken effect.
    const unseen = isOpen && kind === 'delete' ? `delete ${id}` : undefined;
    const version = write.version ?? names.versionOf(key, id) ?? unseen;
    const isBlind = shown === undefined;
    return {
      ...{ id, key, kind, version, session, isBlind, atStrong: isStrong, expected },
      ...{ began: write.began, ended: write.ended, holders: write.holders },
      outcome: isOpen && version === undefined ? 'refused' : outcome,
      seen: shown ?? (isOpen ? (expected ?? []) : write.replaced),
      consulted: isBlind && isStrong ? majority(this.#replicaCount) : 0,
    };
  }

  #orders(names: Names, without: ReadonlySet<string>): KeyOrder[] {
    const byKey = new Map<string, KeyOperation[]>();
    const add = (key: string, operation: KeyOperation): void => {
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, [operation]);
      else known.push(operation);
    };
    const pasts = new Pasts(this.#writes, names);
    for (const write of this.#writes) {
      const operation = this.#operation(write, names, pasts);
      if (operation !== undefined) add(write.key, operation);
    }
    for (const { id, key, began, ended, versions, atStrong } of this.#reads) {
      if (atStrong !== true) continue;
      const found = versions.map(({ version }) => names.idOf(key, version) ?? version);
      add(key, { id, began, ended, isOpen: false, does: { kind: 'read', found } });
    }
    return [...byKey]
      .filter(([key]) => !without.has(key))
      .map(([key, operations]) => ({ key, operations }));
  }

  #operation(write: MixedWrite, names: Names, pasts: Pasts): KeyOperation | undefined {
    const { id, key, kind, began, ended = began, outcome, holders, isStrong } = write;
    const idsOf = (versions: readonly VersionName[] | undefined): LiveSet | undefined =>
      versions?.map((version) => names.idOf(key, version) ?? version);
    const expected = idsOf(write.expected);
    if (outcome === 'refused') {
      const found = idsOf(write.met);
      if (found === undefined) return undefined;
      return { id, began, ended, isOpen: false, does: { kind: 'read', found, unless: expected } };
    }
    const isDelete = kind === 'delete';
    const isDone = outcome === 'acknowledged' && holders >= majority(this.#replicaCount);
    const times = { id, began, ended: isDone ? ended : Number.POSITIVE_INFINITY, isOpen: !isDone };
    if (!isStrong || write.shown !== undefined) {
      const removes = [...pasts.of(id)];
      return { ...times, does: { kind: 'add', isDelete, removes, follows: [] } };
    }
    const replaced = outcome === 'acknowledged' ? idsOf(write.replaced) : undefined;
    return { ...times, does: { kind: 'write', isDelete, expected, replaced } };
  }
}

/** Which version is of which write. */
class Names {
  readonly #ids = new Map<string, string>();
  readonly #versions = new Map<string, VersionName>();

  note(key: string, version: VersionName, id: string): void {
    this.#ids.set(`${key} ${version}`, id);
    this.#versions.set(`${key} ${id}`, version);
  }

  idOf(key: string, version: VersionName): string | undefined {
    return this.#ids.get(`${key} ${version}`);
  }

  versionOf(key: string, id: string): VersionName | undefined {
    return this.#versions.get(`${key} ${id}`);
  }
}

/** What the context of a write covered: what it had shown, what that had replaced, and so on. */
class Pasts {
  readonly #writes: ReadonlyMap<string, MixedWrite>;
  readonly #names: Names;
  readonly #pasts = new Map<string, ReadonlySet<string>>();

  constructor(writes: readonly MixedWrite[], names: Names) {
    this.#writes = new Map(writes.map((write) => [write.id, write]));
    this.#names = names;
  }

  of(id: string): ReadonlySet<string> {
    const known = this.#pasts.get(id);
    if (known !== undefined) return known;
    const past = new Set<string>();
    const write = this.#writes.get(id);
    const seen = write?.shown ?? write?.expected ?? write?.replaced ?? [];
    for (const version of seen) {
      const earlier = this.#names.idOf(write?.key ?? '', version);
      if (earlier === undefined || past.has(earlier)) continue;
      past.add(earlier);
      for (const one of this.of(earlier)) past.add(one);
    }
    this.#pasts.set(id, past);
    return past;
  }
}

type Step = Pick<RecordedRead, 'id' | 'key' | 'session'>;

/** The steps of a session without those on some keys: what came before these stays before. */
function afterWithout(
  dropped: ReadonlySet<string>,
  steps: readonly Step[],
): (step: Step) => SessionStep | undefined {
  const gone = new Map(steps.filter(({ key }) => dropped.has(key)).map((step) => [step.id, step]));
  const kept = (ids: readonly string[]): string[] =>
    ids.flatMap((id) => {
      const step = gone.get(id);
      return step === undefined ? [id] : kept(step.session?.after ?? []);
    });
  return ({ session }) => session && { ...session, after: kept(session.after) };
}
