/** What clients of the small random world did and were answered, and whether that has an order. */
import { judgeKey, type KeyOperation } from '../../../lib/checkers/linearizability.js';
import { zoneFaults } from '../../../lib/checkers/zones.js';
import { valuesOf } from '../../../lib/consensus/decision.js';
import { type Dot, dotText, parseDot } from '../../../lib/versioning/dot.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';

/** More operations make the search for an order long. */
export const OPERATIONS_MAX = 30;

const NEVER = Number.POSITIVE_INFINITY;

export type Kind = 'read' | 'put' | 'compare' | 'delete' | 'plain' | 'expiry';

/** An operation of a client, or what happened by itself. */
export interface Entry {
  readonly id: number;
  readonly kind: Kind;
  readonly key: string;
  readonly began: number;
  ended: number;
  /** Of a comparison: what must be live. */
  readonly expected: readonly string[];
  /** `refused`: on a state that it names; `none`: it never takes effect, and no more is said. */
  outcome: 'done' | 'refused' | 'none' | undefined;
  /** What was live when it was decided, as its answer says. */
  live: readonly string[] | undefined;
  /** When it was last proposed. */
  proposed: number | undefined;
  /** Of a plain write that was stored: a delete; what it supersedes; what it was written after. */
  isDelete: boolean;
  removes: readonly string[] | undefined;
  follows: readonly string[];
}

export class Ledger {
  readonly entries: Entry[] = [];
  readonly #byDot = new Map<string, Entry>();
  /** Dots of which a majority, or somebody who learned it, knows that they took effect. */
  readonly #applied = new Set<string>();
  readonly #read = new Set<string>();
  readonly voided = new Set<string>();
  /** Writes that were acknowledged, by key: plain ones at quorum, and strong ones. */
  readonly #acknowledged = new Map<string, Set<Entry>>();
  readonly #dots = new Map<Entry, Dot>();
  readonly findings: string[] = [];
  #now = 0;

  tick(): number {
    this.#now += 1;
    return this.#now;
  }

  begin(kind: Kind, key: string, expected: readonly string[] = []): Entry {
    const entry: Entry = {
      ...{ id: this.entries.length, kind, key, began: this.tick(), ended: NEVER, expected },
      ...{ outcome: undefined, live: undefined, proposed: undefined },
      ...{ isDelete: kind === 'delete', removes: undefined, follows: [] },
    };
    this.entries.push(entry);
    return entry;
  }

  end(
    entry: Entry,
    outcome: 'done' | 'refused' | 'none',
    live: readonly string[] | undefined,
  ): void {
    if (entry.outcome !== undefined) {
      if (entry.kind !== 'read' && entry.outcome !== outcome) this.find('two answers', entry);
      return;
    }
    entry.outcome = outcome;
    entry.live = live;
    entry.ended = this.tick();
    if (entry.kind !== 'read' && outcome === 'done') this.acknowledge(entry);
  }

  acknowledge(entry: Entry): void {
    const known = this.#acknowledged.get(entry.key) ?? new Set();
    this.#acknowledged.set(entry.key, known.add(entry));
  }

  acknowledgedOf(key: string): readonly Entry[] {
    return [...(this.#acknowledged.get(key) ?? [])];
  }

  find(what: string, entry?: Pick<Entry, 'kind' | 'id' | 'key'>): void {
    const who = entry === undefined ? '' : ` ${entry.kind} ${entry.id} ${entry.key}`;
    this.findings.push(`${what}${who}`);
  }

  named(dot: Dot, entry: Entry): void {
    this.#byDot.set(dotText(dot), entry);
    this.#dots.set(entry, dot);
  }

  dotOf(entry: Entry): Dot | undefined {
    return this.#dots.get(entry);
  }

  entryOf(dot: Dot): Entry {
    const entry = this.#byDot.get(dotText(dot));
    if (entry === undefined) throw new Error(`${dotText(dot)} belongs to nothing`);
    return entry;
  }

  dots(): Iterable<readonly [string, Entry]> {
    return this.#byDot;
  }

  applied(state: Siblings): void {
    for (const { dot } of state.versions) this.#applied.add(dotText(dot));
  }

  /** Was returned to a plain reader at quorum. */
  readBy(state: Siblings | undefined): void {
    for (const { dot } of state?.versions ?? []) this.#read.add(dotText(dot));
  }

  wasRead(text: string): boolean {
    return this.#read.has(text);
  }

  /** Names of values that are live in a state. */
  liveOf(state: Siblings | undefined): string[] {
    return valuesOf(state).map(({ dot }) => nameOf(this.entryOf(dot)));
  }

  /** What a plain write supersedes, and what had taken effect before, as its context says. */
  noteSeen(entry: Entry, covers: (dot: Dot) => boolean, dotOf: (text: string) => Dot): void {
    const seen = [...this.#byDot].filter(
      ([text, other]) =>
        other !== entry && other.key === entry.key && !this.voided.has(text) && covers(dotOf(text)),
    );
    entry.removes = seen.map(([, other]) => nameOf(other));
    entry.follows = seen
      .filter(([text, other]) => other.kind !== 'plain' && this.#applied.has(text))
      .map(([, other]) => nameOf(other));
  }

  /** Each key's operations must have an order. */
  judge(keys: readonly string[]): void {
    for (const key of keys) {
      const operations = this.#operationsOf(key);
      const verdict = judgeKey(operations);
      if (verdict === 'not linearizable') this.findings.push(`no order ${key}`);
      this.findings.push(...zoneFaults(operations).map((fault) => `zones ${key}: ${fault}`));
    }
  }

  #operationsOf(key: string): KeyOperation[] {
    const entries = this.entries.filter((entry) => entry.key === key);
    const reads = entries.filter(({ kind, outcome }) => kind === 'read' && outcome !== undefined);
    return entries.flatMap((entry): KeyOperation[] => {
      const isOpen = entry.outcome === undefined;
      const isPlain = entry.kind === 'plain' || entry.kind === 'expiry';
      // A strong read settles what was proposed before it began.
      const { proposed } = entry;
      const until = reads
        .filter(({ began }) => proposed !== undefined && began > proposed)
        .reduce((least, { ended }) => Math.min(least, ended), NEVER);
      const ended = isOpen && !isPlain ? until : entry.ended;
      const doing = doingOf(entry);
      if (doing === undefined) return [];
      return [{ id: nameOf(entry), began: entry.began, ended, isOpen, does: doing }];
    });
  }
}

export function nameOf({ id }: Pick<Entry, 'id'>): string {
  return `w${id}`;
}

function doingOf(entry: Entry): KeyOperation['does'] | undefined {
  const { kind, outcome, live, expected, isDelete, removes, follows } = entry;
  switch (kind) {
    case 'read':
      return outcome === 'none' ? undefined : { kind: 'read', found: live ?? [] };
    case 'plain':
    case 'expiry':
      return removes === undefined ? undefined : { kind: 'add', isDelete, removes, follows };
    default: {
      if (outcome === 'none') return undefined;
      const condition = kind === 'compare' ? expected : undefined;
      if (outcome === 'refused') return { kind: 'read', found: live ?? [], unless: condition };
      return { kind: 'write', isDelete, expected: condition, replaced: live };
    }
  }
}

export function dotOf(text: string): Dot {
  const dot = parseDot(text);
  if (dot === undefined) throw new Error(`no dot: ${text}`);
  return dot;
}
