/**
 * The course of a list: keys in order over all partitions, as far as enough owners of each
 * partition have named theirs (docs/consistency.md, Lists). Pure: see engine.ts.
 *
 * A *stream* is what one node says of some partitions, page after page. A partition is known up to
 * the place that as many of its owners have reached as the level needs. The list is known up to the
 * place of its slowest partition. Invariant: no key behind that place is answered, and no key
 * before it that a counted owner holds is left out.
 */
import type { NodeId } from '../../environment/transport.js';
import { compareUtf8 } from '../../encoding/utf8-order.js';
import { assert, OperatingError } from '../../errors.js';
import { type Core, NOTHING } from '../engine/engine.js';
import type {
  KeyInPage,
  ReportedPage,
  ListCoreOptions,
  ListedPartition,
  ListEffect,
} from './list-effects.js';
import { type Failures, failuresIn, NO_FAILURES, withFailure } from '../request/read-refusals.js';
import { comparePlaces, END, type KeyPlace, ReportedKeys } from './reported-keys.js';

interface Stream {
  readonly node: NodeId;
  /** Partitions that the node was asked for; it is asked for none of them again. */
  readonly asked: ReadonlySet<number>;
  /** Those of them for which its answers count from now on. */
  readonly partitions: Set<number>;
  /** Those of them for which what it has said counts. */
  readonly counted: Set<number>;
  /** The stream begins behind this key. */
  readonly from: string;
  reached: KeyPlace;
  /** The lowest start in which the node has answered. */
  start: number;
  asks: number;
  /** The number of the question under way. */
  open: number | undefined;
  /** The node will say no more, or is not waited for. */
  isGivenUp: boolean;
}

/** Questions to one stream for one page: tombstones may fill any number of its answers. */
const ASKS_MAX = 16;
const NEVER = Number.POSITIVE_INFINITY;

export class ListCore implements Core<ListEffect> {
  readonly #options: ListCoreOptions;
  readonly #streams: Stream[] = [];
  /** By the number of the question. */
  readonly #asked: Stream[] = [];
  readonly #reported: ReportedKeys;
  /** By partition: up to where enough of its owners have named their keys. */
  readonly #places = new Map<number, KeyPlace>();
  #failures: Failures = NO_FAILURES;
  #isOver = false;
  now = 0;
  #hedgesAt = NEVER;

  constructor(options: ListCoreOptions) {
    this.#options = options;
    this.#reported = new ReportedKeys(options);
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

  said(ask: number, page: ReportedPage): readonly ListEffect[] {
    const stream = this.#asked[ask];
    if (stream === undefined || stream.open !== ask) return NOTHING;
    stream.open = undefined;
    stream.start = Math.min(stream.start, page.start);
    stream.reached = page.reached ?? END;
    for (const partition of page.obstructed) stream.partitions.delete(partition);
    this.#report(page, stream);
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
    // Where no other node can be asked instead, the silent ones are waited for.
    if (count === 0) for (const stream of silent) stream.isGivenUp = false;
    return count === 0 ? effects : [{ do: 'count hedges', count }, ...effects];
  }

  /** What follows from all that is known. */
  #advance(): readonly ListEffect[] {
    if (this.#isOver) return NOTHING;
    this.#strike();
    const place = this.#place();
    const found = this.#keysUpTo(place);
    if (place === END || found.length >= this.#options.limit) return this.#answer(found, place);
    this.#fill();
    // Where too few owners of a partition can answer, the first key of the list is not known.
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

  /** Not the keys of partitions in which it vouches for nothing, or whose loss is known. */
  #report({ keys }: ReportedPage, stream: Stream): void {
    const { partitions, asked } = stream;
    const isWhole = partitions.size === asked.size;
    for (const key of keys) {
      const counts = isWhole || partitions.has(this.#options.partitionOf(key.key));
      if (counts) this.#reported.add(key, stream);
    }
  }

  /** What a node said before it lost its disk counts no more: its partitions begin anew. */
  #strike(): void {
    for (const { partition, standing } of this.#options.partitions) {
      for (const stream of this.#streams) {
        if (!stream.counted.has(partition)) continue;
        if (standing.stands(stream.node, stream.start)) continue;
        stream.counted.delete(partition);
        stream.partitions.delete(partition);
        this.#reported.withdraw(stream, partition);
        standing.struck();
        this.#places.set(partition, this.#options.after);
      }
    }
  }

  /** Moves each partition on, and says how far all of them are. */
  #place(): KeyPlace {
    let least: KeyPlace = END;
    for (const listed of this.#options.partitions) {
      const place = this.#placeOf(listed);
      this.#places.set(listed.partition, place);
      if (comparePlaces(place, least) < 0) least = place;
    }
    return least;
  }

  #placeOf({ partition, quorum }: ListedPartition): KeyPlace {
    let place: KeyPlace = this.#places.get(partition) ?? this.#options.after;
    const own = this.#streams.filter(({ partitions }) => partitions.has(partition));
    own.sort((a, b) => comparePlaces(b.reached, a.reached));
    for (;;) {
      const reached = own.filter(({ from }) => comparePlaces(from, place) <= 0);
      // The farthest place that enough of them have reached.
      const last = reached.findIndex((_, i) =>
        quorum.isPossibleFor(reached.slice(0, i + 1).map(({ node }) => node)),
      );
      const next = reached[last]?.reached;
      if (next === undefined || comparePlaces(next, place) <= 0) return place;
      place = next;
    }
  }

  #keysUpTo(place: KeyPlace): KeyInPage[] {
    return comparePlaces(place, this.#options.after) <= 0 ? [] : this.#reported.upTo(place);
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
        ...{ node, asked, partitions: new Set(asked), counted: new Set(asked) },
        ...{ from, reached: from, start: NEVER, asks: 0, open: undefined, isGivenUp: false },
      });
    }
  }

  /** Is nothing known of it, and are too few nodes left that could answer? */
  #isLost({ partition, quorum }: ListedPartition): boolean {
    const place = this.#places.get(partition) ?? this.#options.after;
    if (comparePlaces(place, this.#options.after) > 0) return false;
    const answering = this.#streams.filter(({ partitions, isGivenUp, open, reached }) => {
      const isThere = !isGivenUp || open !== undefined || comparePlaces(reached, place) > 0;
      return isThere && partitions.has(partition);
    });
    return !quorum.isPossibleFor(answering.map(({ node }) => node));
  }

  /** Nodes that name keys of a partition, or have named all of them. */
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
      const begun = requirement.nodes.filter((node) => nodes.includes(node));
      return begun.length < requirement.required;
    });
    if (lacking.length === 0) return [];
    return plan.order.filter((node) => {
      if (nodes.includes(node) || !lacking.some((one) => one.nodes.includes(node))) return false;
      return !this.#streams.some((stream) => stream.node === node && stream.asked.has(partition));
    });
  }

  /** Asks the streams at this place. Those that are ahead of it are not asked. */
  #goOn(place: KeyPlace, found: number): ListEffect[] {
    const { partitions, limit } = this.#options;
    const effects: ListEffect[] = [];
    for (const stream of this.#streams) {
      const { node, reached, isGivenUp, open, asks } = stream;
      if (open !== undefined || isGivenUp || reached === END || asks === ASKS_MAX) continue;
      if (stream.partitions.size === 0) continue;
      if (comparePlaces(reached, place) > 0 && asks > 0) continue;
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

  /** Ends with what is known: no node says more, or there is no time. */
  #finish(): readonly ListEffect[] {
    if (this.#isOver) return NOTHING;
    this.#strike();
    const place = this.#place();
    if (comparePlaces(place, this.#options.after) > 0) {
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
    const message = 'too few replicas of some partitions have named their keys';
    return [{ do: 'refuse', error: new OperatingError(code, message, { details }) }];
  }

  get #answered(): number {
    const answered = this.#streams.filter(({ start }) => start !== NEVER);
    return new Set(answered.map(({ node }) => node)).size;
  }

  #answer(found: readonly KeyInPage[], place: KeyPlace): readonly ListEffect[] {
    assert(!this.#isOver, 'a list is answered once');
    this.#isOver = true;
    this.#hedgesAt = NEVER;
    const keys = found.slice(0, this.#options.limit);
    const reached = found.length > keys.length ? keys.at(-1)?.key : place;
    const page = { keys, reached: reached === END ? undefined : reached };
    return [{ do: 'answer', page: { ...page, answered: this.#answered } }];
  }
}

/**
 * How many keys a stream is asked for. Its share of the keys of the page is expected; with three
 * standard deviations more it is seldom asked again.
 */
function keysToAsk(missing: number, share: number): number {
  const expected = missing * share;
  return Math.min(missing, Math.ceil(expected + 3 * Math.sqrt(expected) + 3));
}
