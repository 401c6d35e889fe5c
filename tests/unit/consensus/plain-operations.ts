/** Plain writes and reads of other levels in the small world, on the same keys. */
import { valuesOf } from '../../../lib/consensus/decision.js';
import { majority } from '../../../lib/replication/quorum.js';
import { covers, EMPTY_CONTEXT } from '../../../lib/versioning/context.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';
import { type Siblings, write } from '../../../lib/versioning/siblings.js';
import type { SeededRandom } from '../../simulation/seeded-random.js';
import { dotOf, type Entry, type Ledger, OPERATIONS_MAX } from './ledger.js';
import { observed, type OwnerReport, shownState } from './observed.js';
import type { WorldNode } from './world-node.js';

interface PlainWrite {
  readonly entry: Entry;
  readonly isQuorum: boolean;
  readonly at: string;
  /** Of its coordinator: whoever has started anew since answers nobody. */
  readonly start: number;
  readonly acks: Map<string, number>;
}

export interface PlainCopy {
  readonly is: 'copy';
  readonly key: string;
  readonly state: Siblings;
  readonly plain?: PlainWrite;
}

export interface PlainRead {
  readonly key: string;
  readonly asked: Entry[];
  readonly gone: ReadonlySet<string>;
  readonly from: Map<string, OwnerReport>;
  readonly then: (state: Siblings | undefined) => void;
  isOpen: boolean;
}

export type PlainSent =
  | PlainCopy
  | { readonly is: 'plain ask'; readonly read: PlainRead }
  | { readonly is: 'plain report'; readonly read: PlainRead; readonly report: OwnerReport };

/** The world around them. */
export interface PlainWorld {
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly nodes: readonly WorldNode[];
  /** Everything is sent to everybody. */
  readonly isCalm: boolean;
  /** Of whose versions nothing is held any more. */
  readonly collected: ReadonlySet<Entry>;
  nodeOf(name: string): WorldNode;
  othersOf(node: WorldNode): readonly WorldNode[];
  count(what: string): void;
  send(from: WorldNode, to: string, what: PlainSent): void;
}

export class PlainOperations {
  readonly #world: PlainWorld;

  constructor(world: PlainWorld) {
    this.#world = world;
  }

  write(
    node: WorldNode,
    key: string,
    seen: Siblings | undefined,
    { isQuorum, isDelete }: { readonly isQuorum: boolean; readonly isDelete: boolean },
  ): Entry | undefined {
    if (node.rebuilding !== undefined || this.#world.ledger.entries.length >= OPERATIONS_MAX)
      return;
    const entry = this.#world.ledger.begin('plain', key);
    entry.isDelete = isDelete;
    node.minted += 1;
    const dot = { writer: node.writer, n: node.minted };
    const context = seen?.context ?? EMPTY_CONTEXT;
    this.#world.ledger.noteSeen(entry, (other) => covers(context, other), dotOf);
    this.#world.ledger.named(dot, entry);
    const version = {
      ...{ dot, state: isDelete ? ('tombstone' as const) : ('value' as const) },
      ...{ contentType: '', value: new Uint8Array(0), writtenAt: 0, expiresAt: undefined },
    };
    const state = write(node.records.get(key), context, version, 1);
    node.records.set(key, state);
    node.clock.add(dot);
    node.isDirty = true;
    const { name: at, start } = node;
    const plain: PlainWrite = { entry, isQuorum, at, start, acks: new Map() };
    this.#ackPlain(node, plain);
    for (const { name } of this.#world.othersOf(node)) {
      if (this.#world.isCalm || this.#world.random.chance(0.8))
        this.#world.send(node, name, { is: 'copy', key, state, plain });
    }
    return entry;
  }

  copied(node: WorldNode, copy: PlainCopy): void {
    node.merge(copy.key, copy.state);
    if (copy.plain !== undefined) this.#ackPlain(node, copy.plain);
  }

  #ackPlain(node: WorldNode, plain: PlainWrite): void {
    const { start } = node;
    node.whenSynced(() => {
      if (node.rebuilding !== undefined) return;
      plain.acks.set(node.name, start);
      const coordinator = this.#world.nodeOf(plain.at);
      if (coordinator.start !== plain.start) return;
      const { standing } = coordinator;
      const counted = [...plain.acks].filter(([name, at]) => standing.stands(name, at));
      if (!plain.isQuorum || counted.length < majority(this.#world.nodes.length)) return;
      if (plain.entry.outcome !== undefined) return;
      this.#world.count('plain quorum write');
      this.#world.ledger.end(plain.entry, 'done', undefined);
    });
  }

  read(key: string, then: (state: Siblings | undefined) => void): void {
    const gone = [...this.#world.ledger.dots()]
      .filter(([text]) => this.#world.nodes.every((node) => isGoneAt(node, key, dotOf(text))))
      .map(([text]) => text);
    const asked = [...this.#world.ledger.acknowledgedOf(key)];
    const from = new Map<string, OwnerReport>();
    const read = { key, asked, gone: new Set(gone), from, then, isOpen: true };
    for (const node of this.#world.nodes) {
      if (this.#world.isCalm || this.#world.random.chance(0.85))
        this.#world.send(node, node.name, { is: 'plain ask', read });
    }
  }

  asked(node: WorldNode, read: PlainRead): void {
    if (node.rebuilding !== undefined) return;
    const record = node.records.get(read.key);
    const held = node.acceptances.get(read.key);
    const hasSeen = (dot: Dot): boolean => node.clock.has(dot);
    const acceptance =
      held === undefined
        ? undefined
        : { ...held, state: shownState(held.state, { record, hasSeen }) };
    const [first = node] = this.#world.nodes;
    const report = { record, acceptance };
    const sendReport = (): void =>
      this.#world.send(node, first.name, { is: 'plain report', read, report });
    if (node.isDirty) node.whenSynced(sendReport);
    else sendReport();
  }

  reported(from: string, read: PlainRead, report: OwnerReport): void {
    if (!read.isOpen || read.from.has(from)) return;
    read.from.set(from, report);
    if (read.from.size < majority(this.#world.nodes.length)) return;
    read.isOpen = false;
    const met = observed([...read.from.values()]);
    // The real reader has it settled first; this one gives up.
    if (met.is === 'unresolved') {
      this.#world.count('unresolved');
      return;
    }
    this.#world.count('plain quorum read');
    const { merged } = met;
    if (merged !== undefined) this.#world.ledger.applied(merged);
    const context = merged?.context ?? EMPTY_CONTEXT;
    for (const entry of read.asked) {
      const dot = this.#world.ledger.dotOf(entry);
      const isKnown = dot !== undefined && covers(context, dot);
      if (!isKnown && !this.#world.collected.has(entry))
        this.#world.ledger.find('stale quorum read', entry);
    }
    for (const { dot } of valuesOf(merged)) {
      if (read.gone.has(dotText(dot)))
        this.#world.ledger.find('back from the dead', this.#world.ledger.entryOf(dot));
    }
    this.#world.ledger.readBy(merged);
    read.then(merged);
  }
}

/** Neither in memory nor on the disk, and known to have been. */
function isGoneAt(node: WorldNode, key: string, dot: Dot): boolean {
  return [node, node.disk].every(({ records, clock }) => {
    const record = records.get(key);
    const isHeld =
      record?.versions.some((version) => dotText(version.dot) === dotText(dot)) === true;
    return !isHeld && ((record !== undefined && covers(record.context, dot)) || clock.has(dot));
  });
}
