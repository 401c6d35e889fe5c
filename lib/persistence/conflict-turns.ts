/** Conflicts that begin and end on this node, counted, and reported for the time line. */
import { LRUCache } from 'lru-cache';
import type { EventLog } from '../environment/event-log.js';
import type { Observer } from '../environment/observer.js';
import { dotText, sameDot } from '../versioning/dot.js';
import { find, type Siblings, type Version } from '../versioning/siblings.js';
import { conflictSince } from './indexes.js';
import type { RecordKey } from './keyspace.js';

/** Of a record that is stored. */
interface Held {
  readonly inConflict: boolean;
  readonly siblings: Siblings;
}

/** What such events are called, on every node alike. */
export const CONFLICT_BEGAN = 'conflict began';
export const CONFLICT_ENDED = 'conflict ended';

/** Of resolutions whose end is still to come: it comes in the same step, or in the same message. */
const STRATEGIES_MAX = 128;

export class ConflictTurns {
  readonly #events: Pick<EventLog, 'remember'>;
  readonly #observer: Pick<Observer, 'count'>;
  readonly #strategies = new LRUCache<string, string>({ max: STRATEGIES_MAX });

  constructor(events: Pick<EventLog, 'remember'>, observer: Pick<Observer, 'count'>) {
    this.#events = events;
    this.#observer = observer;
  }

  /** Called for each entry of an audit, before the record changes where it is written here. */
  resolvedBy(strategy: string, kept: string): void {
    this.#strategies.set(kept, strategy);
  }

  /** Called for every change of a record. Nearly all are of keys that are in no conflict. */
  note(at: RecordKey, before: Held | undefined, after: Held | undefined): void {
    const [was, is] = [before?.inConflict === true, after?.inConflict === true];
    // By a write or by a merge: whoever wrote beside another, each replica has them side by side.
    if (is && valuesOf(after?.siblings).length > valuesOf(before?.siblings).length) {
      this.#observer.count('quorate_siblings_created_total');
    }
    if (was === is) return;
    const { namespace, key } = at;
    const holder = is ? after : before;
    const of = { namespace, key, ...beginningOf(holder?.siblings) };
    if (is) this.#events.remember(at.storageKey, 'warn', CONFLICT_BEGAN, of);
    else {
      const by = this.#endOf(before?.siblings, after?.siblings);
      this.#events.remember(at.storageKey, 'info', CONFLICT_ENDED, { ...of, ...by });
    }
  }

  #endOf(before: Siblings | undefined, after: Siblings | undefined) {
    const versions = after?.versions ?? [];
    const left = versions.find(({ state }) => state === 'value') ?? versions[0];
    if (left === undefined) return { by: 'removal' };
    const version = dotText(left.dot);
    const strategy = this.#strategies.get(version);
    if (strategy !== undefined) return { by: strategy, version };
    const hasEnded = versions.some(
      ({ dot, state }) =>
        state === 'stub' &&
        before?.versions.some((one) => one.state === 'value' && sameDot(one.dot, dot)),
    );
    if (hasEnded) return { by: 'expiry', version };
    const isNew = before === undefined || find(before, left.dot) === undefined;
    return { by: isNew && left.state === 'tombstone' ? 'delete' : 'write', version };
  }
}

function valuesOf(siblings: Siblings | undefined): readonly Version[] {
  return siblings?.versions.filter(({ state }) => state === 'value') ?? [];
}

/** Of a date. */
const MILLISECONDS_MAX = 8.64e15;

/** Total, whatever stamps a record has: it is called where nothing may throw. */
function beginningOf(siblings: Siblings | undefined) {
  const values = valuesOf(siblings);
  const since = Math.min(Math.max(0, conflictSince(values) || 0), MILLISECONDS_MAX);
  return { values: values.length, since: new Date(since).toISOString() };
}
