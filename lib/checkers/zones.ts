/**
 * What the zones of values forbid (Gibbons and Korach 1997, "Testing shared memories"). It takes
 * n log n, so it judges histories of any length; the search for an order may give up on long ones.
 *
 * Each strong write has a name of its own and replaces all that is live. So its value is live for
 * one stretch of time, and no other strong value is live meanwhile. The zone of a value is from
 * the first end to the last beginning of the operations that saw it live, its write among them.
 * Where it goes forward, the value was live all the while: no other forward zone may overlap it,
 * and nothing that saw another state may have begun and ended within it. A strong write that says
 * what it replaced comes right behind that: both share a zone.
 *
 * Of keys that are only read and written at `strong` (`isRegister`) nothing else can be wrong. On
 * all others, what is found is wrong, and some of what is wrong is not found: plain writes of other
 * levels may add siblings, which do not end the strong value, and deletes leave nothing, again and
 * again.
 */
import type { KeyOperation, LiveSet } from './linearizability.js';

/** What the zone of a value, or an operation, spans. */
interface Span {
  readonly name: string;
  readonly firstEnd: number;
  readonly lastBeginning: number;
}

interface Zone {
  readonly name: string;
  /** When its write began. */
  readonly began: number;
  readonly isStrong: boolean;
  firstEnd: number;
  lastBeginning: number;
  /** The strong write that says that it replaced it. */
  replacedBy: string | undefined;
  /** Undefined where that is a delete. */
  next: Zone | undefined;
  isBehindAnother: boolean;
}

/** The state of a register before its first write, as if somebody had written it long ago. */
const NOTHING = 'nothing';
const LONG_AGO = { began: Number.NEGATIVE_INFINITY, ended: Number.NEGATIVE_INFINITY };

/** Do the zones decide alone whether it has an order? */
export function isRegister(operations: readonly KeyOperation[]): boolean {
  return operations.every(({ does }) => does.kind === 'read' || isValue(does));
}

/** What no single copy could have answered; none where the zones show nothing of that kind. */
export function zoneFaults(operations: readonly KeyOperation[]): string[] {
  const zones = new KeyZones(isRegister(operations));
  const effective = effectiveOf(operations);
  for (const operation of effective) zones.write(operation);
  for (const operation of effective) zones.look(operation);
  return zones.faults();
}

class KeyZones {
  readonly #isRegister: boolean;
  readonly #zones = new Map<string, Zone>();
  readonly #strongWrites: Span[] = [];
  /** Operations that saw, or left, no strong value. */
  readonly #empty: Span[] = [];
  readonly #faults: string[] = [];

  constructor(asRegister: boolean) {
    this.#isRegister = asRegister;
    if (asRegister) this.#open({ id: NOTHING, ...LONG_AGO }, true);
  }

  write({ id, began, ended, does }: KeyOperation): void {
    if (does.kind === 'read') return;
    if (does.kind === 'write') this.#strongWrites.push(spanOf({ id, began, ended }));
    if (isValue(does)) this.#open({ id, began, ended }, does.kind === 'write');
    else if (does.kind === 'write') this.#empty.push(spanOf({ id, began, ended }));
  }

  /** Once all writes are known. */
  look(operation: KeyOperation): void {
    const { id, does } = operation;
    const shown = shownTo(operation);
    if (shown === undefined) return;
    if (contradicts(does)) this.#faults.push(`${id} was answered what its condition excludes`);
    const names = this.#isRegister && shown.length === 0 ? [NOTHING] : [...new Set(shown)];
    const strong = names.flatMap((name) => this.#see(name, operation) ?? []);
    const [one, other] = strong.filter(({ isStrong }) => isStrong);
    if (one !== undefined && other !== undefined) {
      this.#faults.push(`${id} saw two strong writes side by side: ${one.name} and ${other.name}`);
    } else if (one === undefined) {
      if (does.kind === 'read') this.#empty.push(spanOf(operation));
    } else if (does.kind === 'write') {
      this.#replace(one, id);
    }
  }

  faults(): string[] {
    const zones = [...this.#zones.values()];
    const strong = this.#joined(zones.filter(({ isStrong }) => isStrong));
    const plain = zones.filter(({ isStrong }) => !isStrong);
    return [
      ...this.#faults,
      ...overlaps(strong),
      ...within(strong, [...strong.filter((span) => !isForward(span)), ...this.#empty]),
      // A strong write would have ended them.
      ...within(plain, this.#strongWrites),
    ];
  }

  #open(
    { id: name, began, ended }: Pick<KeyOperation, 'id' | 'began' | 'ended'>,
    isStrong: boolean,
  ) {
    const times = { began, firstEnd: ended, lastBeginning: began };
    const alone = { replacedBy: undefined, next: undefined, isBehindAnother: false };
    this.#zones.set(name, { name, isStrong, ...times, ...alone });
  }

  #see(name: string, { id, began, ended }: KeyOperation): Zone | undefined {
    const zone = this.#zones.get(name);
    if (zone === undefined) {
      this.#faults.push(`${id} saw ${name}, which nobody wrote`);
      return undefined;
    }
    if (ended < zone.began) this.#faults.push(`${id} saw ${name} before that was written`);
    zone.firstEnd = Math.min(zone.firstEnd, ended);
    zone.lastBeginning = Math.max(zone.lastBeginning, began);
    return zone;
  }

  #replace(zone: Zone, by: string): void {
    if (zone.replacedBy !== undefined) {
      this.#faults.push(`${zone.replacedBy} and ${by} have both replaced ${zone.name}`);
      return;
    }
    zone.replacedBy = by;
    zone.next = this.#zones.get(by);
    if (zone.next !== undefined) zone.next.isBehindAnother = true;
  }

  /** Values of which each replaced the one before share one zone. */
  #joined(zones: readonly Zone[]): Span[] {
    let count = 0;
    const joined = zones.flatMap((first): Span[] => {
      if (first.isBehindAnother) return [];
      let { name, firstEnd, lastBeginning } = first;
      count += 1;
      for (let zone = first.next; zone !== undefined; zone = zone.next) {
        count += 1;
        if (zone.firstEnd < lastBeginning) {
          this.#faults.push(`${zone.name} was seen before what it replaced, or before that ended`);
        }
        name = `${first.name} to ${zone.name}`;
        firstEnd = Math.min(firstEnd, zone.firstEnd);
        lastBeginning = Math.max(lastBeginning, zone.lastBeginning);
      }
      return [{ name, firstEnd, lastBeginning }];
    });
    if (count < zones.length) this.#faults.push('writes have replaced each other in a ring');
    return joined;
  }
}

/** An open write counts where somebody saw it: then it took effect. */
function effectiveOf(operations: readonly KeyOperation[]): KeyOperation[] {
  const effective = operations.filter(({ isOpen }) => !isOpen);
  const open = new Map<string, KeyOperation>();
  for (const operation of operations) {
    if (operation.isOpen && operation.does.kind !== 'read') open.set(operation.id, operation);
  }
  // What an open write saw counts, too, once that write does.
  for (const operation of effective) {
    for (const name of shownTo(operation) ?? []) {
      const write = open.get(name);
      if (write === undefined) continue;
      open.delete(name);
      effective.push(write);
    }
  }
  return effective;
}

/** What was live when it took effect; undefined: it does not say. */
function shownTo({ does }: KeyOperation): LiveSet | undefined {
  if (does.kind === 'read') return does.found;
  return does.kind === 'write' ? (does.replaced ?? does.expected) : undefined;
}

function isValue(does: KeyOperation['does']): boolean {
  return does.kind !== 'read' && !does.isDelete;
}

function contradicts(does: KeyOperation['does']): boolean {
  if (does.kind === 'read') return does.unless !== undefined && isSame(does.unless, does.found);
  if (does.kind !== 'write' || does.expected === undefined) return false;
  return does.replaced !== undefined && !isSame(does.expected, does.replaced);
}

function isSame(one: LiveSet, other: LiveSet): boolean {
  const [left, right] = [new Set(one), new Set(other)];
  return left.size === right.size && [...left].every((name) => right.has(name));
}

function spanOf({ id, began, ended }: Pick<KeyOperation, 'id' | 'began' | 'ended'>): Span {
  return { name: id, firstEnd: ended, lastBeginning: began };
}

function isForward({ firstEnd, lastBeginning }: Span): boolean {
  return firstEnd < lastBeginning;
}

function forwardOf(spans: readonly Span[]): Span[] {
  return spans.filter(isForward).sort((a, b) => a.firstEnd - b.firstEnd);
}

/** Forward zones that overlap. */
function overlaps(spans: readonly Span[]): string[] {
  let longest: Span | undefined;
  return forwardOf(spans).flatMap((span) => {
    const before = longest;
    longest = laterOf(before, span);
    if (before === undefined || before.lastBeginning <= span.firstEnd) return [];
    return [`the zones of ${before.name} and ${span.name} overlap`];
  });
}

/** What began and ended within a forward zone. */
function within(outer: readonly Span[], inner: readonly Span[]): string[] {
  const forward = forwardOf(outer);
  const faults: string[] = [];
  let longest: Span | undefined;
  let place = 0;
  for (const span of [...inner].sort((a, b) => a.lastBeginning - b.lastBeginning)) {
    for (
      let zone = forward[place];
      zone !== undefined && zone.firstEnd < span.lastBeginning;
      zone = forward[place]
    ) {
      longest = laterOf(longest, zone);
      place += 1;
    }
    if (longest !== undefined && span.firstEnd < longest.lastBeginning) {
      faults.push(`${span.name} lies within the zone of ${longest.name}`);
    }
  }
  return faults;
}

function laterOf(one: Span | undefined, other: Span): Span {
  return one === undefined || one.lastBeginning < other.lastBeginning ? other : one;
}
