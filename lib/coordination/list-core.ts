/**
 * The course of a list: keys in order over all partitions, as far as enough replicas of each have
 * told (docs/consistency.md, Lists). Pure: see engine.ts.
 *
 * A *stream* is what one node tells of some partitions, page after page. A partition is told up to
 * where so many of its owners have come as the level needs; the list is told up to where its
 * slowest partition is. Invariant: no key behind that place is answered, and none before it that a
 * counted replica holds is left out.
 */
import type { NodeId } from '../environment/transport.js';
import { compareUtf8 } from '../encoding/utf8-order.js';
import { OperatingError } from '../errors.js';
import type { Plan } from '../replication/plan.js';
import type { Quorum, Standing } from '../replication/quorum.js';
import { type Core, NOTHING } from './engine.js';
import { type Failures, failuresIn, NO_FAILURES, withFailure } from './read-refusals.js';

/** A partition as the list asks it. */
export interface ListedPartition {
  readonly partition: number;
  readonly plan: Plan;
  readonly quorum: Quorum;
  readonly standing: Standing;
}

export interface ListCoreOptions {
  readonly partitions: readonly ListedPartition[];
  /** Behind this key; '' from the beginning. */
  readonly after: string;
  /** Keys of the page at most. */
  readonly limit: number;
  readonly timeoutMilliseconds: number;
  /** Silence that is borne before others are asked in the place of the silent. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  /** Holds the merge of these states a value? */
  readonly isLive: (key: string, states: readonly Uint8Array[]) => boolean;
}

/** A key that a node holds a record of. */
export interface ToldKey {
  readonly key: string;
  /** Its state without the values; undefined: it is plain, and holds one value without an end. */
  readonly state: Uint8Array | undefined;
}

/** A page of what a node holds. */
export interface ToldPage {
  readonly keys: readonly ToldKey[];
  /** All up to this key is told; undefined: all there is. */
  readonly reached: string | undefined;
  /** Of the partitions asked for, those of which it vouches for nothing. */
  readonly obstructed: readonly number[];
  /** In which start of the node it was said. */
  readonly start: number;
}

export interface KeyInPage {
  readonly key: string;
  /** Do the replicas tell so different things that only a read knows? */
  readonly isOpen: boolean;
}

export interface ListedPage {
  readonly keys: readonly KeyInPage[];
  /** Where the next page goes on: behind this key; undefined: there is no more. */
  readonly reached: string | undefined;
  /** Nodes that answered. */
  readonly answered: number;
}

export type ListEffect =
  | {
      readonly do: 'ask';
      /** Its answer is told with it. */
      readonly ask: number;
      readonly node: NodeId;
      readonly after: string;
      readonly limit: number;
      readonly partitions: readonly number[];
    }
  | { readonly do: 'count hedges'; readonly count: number }
  | { readonly do: 'answer'; readonly page: ListedPage }
  | { readonly do: 'refuse'; readonly error: OperatingError };

/** Behind all keys. */
const END = Symbol('end');
type Place = string | typeof END;

interface Stream {
  readonly node: NodeId;
  /** It was asked for these, and is asked for none of them again. */
  readonly asked: ReadonlySet<number>;
  /** Those of them for which what it tells counts. */
  readonly partitions: Set<number>;
  /** It tells of what lies behind it. */
  readonly from: string;
  reached: Place;
  /** The lowest start in which it was said. */
  start: number;
  asks: number;
  /** The number of the question under way. */
  open: number | undefined;
  /** It will tell no more, or is not waited for. */
  isGivenUp: boolean;
}

/** What was told of a key. */
interface Telling {
  isPlain: boolean;
  readonly states: Uint8Array[];
}

/** So often a stream is asked for one page: what is dead may fill any number of them. */
const ASKS_MAX = 16;
const NEVER = Number.POSITIVE_INFINITY;

export class ListCore implements Core<ListEffect> {
  readonly #options: ListCoreOptions;
  readonly #streams: Stream[] = [];
  /** By the number of the question. */
  readonly #asked: Stream[] = [];
  readonly #told = new Map<string, Telling>();
  /** By partition: how far enough of its owners have told. */
  readonly #places = new Map<number, Place>();
  #failures: Failures = NO_FAILURES;
  #isOver = false;
  now = 0;
  #hedgesAt = NEVER;

  constructor(options: ListCoreOptions) {
    this.#options = options;
    for (const { partition } of options.partitions) this.#places.set(partition, options.after);
  }

  get isDone(): boolean {
    return this.#isOver;
  }

  get wakesAt(): number {
    return Math.min(this.#options.timeoutMilliseconds, this.#hedgesAt);
  }

  begin(): readonly ListEffect[] {
    return this.#advance();
  }

  told(ask: number, page: ToldPage): readonly ListEffect[] {
    const stream = this.#asked[ask];
    if (stream === undefined || stream.open !== ask) return NOTHING;
    stream.open = undefined;
    stream.start = Math.min(stream.start, page.start);
    stream.reached = page.reached ?? END;
    for (const partition of page.obstructed) stream.partitions.delete(partition);
    for (const { key, state } of page.keys) {
      const telling = this.#told.get(key) ?? { isPlain: false, states: [] };
      this.#told.set(key, telling);
      if (state === undefined) telling.isPlain = true;
      else telling.states.push(state);
    }
    return this.#advance();
  }

  /** @param why it failed, where that is known */
  failed(ask: number, why?: OperatingError): readonly ListEffect[] {
    const stream = this.#asked[ask];
    if (stream === undefined || stream.open !== ask) return NOTHING;
    this.#failures = withFailure(this.#failures, stream.node, why);
    stream.open = undefined;
    stream.isGivenUp = true;
    return this.#advance();
  }

  elapsed(): readonly ListEffect[] {
    if (this.now >= this.#options.timeoutMilliseconds) return this.#finish();
    if (this.now < this.#hedgesAt) return NOTHING;
    this.#hedgesAt = NEVER;
    const silent = this.#streams.filter(({ open, isGivenUp }) => open !== undefined && !isGivenUp);
    for (const stream of silent) stream.isGivenUp = true;
    const known = this.#streams.length;
    const effects = this.#advance();
    const count = this.#streams.length - known;
    // Where nobody can take their place they are waited for.
    if (count === 0) for (const stream of silent) stream.isGivenUp = false;
    return count === 0 ? effects : [{ do: 'count hedges', count }, ...effects];
  }

  /** What is to follow from all that is known. */
  #advance(): readonly ListEffect[] {
    if (this.#isOver) return NOTHING;
    this.#strike();
    const place = this.#place();
    const found = this.#keysUpTo(place);
    if (place === END || found.length >= this.#options.limit) return this.#answer(found, place);
    this.#fill();
    // Without a partition that nobody tells of there is no first key.
    if (this.#options.partitions.some((listed) => this.#isLost(listed))) return this.#finish();
    const asks = this.#goOn(place, found.length);
    if (asks.length > 0) {
      const left = this.#options.timeoutMilliseconds - this.now;
      const asked = this.#streams.filter(({ open }) => open !== undefined);
      const nodes = asked.map(({ node }) => node);
      this.#hedgesAt = this.now + Math.min(left, this.#options.patience(nodes, left));
    }
    return asks.length > 0 || this.#isAnyOpen ? asks : this.#finish();
  }

  get #isAnyOpen(): boolean {
    return this.#streams.some(({ open }) => open !== undefined);
  }

  /** What was said before a disk was lost counts no more: its partitions begin anew. */
  #strike(): void {
    for (const { partition, standing } of this.#options.partitions) {
      for (const stream of this.#streams) {
        if (!stream.partitions.has(partition)) continue;
        if (standing.stands(stream.node, stream.start)) continue;
        stream.partitions.delete(partition);
        standing.struck();
        this.#places.set(partition, this.#options.after);
      }
    }
  }

  /** Moves each partition on, and says how far all of them are. */
  #place(): Place {
    let least: Place = END;
    for (const listed of this.#options.partitions) {
      const place = this.#placeOf(listed);
      this.#places.set(listed.partition, place);
      if (compare(place, least) < 0) least = place;
    }
    return least;
  }

  #placeOf({ partition, quorum }: ListedPartition): Place {
    let place: Place = this.#places.get(partition) ?? this.#options.after;
    const own = this.#streams.filter(({ partitions }) => partitions.has(partition));
    own.sort((a, b) => compare(b.reached, a.reached));
    for (;;) {
      const reached = own.filter(({ from }) => compare(from, place) <= 0);
      // The farthest place to which enough of them have come.
      const last = reached.findIndex((_, i) =>
        quorum.isPossibleFor(reached.slice(0, i + 1).map(({ node }) => node)),
      );
      const next = reached[last]?.reached;
      if (next === undefined || compare(next, place) <= 0) return place;
      place = next;
    }
  }

  /** What is to be shown up to a place, in order: one more than the page takes, if there is. */
  #keysUpTo(place: Place): KeyInPage[] {
    if (compare(place, this.#options.after) <= 0) return [];
    const known = [...this.#told.keys()].filter((key) => compare(key, place) <= 0);
    const keys: KeyInPage[] = [];
    for (const key of known.sort(compareUtf8)) {
      const { isPlain, states } = this.#told.get(key) ?? { isPlain: false, states: [] };
      const isOpen = isPlain && states.length > 0;
      if (isOpen || isPlain || this.#options.isLive(key, states)) keys.push({ key, isOpen });
      if (keys.length > this.#options.limit) break;
    }
    return keys;
  }

  /** Begins streams where a partition has too few, of as few nodes as will do. */
  #fill(): void {
    const lacking = this.#options.partitions.flatMap((listed) => {
      const from = this.#places.get(listed.partition) ?? this.#options.after;
      return from === END ? [] : [{ listed, from, nodes: this.#nodesOf(listed) }];
    });
    for (;;) {
      const scores = new Map<NodeId, number>();
      for (const { listed, nodes } of lacking) {
        for (const node of this.#helpersOf(listed, nodes)) {
          const nearness = listed.plan.order.length - listed.plan.order.indexOf(node);
          scores.set(node, (scores.get(node) ?? 0) + nearness);
        }
      }
      const [best] = [...scores].sort(([, a], [, b]) => b - a);
      if (best === undefined) return;
      const [node] = best;
      const helped = lacking.filter(({ listed, nodes }) => {
        return this.#helpersOf(listed, nodes).includes(node);
      });
      const [from = ''] = helped.map((each) => each.from).sort(compareUtf8);
      const asked = new Set(helped.map(({ listed }) => listed.partition));
      for (const { nodes } of helped) nodes.push(node);
      this.#streams.push({
        ...{ node, asked, partitions: new Set(asked), from, reached: from },
        ...{ start: NEVER, asks: 0, open: undefined, isGivenUp: false },
      });
    }
  }

  /** Nothing is told of it, and too few are left who could. */
  #isLost({ partition, quorum }: ListedPartition): boolean {
    const place = this.#places.get(partition) ?? this.#options.after;
    if (compare(place, this.#options.after) > 0) return false;
    const telling = this.#streams.filter(({ partitions, isGivenUp, open, reached }) => {
      const isThere = !isGivenUp || open !== undefined || compare(reached, place) > 0;
      return isThere && partitions.has(partition);
    });
    return !quorum.isPossibleFor(telling.map(({ node }) => node));
  }

  /** Nodes that tell of a partition, or have told all of it. */
  #nodesOf({ partition }: ListedPartition): NodeId[] {
    return this.#streams
      .filter(({ partitions, isGivenUp, reached }) => {
        return partitions.has(partition) && (!isGivenUp || reached === END);
      })
      .map(({ node }) => node);
  }

  /** Owners that are up, were not asked yet and would bring the partition nearer to its level. */
  #helpersOf({ partition, plan, quorum }: ListedPartition, nodes: readonly NodeId[]): NodeId[] {
    const lacking = quorum.requirements.filter((requirement) => {
      const telling = requirement.nodes.filter((node) => nodes.includes(node));
      return telling.length < requirement.required;
    });
    if (lacking.length === 0) return [];
    return plan.order.filter((node) => {
      if (nodes.includes(node) || !lacking.some((one) => one.nodes.includes(node))) return false;
      return !this.#streams.some((stream) => stream.node === node && stream.asked.has(partition));
    });
  }

  /** Asks those at the place that all are at: whoever is ahead is not asked. */
  #goOn(place: Place, found: number): ListEffect[] {
    const { partitions, limit } = this.#options;
    const effects: ListEffect[] = [];
    for (const stream of this.#streams) {
      const { node, reached, isGivenUp, open, asks } = stream;
      if (open !== undefined || isGivenUp || reached === END || asks === ASKS_MAX) continue;
      if (stream.partitions.size === 0) continue;
      if (compare(reached, place) > 0 && asks > 0) continue;
      const share = stream.partitions.size / partitions.length;
      const ask = this.#asked.length;
      this.#asked.push(stream);
      stream.open = ask;
      stream.asks += 1;
      effects.push({
        ...{ do: 'ask', ask, node, after: reached, partitions: [...stream.partitions] },
        limit: keysToAsk(limit - found, share),
      });
    }
    return effects;
  }

  /** With what is known: nobody tells more, or there is no time. */
  #finish(): readonly ListEffect[] {
    if (this.#isOver) return NOTHING;
    const place = this.#place();
    if (compare(place, this.#options.after) > 0) {
      return this.#answer(this.#keysUpTo(place), place);
    }
    this.#isOver = true;
    const isLate = this.now >= this.#options.timeoutMilliseconds;
    const code = isLate ? 'deadline_passed' : 'level_not_reached';
    const lost = this.#options.partitions.filter((listed) => this.#isLost(listed)).length;
    const details = {
      ...{ answered: this.#answered, ...failuresIn(this.#failures) },
      ...(isLate ? {} : { partitions_lost: lost }),
    };
    const message = 'too few replicas of some partitions have told their keys';
    return [{ do: 'refuse', error: new OperatingError(code, message, { details }) }];
  }

  get #answered(): number {
    const answered = this.#streams.filter(({ start }) => start !== NEVER);
    return new Set(answered.map(({ node }) => node)).size;
  }

  #answer(found: readonly KeyInPage[], place: Place): readonly ListEffect[] {
    this.#isOver = true;
    this.#hedgesAt = NEVER;
    const keys = found.slice(0, this.#options.limit);
    const reached = found.length > keys.length ? keys.at(-1)?.key : place;
    const page = { keys, reached: reached === END ? undefined : reached };
    return [{ do: 'answer', page: { ...page, answered: this.#answered } }];
  }
}

/**
 * So many keys of its share bring a stream about as far as the page goes: with three standard
 * deviations more it is seldom asked again.
 */
function keysToAsk(missing: number, share: number): number {
  const expected = missing * share;
  return Math.min(missing, Math.ceil(expected + 3 * Math.sqrt(expected) + 3));
}

function compare(one: Place, other: Place): number {
  if (one === other) return 0;
  if (one === END) return 1;
  return other === END ? -1 : compareUtf8(one, other);
}
