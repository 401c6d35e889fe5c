/** What each side of a cut may do, level by level: tried, counted, and held against the ring. */
import type { LocalCluster } from './local-cluster.js';
import { outcomeOf } from './local-cluster.js';
import type { WriteLog } from './write-log.js';

export type Operation = 'get' | 'put';

interface LevelFacts {
  readonly name: string;
  /** Primaries whose answers it needs, of three in one zone. */
  readonly required: number;
  readonly operations: readonly Operation[];
  /** May a stand-in take a write where no primary can be reached? */
  readonly sloppy: boolean;
  /** Is a majority needed on both: where it is asked, and where it is decided? */
  readonly decided?: boolean;
}

const both = { operations: ['put', 'get'], sloppy: false } as const;

export const LEVELS: readonly LevelFacts[] = [
  { name: 'any', required: 1, operations: ['put'], sloppy: true },
  { name: 'eventual', required: 1, operations: ['put', 'get'], sloppy: true },
  { name: 'one', required: 1, ...both },
  { name: 'local-one', required: 1, ...both },
  { name: 'two', required: 2, ...both },
  { name: 'quorum', required: 2, ...both },
  { name: 'local-quorum', required: 2, ...both },
  { name: 'each-quorum', required: 2, ...both },
  { name: 'three', required: 3, ...both },
  { name: 'all', required: 3, ...both },
  { name: 'session', required: 1, ...both },
  { name: 'causal', required: 1, ...both },
  // Nothing can be proven that is so new: as at the first read of a client.
  { name: 'bounded-staleness;max=0', required: 2, ...both },
  { name: 'strong', required: 2, ...both, decided: true },
];

export const REFUSED = 'level_not_reached/none';

interface Count {
  tried: number;
  ok: number;
  refused: number;
  other: number;
}

/** One side, as the nodes of a cut see it. */
export interface Side {
  readonly name: string;
  readonly nodes: readonly string[];
}

/** Which nodes each node reaches, itself among them. */
export type Reach = (id: string) => readonly string[];

/**
 * What must come of an operation, by the ring alone. A put is passed on where the coordinator is no
 * primary, to one primary after the other; a get is not. A sloppy get behind a sloppy put finds
 * what the stand-in has just taken. Undefined: either may come of it, since two owners that do not
 * see each other, and both reach a majority, depose each other again and again.
 */
export function isPossible(
  { required, sloppy, decided = false }: LevelFacts,
  operation: Operation,
  primaries: readonly string[],
  coordinator: string,
  reach: Reach,
): boolean | undefined {
  const near = (id: string): string[] => primaries.filter((primary) => reach(id).includes(primary));
  const passedTo = near(coordinator);
  if (passedTo.length === 0) return sloppy;
  if (decided && passedTo.length < required) return false;
  const candidates = primaries.filter((primary) => near(primary).length >= required);
  const isContended = candidates.some((one) =>
    candidates.some((other) => !sees(reach, one, other)),
  );
  if (decided && isContended) return undefined;
  const isOwn = operation === 'get' || primaries.includes(coordinator);
  if (isOwn && !decided) return passedTo.length >= required;
  return passedTo.some((primary) => candidates.includes(primary));
}

function sees(reach: Reach, one: string, other: string): boolean {
  return reach(one).includes(other);
}

export class Availability {
  readonly #counts = new Map<string, Count>();
  readonly surprises: string[] = [];

  /** Every level and operation once a key, through each node of the side in turn. */
  async tryAll(
    cluster: LocalCluster,
    { name, nodes }: Side,
    reach: Reach,
    keys: readonly string[],
    log: WriteLog,
  ): Promise<void> {
    for (const [index, key] of keys.entries()) {
      const coordinator = nodes[index % nodes.length] ?? '';
      const primaries = cluster.primariesOf(key);
      for (const level of LEVELS) {
        for (const operation of level.operations) {
          const may = isPossible(level, operation, primaries, coordinator, reach);
          const got = await attempt(cluster, log, operation, coordinator, key, level.name);
          this.note(name, level.name, operation, got);
          if (may === undefined || got === (may ? 'ok' : REFUSED)) continue;
          const where = `${coordinator}, primaries ${primaries.join()}`;
          this.surprises.push(`${operation} ${level.name} on ${where}: ${got}`);
        }
      }
    }
  }

  count(side: string, level: string, operation: Operation): Readonly<Count> {
    const none = { tried: 0, ok: 0, refused: 0, other: 0 };
    return this.#counts.get(`${side}|${level}|${operation}`) ?? none;
  }

  /** One line a side and level: successes of those that were tried. */
  table(): string {
    const sides = new Set([...this.#counts.keys()].map((name) => name.split('|')[0] ?? ''));
    const cell = (side: string, level: string, operation: Operation): string => {
      const { tried, ok } = this.count(side, level, operation);
      return tried === 0 ? '-' : `${ok}/${tried}`;
    };
    const rows = [...sides].flatMap((side) =>
      LEVELS.map(({ name }) => [side, name, cell(side, name, 'put'), cell(side, name, 'get')]),
    );
    const head = ['side', 'level', 'put', 'get'];
    const widths = head.map((_, i) =>
      Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)),
    );
    return [head, ...rows]
      .map((row) =>
        row
          .map((text, i) => text.padEnd((widths[i] ?? 0) + 2))
          .join('')
          .trimEnd(),
      )
      .join('\n');
  }

  /** @param got `ok`, or what was said instead */
  note(side: string, level: string, operation: Operation, got: string): void {
    const key = `${side}|${level}|${operation}`;
    const count = this.#counts.get(key) ?? { tried: 0, ok: 0, refused: 0, other: 0 };
    count.tried += 1;
    if (got === 'ok') count.ok += 1;
    else if (got === REFUSED) count.refused += 1;
    else count.other += 1;
    this.#counts.set(key, count);
  }
}

/** Reads tell siblings as any other answer: they are none of this table's business. */
function attempt(
  cluster: LocalCluster,
  log: WriteLog,
  operation: Operation,
  coordinator: string,
  key: string,
  level: string,
): Promise<string> {
  if (operation === 'get') return outcomeOf(cluster.get(coordinator, key, level));
  return log.put(coordinator, key, level);
}
