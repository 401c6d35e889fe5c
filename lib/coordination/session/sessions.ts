/** Session tokens of requests and of their answers (docs/consistency.md, Sessions). */
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Durability } from '../../persistence/store.js';
import type { Losses } from '../../replica/losses.js';
import type { Plan } from '../../replication/plan.js';
import { majority } from '../../replication/quorum.js';
import { type Dot, dotText, parseDot } from '../../versioning/dot.js';
import { decodePast, encodePast } from '../../versioning/past.js';
import type { Version } from '../../versioning/siblings.js';
import { dotSetOf, keepDots } from '../../versioning/dot-set.js';
import type { SessionSeal } from '../../versioning/session-seal.js';
import {
  type PartitionFloor,
  floorOf,
  hasFlags,
  joinTokens,
  NOTHING_SEEN_YET,
  type SessionToken,
  withFloor,
  withoutStable,
} from '../../versioning/session-token.js';
import type { ConsistencyLevel } from '../request/level.js';
import type { PutResult } from '../request/put-request.js';
import type { Got } from '../read/read-effects.js';
import type { Get } from '../read/reads.js';
import type { HeldClocks } from './held-clocks.js';
import type { StableDots } from './stable-dots.js';

export interface SessionsOptions {
  readonly sessionSeal: SessionSeal;
  readonly ownership: Ownership;
  readonly losses: Losses;
  readonly stable: StableDots;
  readonly held: HeldClocks;
}

/** Where what a session sees lies. */
export interface SeenAt {
  readonly at: RecordKey;
  /** Of when the request began (`Sessions.markOf`). */
  readonly mark: number;
}

/** A read, with all that its session has seen. */
export interface SessionGet extends Get, SeenAt {
  readonly token: SessionToken | undefined;
}

/** In the place of a token: a session begins with this request, whatever its level. */
const NEW_SESSION = 'new';
/** Most tokens that are kept once their seal was verified: about 8 MB. */
const KNOWN_MAX = 1000;
/** Most pasts with flags of which it is kept when they were met first. */
const PASTS_MAX = 1000;

/** A token as a client has it, or is to have it. */
interface Sealed {
  readonly text: string;
  /** When it was looked at what is stable: see `StableDots`. */
  readonly revision: number;
  readonly turn: number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #known = new Map<string, SessionToken>();
  readonly #texts = new WeakMap<SessionToken, Sealed>();
  /** When pasts that bear flags were met first (`HeldClocks.met`), by their versions. */
  readonly #pastsMetAt = new Map<string, number>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * Of a header: one token, or several separated by commas.
   * @throws OperatingError `invalid_session_token`, `wrong_epoch`
   */
  open(header: string): SessionToken {
    const tokens = header.split(',').map((text) => this.#open(text.trim()));
    return tokens.reduce(joinTokens, NOTHING_SEEN_YET);
  }

  /** As a client is to send it back. The same text where nothing was learned. */
  textOf(token: SessionToken): string {
    const { stable, sessionSeal } = this.#options;
    const { revision, turn } = stable;
    const known = this.#texts.get(token);
    if (known?.revision === revision && known.turn === turn) return known.text;
    for (const [partition, { dots }] of token.floors) if (dots.size > 0) stable.ask(partition);
    const left = withoutStable(token, (partition, dot) => stable.has(partition, dot));
    const isKnown = known !== undefined && left === token;
    const text = isKnown ? known.text : sessionSeal.seal(left);
    this.#texts.set(token, { text, revision, turn });
    return text;
  }

  /** What the request is judged under, from its beginning to its end; undefined: no session. */
  of(
    sent: SessionToken | undefined,
    levels: readonly ConsistencyLevel[],
  ): SessionToken | undefined {
    if (sent !== undefined) return sent;
    return levels.some(({ beginsSession }) => beginsSession) ? NOTHING_SEEN_YET : undefined;
  }

  /**
   * Taken before anybody is asked: an owner that loses the partition after it has answered may have
   * been the only one that had what the session sees (`Losses.markOf`).
   */
  markOf(partition: number): number {
    return this.#options.losses.markOf(partition);
  }

  /** What a write leaves with its value; undefined: nothing. */
  pastOf(
    token: SessionToken | undefined,
    levels: readonly ConsistencyLevel[],
  ): Uint8Array | undefined {
    if (token === undefined || !levels.some(({ isCausal }) => isCausal)) return undefined;
    const { stable } = this.#options;
    return encodePast(withoutStable(token, (partition, dot) => stable.has(partition, dot)));
  }

  /**
   * All versions that were returned enter, tombstones and stubs among them: they were synced first.
   * At `causal` so does what their writers had seen.
   */
  afterRead(
    token: SessionToken,
    { at, mark, levels }: SeenAt & Pick<Get, 'levels'>,
    { merged, atMajority }: Got,
  ): SessionToken {
    const versions = merged?.versions ?? [];
    const dots = versions.map(({ dot }) => dot);
    const seen = this.#with(token, { at, mark }, dots, atMajority);
    if (!levels.some(({ isCausal }) => isCausal)) return seen;
    const pasts = versions.map((version) => this.#takenOver(at, version));
    return pasts.reduce(joinTokens, seen);
  }

  /** What the writer of a version had seen, without the flags that may go. */
  #takenOver({ partition }: RecordKey, { dot, past }: Version): SessionToken {
    const seen = decodePast(past);
    if (!hasFlags(seen)) return seen;
    const { held } = this.#options;
    // Not by its bytes: they do not show which dots a flag stands for.
    const name = [partition, dotText(dot)].join(' ');
    let metAt = this.#pastsMetAt.get(name);
    if (metAt === undefined) {
      metAt = held.met();
      dropOldest(this.#pastsMetAt, PASTS_MAX);
      this.#pastsMetAt.set(name, metAt);
    }
    return held.clear(seen, metAt);
  }

  /** The write enters, and the claim that it made. */
  afterWrite(token: SessionToken, seenAt: SeenAt, result: PutResult, plan: Plan): SessionToken {
    const { version, claim, answered } = result;
    const dots = [version, ...(claim === undefined ? [] : [claim])].flatMap((text) => {
      return parseDot(text) ?? [];
    });
    const [owners = []] = plan.sets;
    const atMajority = plan.sets.length === 1 && answered >= majority(owners.length);
    return this.#with(token, seenAt, dots, atMajority);
  }

  #with(
    token: SessionToken,
    { at: { partition }, mark }: SeenAt,
    dots: readonly Dot[],
    atMajority: boolean,
  ): SessionToken {
    const { stable, ownership } = this.#options;
    const known = floorOf(token, partition).dots;
    const fresh = keepDots(dotSetOf(dots), (dot) => {
      return known.get(dot.writer)?.includes(dot.n) !== true && !stable.has(partition, dot);
    });
    if (fresh.size === 0) return token;
    const floor: PartitionFloor = { dots: fresh, flag: 'none', one: !atMajority, mark };
    const grown = withFloor(token, partition, floor);
    return { ...grown, epoch: Math.max(grown.epoch, ownership.epoch) };
  }

  #open(text: string): SessionToken {
    if (text === NEW_SESSION) return NOTHING_SEEN_YET;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const { sessionSeal, ownership } = this.#options;
    const token = sessionSeal.open(text);
    ownership.assertKnown(token.epoch);
    dropOldest(this.#known, KNOWN_MAX);
    this.#known.set(text, token);
    this.#texts.set(token, { text, revision: -1, turn: -1 });
    return token;
  }
}

/** Makes room for one more. */
function dropOldest(known: Map<string, unknown>, countMax: number): void {
  if (known.size < countMax) return;
  const [oldest] = known.keys();
  known.delete(oldest ?? '');
}

/**
 * A token names only what is durable: what a crash loses, no later request could find.
 * @throws OperatingError `invalid_request`
 */
export function assertDurable(token: SessionToken | undefined, durability: Durability): void {
  if (token === undefined || durability === 'sync') return;
  const message =
    `a write of a session is synced before it is acknowledged: send no X-Durability: ` +
    `${durability} with a session token, nor at the level session`;
  throw new OperatingError('invalid_request', message, {
    details: { field: 'X-Durability', received: durability },
  });
}
