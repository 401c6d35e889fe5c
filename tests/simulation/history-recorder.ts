/**
 * Writes the history of a simulation: what clients were answered, and which of their writes were
 * stored.
 */
import { readParts } from '../../lib/checkers/checked-value.js';
import type {
  ReceiptClaim,
  Expiry,
  FinalState,
  Finding,
  History,
  KeptList,
  RecordedList,
  RecordedRead,
  SessionStep,
  VersionName,
  RecordedWrite,
} from '../../lib/checkers/history.js';
import type { ExplainedRequest } from '../../lib/checkers/explained-request.js';
import type { Intent, Realised } from '../../lib/replica/intent.js';
import { majority } from '../../lib/replication/quorum.js';
import type { RecordKey } from '../../lib/persistence/keyspace.js';
import type { Claimed } from '../../lib/replica/claim.js';
import { type Context, covers } from '../../lib/versioning/context.js';
import { type Dot, dotText, parseDot } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';
import type { Holding } from './damage-log.js';
import { nameOf } from './key-names.js';
import { KeyOrders } from './key-orders.js';
import { type AskedEnd, endOfChosen, endOfMade, expiryOf } from './value-ends.js';

/** A write as its client knows it. */
export interface ClientWrite {
  readonly id: string;
  readonly key: string;
  readonly kind: RecordedWrite['kind'];
  /** What its context had shown; undefined: it has no context. */
  readonly shown: readonly VersionName[] | undefined;
  readonly began: number;
  /** Of a comparison: what the values were to be. */
  readonly expected?: readonly VersionName[] | undefined;
  ended: number | undefined;
  outcome: RecordedWrite['outcome'];
  version: VersionName | undefined;
  replaced: readonly VersionName[];
  beside: readonly VersionName[];
  holders: number;
  heldBy: Holding['heldBy'];
  consulted: number;
  atStrong: boolean;
  session: SessionStep | undefined;
  end: AskedEnd;
}

/** What a client was answered of a resolution that it asked for. */
export interface ReportedResolution {
  readonly key: string;
  readonly version: VersionName;
  readonly ended: number;
  readonly holders: number;
  readonly heldBy: Holding['heldBy'];
  readonly outcome: RecordedWrite['outcome'];
}

interface Mint {
  readonly key: string;
  readonly partition: number;
  readonly version: VersionName;
  readonly replaced: readonly VersionName[];
  /** Undefined: a tombstone, or what a strategy has made of siblings. */
  readonly writeId: string | undefined;
  readonly isTombstone: boolean;
  /** Of a resolution: the siblings that it stands for. */
  readonly resolves: readonly VersionName[] | undefined;
  readonly at: number;
  /**
   * True time at which a clock that is right would call it expired, by what the client asked for;
   * undefined: never.
   */
  readonly endsAt: number | undefined;
}

/** What the history of a simulation must be read with. */
export interface Circumstances {
  readonly replicaCount: number;
  /** May the disk that held it have lost it? */
  readonly mayBeLost: (holding: Holding) => boolean;
  /** By how much sane clocks may miss the end of a value; infinite: by anything. */
  readonly expiryTolerance: number;
  /** Has a key an owner whose clock is sane? Without one nobody judges its values. */
  readonly isJudged: (key: string) => boolean;
}

export class HistoryRecorder {
  readonly #writes: ClientWrite[] = [];
  readonly #writeOf = new Map<string, ClientWrite>();
  readonly #reads: RecordedRead[] = [];
  readonly #mints: Mint[] = [];
  readonly orders = new KeyOrders();
  readonly #kept: Pick<RecordedRead, 'id' | 'key' | 'versions'>[] = [];
  readonly #keptLists: KeptList[] = [];
  readonly #claims: ReceiptClaim[] = [];
  readonly #lists: RecordedList[] = [];
  readonly #explanations: ExplainedRequest[] = [];
  readonly #resolutions = new Map<string, ReportedResolution>();
  /** By key and version. */
  readonly #mintOf = new Map<string, Mint>();
  /** By key and version: what blind writes took, and under which dots. */
  readonly #taken = new Map<string, VersionName[]>();
  readonly #claimed: Pick<Mint, 'key' | 'partition' | 'version' | 'at'>[] = [];
  #reading = 0;

  begin(write: Pick<ClientWrite, 'key' | 'kind' | 'shown' | 'began' | 'expected'>): ClientWrite {
    const begun: ClientWrite = {
      ...write,
      id: `w${this.#writes.length + 1}`,
      ended: undefined,
      outcome: 'open',
      version: undefined,
      replaced: [],
      beside: [],
      ...{ holders: 0, heldBy: undefined },
      consulted: 0,
      atStrong: false,
      session: undefined,
      end: undefined,
    };
    this.#writes.push(begun);
    this.#writeOf.set(begun.id, begun);
    return begun;
  }

  read(read: Omit<RecordedRead, 'id'>): RecordedRead {
    this.#reading += 1;
    const recorded = { ...read, id: `r${this.#reading}` };
    this.#reads.push(recorded);
    return recorded;
  }

  /** A page of keys. What it does not show was read, and nothing was found. */
  list(list: Omit<RecordedList, 'id'>): void {
    this.#lists.push({ ...list, id: `list ${this.#lists.length + 1}` });
  }

  /** All that anybody has begun to write. */
  get keys(): ReadonlySet<string> {
    return new Set(this.#writes.map(({ key }) => key));
  }

  /** A claim of an answer, to be judged. */
  claimed(claim: ReceiptClaim): void {
    this.#claims.push(claim);
  }

  /** What an answer reported of how it came about, to be judged. */
  explained(answer: ExplainedRequest): void {
    this.#explanations.push(answer);
  }

  /** Versions of the past that were shown. */
  keptShown(shown: Pick<RecordedRead, 'key' | 'versions'>): void {
    this.#kept.push({ ...shown, id: `kept ${this.#kept.length + 1}` });
  }

  keptListed(list: Omit<KeptList, 'id'>): void {
    this.#keptLists.push({ ...list, id: `kept list ${this.#keptLists.length + 1}` });
  }

  resolved(answered: ReportedResolution): void {
    this.#resolutions.set(`${answered.key} ${answered.version}`, answered);
  }

  /** @param now true time */
  minted(at: RecordKey, intent: Intent, realised: Realised, now: number): void {
    const { partition } = at;
    const key = nameOf(at);
    const { change, resolves } = intent;
    const { dot } = realised;
    const replaced = realised.replaced.map(({ version }) => version);
    const ids = change.state === 'tombstone' ? [] : writeIdsOf(change.value, key);
    // A value that a client chose has its own id, and no version yet: what repeats it is a copy.
    const isCopy = (): boolean =>
      ids.length !== 1 || this.#mints.some(({ writeId }) => writeId === ids[0]);
    const isResolution = resolves !== undefined && isCopy();
    const writeId = isResolution ? undefined : ids[0];
    const ends = () => replaced.map((version) => this.#mintOf.get(`${key} ${version}`)?.endsAt);
    const mint: Mint = {
      ...{ key, partition, version: dotText(dot), replaced, at: now },
      writeId,
      isTombstone: change.state === 'tombstone',
      resolves: isResolution ? resolves.map(dotText) : undefined,
      endsAt: endOfMade(change, this.#askedEnd(writeId), ends, now),
    };
    this.#mints.push(mint);
    this.#mintOf.set(`${key} ${mint.version}`, mint);
    const { version, isTombstone: isDelete } = mint;
    this.orders.made(key, { version, isDelete, covered: realised.seen, spared: [], at: now });
  }

  /**
   * At `strong` a version is there once its state is counted: what is only proposed may come to
   * nothing. It stands for all that the state covers and does not hold.
   * @param now true time
   */
  chosen(at: RecordKey, state: Siblings, now: number): void {
    const { partition } = at;
    const key = nameOf(at);
    this.orders.chosen(key, state, now);
    const { versions, context } = state;
    const isHeld = (dot: VersionName): boolean => versions.some((one) => dotText(one.dot) === dot);
    const replaced = this.#mints
      .filter((mint) => mint.key === key && !isHeld(mint.version) && isIn(context, mint.version))
      .map(({ version }) => version);
    for (const { dot, state: kind, value, expiresAt } of versions) {
      const version = dotText(dot);
      if (kind === 'stub' || this.#mintOf.has(`${key} ${version}`)) continue;
      if (this.#claimed.some((one) => one.key === key && one.version === version)) continue;
      const ids = kind === 'tombstone' ? [] : writeIdsOf(value, key);
      const isFirst = !this.#mints.some(({ writeId }) => writeId === ids[0]);
      const isResolution = kind === 'value' && (ids.length !== 1 || !isFirst);
      const writeId = isResolution ? undefined : ids[0];
      const mint: Mint = {
        ...{ key, partition, version, replaced, at: now },
        writeId,
        isTombstone: kind === 'tombstone',
        resolves: isResolution ? replaced : undefined,
        endsAt: endOfChosen(this.#askedEnd(writeId), expiresAt, now),
      };
      this.#mints.push(mint);
      this.#mintOf.set(`${key} ${version}`, mint);
    }
  }

  /** A blind write took what it had met, after it was minted. */
  took(at: RecordKey, of: Dot, claimed: Claimed, now: number): void {
    const { partition } = at;
    const key = nameOf(at);
    const { dot, replaced, seen: covered } = claimed;
    const spared = [dotText(of)];
    this.orders.made(key, { version: dotText(dot), isDelete: true, covered, spared, at: now });
    this.#claimed.push({ key, partition, version: dotText(dot), at: now });
    const name = `${key} ${dotText(of)}`;
    const versions = replaced.map(({ version }) => version);
    this.#taken.set(name, [...(this.#taken.get(name) ?? []), ...versions]);
  }

  #askedEnd(writeId: string | undefined): AskedEnd {
    return this.#writeOf.get(writeId ?? '')?.end;
  }

  history(circumstances: Circumstances, finals: readonly FinalState[]): History {
    const { replicaCount, mayBeLost, expiryTolerance, isJudged } = circumstances;
    const mintsOf = this.#mintsById();
    const writes: RecordedWrite[] = [];
    for (const write of this.#writes) {
      const [mint] = mintsOf.get(write.id) ?? [];
      const version = write.version ?? mint?.version;
      // A delete cannot be distinguished from others by what was stored; see `#openDeletes`.
      if (isUnknownDelete(write)) continue;
      const took = this.#taken.get(`${write.key} ${version}`) ?? [];
      const replaced = write.version === undefined ? (mint?.replaced ?? []) : write.replaced;
      const seen = write.shown ?? replaced.filter((one) => !took.includes(one));
      const expiry = expiryOf(mint?.endsAt, expiryTolerance, isJudged(write.key));
      const { ended = write.began } = write;
      const isKept = write.outcome !== 'acknowledged' || !mayBeLost({ ...write, ended });
      const answered = isKept ? write.outcome : 'open';
      const outcome = answered === 'open' && version === undefined ? 'refused' : answered;
      const isBlind = write.shown === undefined;
      writes.push({ ...write, outcome, version, seen, took, expiry, isBlind });
    }
    writes.push(...this.#openDeletes(), ...this.#tombstonesOfClaims());
    for (const mint of this.#mints) {
      if (mint.resolves === undefined) continue;
      const { key, endsAt } = mint;
      const expiry = expiryOf(endsAt, expiryTolerance, isJudged(key));
      writes.push(this.#resolution(mint, mint.resolves, expiry, mayBeLost));
    }
    const reads = this.#reads.map((read) => {
      const repaired = mayBeLost({ ...read, holders: read.repaired }) ? 0 : read.repaired;
      const { session } = read;
      if (session === undefined) return { ...read, repaired };
      // What a session was shown is durable at one replica, at least.
      const isLost = mayBeLost({ ...read, holders: Math.max(1, repaired) });
      const mayLose = session.mayBeLost === true || isLost;
      return { ...read, repaired, session: { ...session, mayBeLost: mayLose } };
    });
    const isKept = (key: string): boolean => {
      const [began, ended] = [0, Number.POSITIVE_INFINITY];
      return !mayBeLost({ key, holders: majority(replicaCount), began, ended });
    };
    const orders = this.orders.of(writes, replicaCount, isKept);
    const explanations = this.#explanations.map((one) => ({ ...one, mayBeLost: !isKept(one.key) }));
    const answered = { kept: this.#kept, keptLists: this.#keptLists, claims: this.#claims };
    const more = { lists: this.#lists, orders, explanations };
    return { replicaCount, writes, reads, finals, ...answered, ...more };
  }

  #resolution(
    { key, version, replaced, at }: Mint,
    resolves: readonly VersionName[],
    expiry: Expiry | undefined,
    mayBeLost: (holding: Holding) => boolean,
  ): RecordedWrite {
    const reported = this.#resolutions.get(`${key} ${version}`);
    const { ended, holders = 0, outcome, heldBy } = reported ?? {};
    const holding = { key, holders, heldBy, began: at, ended: ended ?? at };
    const isKept = outcome === 'acknowledged' && !mayBeLost(holding);
    return {
      ...{ id: `resolution ${version}`, key, kind: 'value', began: at, ended, version, expiry },
      seen: [...replaced, ...resolves],
      ...{ outcome: isKept ? outcome : 'open', holders, consulted: 0, resolves },
    };
  }

  /** They replace nothing themselves: what was taken is reported of the blind writes. */
  #tombstonesOfClaims(): RecordedWrite[] {
    return this.#claimed.map(({ key, version, at }) => ({
      ...{ id: `claim ${version}`, key, kind: 'delete', began: at, ended: undefined },
      ...{ outcome: 'open', version, seen: [], holders: 0, consulted: 0 },
    }));
  }

  /** What no client need notice, and must not happen all the same. */
  findings(): Finding[] {
    const findings: Finding[] = [];
    const mintsOf = this.#mintsById();
    const dots = new Set<string>();
    for (const { key, partition, version } of [...this.#mints, ...this.#claimed]) {
      const dot = `${partition} ${version}`;
      if (dots.has(dot)) {
        findings.push({ checker: 'dots', key, message: `${version} was issued twice` });
      }
      dots.add(dot);
    }
    for (const { id, key, outcome } of this.#writes) {
      const versions = (mintsOf.get(id) ?? []).map(({ version }) => version);
      if (versions.length > 1) {
        const message = `${id} was executed ${versions.length} times: ${versions.join(' ')}`;
        findings.push({ checker: 'executed once', key, message });
      }
      if (outcome === 'refused' && versions.length > 0) {
        const stored = versions.join(' ');
        const message = `${id} was refused with outcome "none", but stored as ${stored}`;
        findings.push({ checker: 'refused means nothing happened', key, message });
      }
    }
    return findings;
  }

  #mintsById(): Map<string, Mint[]> {
    const byId = new Map<string, Mint[]>();
    for (const mint of this.#mints) {
      if (mint.writeId === undefined) continue;
      byId.set(mint.writeId, [...(byId.get(mint.writeId) ?? []), mint]);
    }
    return byId;
  }

  /**
   * Tombstones that no client knows of. Each is one of the open deletes of its key that had
   * begun by then; it is taken to have seen what any of them had.
   */
  #openDeletes(): RecordedWrite[] {
    const acknowledged = new Set(this.#writes.map(({ key, version }) => `${key} ${version}`));
    const writes: RecordedWrite[] = [];
    for (const { key, version, replaced, isTombstone, at } of this.#mints) {
      if (!isTombstone || acknowledged.has(`${key} ${version}`)) continue;
      const open = this.#writes.filter((write) => {
        return write.key === key && write.began <= at && isUnknownDelete(write);
      });
      const seen = [...replaced, ...open.flatMap(({ shown }) => shown ?? [])];
      const took = this.#taken.get(`${key} ${version}`) ?? [];
      const began = Math.min(...open.map((write) => write.began));
      writes.push({
        ...{ id: `delete ${version}`, key, kind: 'delete', began, ended: undefined },
        ...{ outcome: 'open', version, seen, took, holders: 0, consulted: 0 },
      });
    }
    return writes;
  }
}

function isUnknownDelete({ kind, outcome, version }: ClientWrite): boolean {
  return kind === 'delete' && outcome === 'open' && version === undefined;
}

function isIn(context: Context, version: VersionName): boolean {
  const dot = parseDot(version);
  return dot !== undefined && covers(context, dot);
}

function writeIdsOf(value: Uint8Array, key: string): string[] {
  const text = new TextDecoder().decode(value);
  const ids = readParts(text, key)?.map(({ writeId }) => writeId);
  return ids ?? [`not a checked value: ${text.slice(0, 60)}`];
}
