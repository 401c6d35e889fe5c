/** Does a read cover what its session has seen, and what must it be shown for that? Pure. */
import type { Plan } from '../../replication/plan.js';
import type { ShownAtLeast } from '../../rpc/hot-messages.js';
import { type Cover, coverOf, isMetByAll, type SessionFloor } from './cover.js';
import type { ReadRound } from './read-round.js';

/** Part of `ReadCore`. */
export class SessionCover {
  readonly #session: SessionFloor | undefined;
  readonly #plan: Plan;
  #isSettled: boolean;

  /** @param session undefined: the read is of none, and covers it */
  constructor(session: SessionFloor | undefined, plan: Plan) {
    this.#session = session;
    this.#plan = plan;
    this.#isSettled = session !== undefined && session.floor.flag !== 'none';
  }

  /**
   * A token names only what is synced. Where dots found no room in it, or one is missing, that may
   * be accepted at `strong` and not learned yet: then all that is shown is settled (K12).
   */
  get atLeast(): ShownAtLeast {
    if (this.#isSettled) return 'settled';
    return this.#session === undefined ? 'held' : 'synced';
  }

  of(round: ReadRound): Cover {
    return this.#session === undefined ? 'covered' : coverOf(this.#session, this.#plan, round);
  }

  /** Is all to be asked once more, for what is settled? Then the next round is of that. */
  settles(cover: Cover): boolean {
    if (cover === 'too few' || this.#isSettled) return false;
    this.#isSettled = true;
    return true;
  }

  /** All who can answer have: is every dot held or covered, though no clock says so? */
  isMet(cover: Cover, round: ReadRound): boolean {
    if (cover === 'too few' || !this.#isSettled || this.#session === undefined) return false;
    return isMetByAll(this.#session, this.#plan, round);
  }
}
