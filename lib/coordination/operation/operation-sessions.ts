/**
 * The session tokens of answers to writes under an id. A token belongs to one request: it is made
 * anew for each attempt, from what that attempt sent and the version that was written. So no
 * record holds one.
 */
import type { Ownership } from '../../partitioning/ownership.js';
import { recordKey } from '../../persistence/keyspace.js';
import type { Plans } from '../../replication/plan.js';
import { majority } from '../../replication/quorum.js';
import { NOTHING_SEEN } from '../../versioning/context.js';
import type { SessionToken } from '../../versioning/session-token.js';
import { levelsOf } from '../path/precondition.js';
import { STRONG } from '../request/level.js';
import type { PutResult } from '../request/put-request.js';
import type { PutRequest } from '../request/request.js';
import type { Defaults } from '../request/request-defaults.js';
import type { Sessions } from '../session/sessions.js';
import type { SessionAsked } from './operation-request.js';

export interface OperationSessionsOptions {
  readonly sessions: Sessions;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly defaults: (namespace: string) => Pick<Defaults, 'writeLevel'>;
}

type Key = Pick<PutRequest, 'namespace' | 'key'>;

export class OperationSessions {
  readonly #options: OperationSessionsOptions;

  constructor(options: OperationSessionsOptions) {
    this.#options = options;
  }

  /** Of an attempt that begins now (`Sessions.markOf`). */
  markOf({ namespace, key }: Key): number {
    const { sessions, ownership } = this.#options;
    return sessions.markOf(recordKey(namespace, key, ownership.partitionCount).partition);
  }

  /**
   * @param mark of before the write took effect
   * @returns undefined where the attempt is of no session
   */
  after(
    asked: SessionAsked,
    { namespace, key }: Key,
    version: string,
    mark: number,
  ): SessionToken | undefined {
    const { sessions, ownership, plans, defaults } = this.#options;
    const levels = levelsOf(asked, defaults(namespace).writeLevel, 'write');
    const token = sessions.of(asked.session, levels);
    if (token === undefined) return undefined;
    const at = recordKey(namespace, key, ownership.partitionCount);
    const plan = plans.of(at.partition);
    return sessions.afterWrite(token, { at, mark }, decided(version, plan.primaries.length), plan);
  }
}

/** What a token needs to know of it: it was decided at `strong`, so a majority has it. */
function decided(version: string, asked: number): PutResult {
  return {
    ...{ version, claim: undefined, level: STRONG, answered: majority(asked), asked },
    ...{ writtenAt: 0, seen: NOTHING_SEEN, replaced: [], beside: [], standIns: 0 },
  };
}
