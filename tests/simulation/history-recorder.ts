/**
 * Writes the history of a simulation: what clients were told, and which of their writes were
 * stored.
 */
import { readValue } from '../../lib/checkers/checked-value.js';
import type {
  Expiry,
  FinalState,
  Finding,
  History,
  Read,
  VersionName,
  Write,
} from '../../lib/checkers/history.js';
import type { Change, Intent, Realised } from '../../lib/persistence/intent.js';
import { find } from '../../lib/versioning/siblings.js';
import type { RecordKey } from '../../lib/persistence/records.js';
import { dotText } from '../../lib/versioning/dot.js';
import type { Holding } from './damage-log.js';
import { EPOCH_MILLISECONDS } from './simulated-clock.js';

/** A write as its client knows it. */
export interface ClientWrite {
  readonly id: string;
  readonly key: string;
  readonly kind: Write['kind'];
  /** What its context had shown; undefined: it has no context. */
  readonly shown: readonly VersionName[] | undefined;
  readonly began: number;
  ended: number | undefined;
  outcome: Write['outcome'];
  version: VersionName | undefined;
  replaced: readonly VersionName[];
  holders: number;
  consulted: number;
}

interface Mint {
  readonly key: string;
  readonly partition: number;
  readonly version: VersionName;
  readonly replaced: readonly VersionName[];
  /** Undefined: a tombstone. */
  readonly writeId: string | undefined;
  /** True time at which a clock that is right would call it expired; undefined: never. */
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
  readonly #reads: Read[] = [];
  readonly #mints: Mint[] = [];
  #reading = 0;

  begin(write: Pick<ClientWrite, 'key' | 'kind' | 'shown' | 'began'>): ClientWrite {
    const begun: ClientWrite = {
      ...write,
      id: `w${this.#writes.length + 1}`,
      ended: undefined,
      outcome: 'open',
      version: undefined,
      replaced: [],
      holders: 0,
      consulted: 0,
    };
    this.#writes.push(begun);
    return begun;
  }

  read(read: Omit<Read, 'id'>): Read {
    this.#reading += 1;
    const recorded = { ...read, id: `r${this.#reading}` };
    this.#reads.push(recorded);
    return recorded;
  }

  /** @param now true time */
  minted({ key, partition }: RecordKey, { change }: Intent, realised: Realised, now: number): void {
    const { dot, replaced, siblings } = realised;
    this.#mints.push({
      ...{ key, partition, version: dotText(dot), replaced },
      writeId: writeIdOf(change),
      endsAt: endOf(change, find(siblings, dot)?.expiresAt, now),
    });
  }

  history(circumstances: Circumstances, finals: readonly FinalState[]): History {
    const { replicaCount, mayBeLost, expiryTolerance, isJudged } = circumstances;
    const mintsOf = this.#mintsById();
    const writes: Write[] = [];
    for (const write of this.#writes) {
      const [mint] = mintsOf.get(write.id) ?? [];
      const version = write.version ?? mint?.version;
      // A delete cannot be told from others by what was stored; see `#openDeletes`.
      if (isUnknownDelete(write)) continue;
      const seen = write.shown ?? (write.version === undefined ? mint?.replaced : write.replaced);
      const expiry = expiryOf(mint?.endsAt, expiryTolerance, isJudged(write.key));
      const { ended = write.began } = write;
      const isKept = write.outcome !== 'acknowledged' || !mayBeLost({ ...write, ended });
      const told = isKept ? write.outcome : 'open';
      const outcome = told === 'open' && version === undefined ? 'refused' : told;
      writes.push({ ...write, outcome, version, seen: seen ?? [], expiry });
    }
    writes.push(...this.#openDeletes());
    const reads = this.#reads.map((read) =>
      mayBeLost({ ...read, holders: read.repaired }) ? { ...read, repaired: 0 } : read,
    );
    return { replicaCount, writes, reads, finals };
  }

  /** What no client need notice, and must not happen all the same. */
  findings(): Finding[] {
    const findings: Finding[] = [];
    const mintsOf = this.#mintsById();
    const dots = new Set<string>();
    for (const { key, partition, version } of this.#mints) {
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
   * Tombstones that no client was told of. Each is one of the open deletes of its key; it is
   * taken to have seen what any of them had.
   */
  #openDeletes(): Write[] {
    const acknowledged = new Set(this.#writes.map(({ key, version }) => `${key} ${version}`));
    const writes: Write[] = [];
    for (const { key, version, replaced, writeId } of this.#mints) {
      if (writeId !== undefined || acknowledged.has(`${key} ${version}`)) continue;
      const open = this.#writes.filter((write) => write.key === key && isUnknownDelete(write));
      const seen = [...replaced, ...open.flatMap(({ shown }) => shown ?? [])];
      const began = Math.min(...open.map((write) => write.began));
      writes.push({
        ...{ id: `delete ${version}`, key, kind: 'delete', began, ended: undefined },
        ...{ outcome: 'open', version, seen, holders: 0, consulted: 0 },
      });
    }
    return writes;
  }
}

/** By what the client asked for; where it asked to keep an end, by what the node made of that. */
function endOf(change: Change, expiresAt: number | undefined, now: number): number | undefined {
  if (change.state === 'tombstone' || expiresAt === undefined) return undefined;
  const { ttlSeconds } = change;
  if (typeof ttlSeconds === 'number') return now + 1000 * ttlSeconds;
  return expiresAt - EPOCH_MILLISECONDS;
}

function expiryOf(
  endsAt: number | undefined,
  tolerance: number,
  isJudged: boolean,
): Expiry | undefined {
  if (endsAt === undefined) return undefined;
  return { from: endsAt - tolerance, by: isJudged ? endsAt + tolerance : Number.POSITIVE_INFINITY };
}

function isUnknownDelete({ kind, outcome, version }: ClientWrite): boolean {
  return kind === 'delete' && outcome === 'open' && version === undefined;
}

function writeIdOf(change: Change): string | undefined {
  if (change.state === 'tombstone') return undefined;
  const text = new TextDecoder().decode(change.value);
  return readValue(text)?.writeId ?? `not a checked value: ${text}`;
}
