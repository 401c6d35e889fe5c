/** Lists of keys: page by page; what only a read knows is read (Dynamo 4.5). */
import type { Clock } from '../../environment/clock.js';
import { LARGE_BYTES } from '../../encoding/large.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { LargeWork } from '../request/large-work.js';
import { type ConsistencyLevel, endOfShare } from '../request/level.js';
import type { KeyPages, PagedKeys } from './key-pages.js';
import type { ListedPage } from './list-effects.js';
import type { ListCursors } from './list-cursor.js';
import { listLevel, listLevelOf } from './list-levels.js';
import type {
  GetAnswer,
  GetRequest,
  KeyList,
  KeyLists,
  KeyListRequest,
  KeyListItem,
} from '../request/request.js';

export interface ListsOptions {
  readonly pages: KeyPages;
  readonly ownership: Ownership;
  readonly cursors: ListCursors;
  readonly clock: Clock;
  /** Reads a key of which the replicas say different things, or whose value is asked for. */
  readonly read: (request: GetRequest) => GetAnswer | Promise<GetAnswer>;
  readonly defaults: (namespace: string) => { readonly readLevel: string };
  /** Is the cluster founded? */
  readonly isReady: () => boolean;
  readonly timeoutDefaultMilliseconds: number;
  /** Most bytes of the values of a page. */
  readonly listBytesMax: number;
}

type List = PagedKeys & Pick<KeyListRequest, 'values'>;

/** Share of the time for finding the keys; the rest is for reading those that must be read. */
const SHARE_OF_THE_KEYS = 0.7;
/** Keys that are read at once: where values are small, and before their size is known. */
const READS = 64;
const FIRST_READS = 4;
const SMALL_BYTES = 16_384;
/** Lists that are made at once: each keeps all nodes busy, and may hold a page of values. */
const LISTS_MAX = 16;

export class Lists implements KeyLists {
  readonly #options: ListsOptions;
  readonly #large: LargeWork;

  constructor(options: ListsOptions) {
    this.#options = options;
    this.#large = new LargeWork(options.clock, LISTS_MAX * LARGE_BYTES);
  }

  /**
   * A page: as many keys as are asked for, or fewer where it comes to an end before, with a cursor
   * where more may follow.
   * @throws OperatingError `level_not_reached`, `deadline_passed`, `invalid_level`,
   * `invalid_request` (the cursor)
   */
  async list(request: KeyListRequest): Promise<KeyList> {
    const { clock, cursors, defaults, isReady, timeoutDefaultMilliseconds } = this.#options;
    if (!isReady()) throw new OperatingError('not_ready', 'the cluster is not founded yet');
    const timeout = request.timeoutMilliseconds ?? timeoutDefaultMilliseconds;
    const deadline = clock.monotonicMilliseconds() + timeout;
    const { readLevel } = defaults(request.namespace);
    const levels = [request.level ?? listLevelOf(readLevel), ...request.fallbacks].map(listLevel);
    const after = request.cursor === undefined ? '' : cursors.open(request, request.cursor);
    for (const [i, level] of levels.entries()) {
      const until = endOfShare(clock.monotonicMilliseconds(), deadline, levels.length - i);
      try {
        // Of keys alone too: naming them keeps all nodes busy.
        const run = () => this.#listAt(request, after, level, until);
        return await this.#large.run(LARGE_BYTES, until, run);
      } catch (error) {
        if (!isShort(error) || i + 1 === levels.length) throw error;
      }
    }
    throw new Error('Invariant broken: a list has a level');
  }

  async #listAt(
    list: List,
    after: string,
    level: ConsistencyLevel,
    deadline: number,
  ): Promise<KeyList> {
    const { pages, clock, cursors, ownership, read } = this.#options;
    const now = clock.monotonicMilliseconds();
    const until = now + SHARE_OF_THE_KEYS * (deadline - now);
    const page = await pages.page(list, after, level, until);
    const readAt = (key: string): GetAnswer | Promise<GetAnswer> => {
      const timeoutMilliseconds = Math.max(1, deadline - clock.monotonicMilliseconds());
      const { namespace } = list;
      return read({ namespace, key, level: level.name, fallbacks: [], timeoutMilliseconds });
    };
    const { items, reached } = await this.#look(list, page, readAt);
    const asked = ownership.nodes.length;
    return {
      items,
      cursor: reached === undefined ? undefined : cursors.seal(list, reached),
      receipt: {
        ...{ level: level.name, answered: page.answered, asked, standIns: 0 },
        durability: undefined,
      },
    };
  }

  /** Reads what must be read, and leaves out keys that hold no value. */
  async #look(
    { values }: List,
    { keys, reached }: ListedPage,
    read: (key: string) => GetAnswer | Promise<GetAnswer>,
  ): Promise<Looked> {
    const page = new ReadPage(values, this.#options.listBytesMax);
    for (let i = 0; i < keys.length && !page.isFull; ) {
      const some = keys.slice(i, i + page.readsAtOnce);
      i += some.length;
      const looked = await Promise.allSettled(
        some.map(async ({ key, isOpen }) => (values || isOpen ? read(key) : undefined)),
      );
      for (const [j, { key }] of some.entries()) page.take(key, looked[j]);
    }
    return { items: page.items, reached: page.isFull ? page.reached : reached };
  }
}

interface Looked {
  readonly items: readonly KeyListItem[];
  readonly reached: string | undefined;
}

/** A page while its keys are read: it is full when it has its bytes, or when a read fails. */
class ReadPage {
  readonly items: KeyListItem[] = [];
  /** All up to this key was read. */
  reached: string | undefined;
  isFull = false;
  readonly #values: boolean;
  readonly #bytesMax: number;
  #bytes = 0;
  /** Of the last values that were read; undefined: none was. */
  #largest: number | undefined;

  constructor(values: boolean, bytesMax: number) {
    this.#values = values;
    this.#bytesMax = bytesMax;
  }

  /** How large a value is, is known only when it is read: no more than there is room for. */
  get readsAtOnce(): number {
    if (!this.#values) return READS;
    if (this.#largest === undefined) return FIRST_READS;
    if (this.#largest <= SMALL_BYTES) return READS;
    const room = Math.floor((this.#bytesMax - this.#bytes) / this.#largest);
    return Math.max(1, Math.min(READS, room));
  }

  /** @throws the refusal of the first read: behind others it only ends the page */
  take(key: string, outcome: PromiseSettledResult<GetAnswer | undefined> | undefined): void {
    if (this.isFull || outcome === undefined) return;
    if (outcome.status === 'rejected') {
      if (this.reached === undefined || !isShort(outcome.reason)) throw outcome.reason;
      this.isFull = true;
      return;
    }
    const found = outcome.value;
    const bytes = bytesOf(found);
    if (this.#bytes > this.#bytesMax) {
      this.isFull = true;
      return;
    }
    this.reached = key;
    this.#largest = Math.max(bytes, (this.#largest ?? 0) / 2);
    if (found?.siblings.length === 0) return;
    this.#bytes += key.length + bytes;
    this.items.push({ key, found: this.#values ? found : undefined });
  }
}

function bytesOf(answer: GetAnswer | undefined): number {
  return (answer?.siblings ?? []).reduce((sum, { value }) => sum + value.length, 0);
}

/** Did too few replicas answer? A weaker level, or fewer keys, may still be had. */
function isShort(error: unknown): boolean {
  if (!(error instanceof OperatingError)) return false;
  return error.code === 'level_not_reached' || error.code === 'deadline_passed';
}
