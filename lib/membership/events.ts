/** The latest events of all nodes: each reports its own, and whoever is asked gathers them. */
import type { Clock } from '../environment/clock.js';
import { lastWithin } from '../encoding/cut-list.js';
import type { EventLog, LoggedEvent } from '../environment/event-log.js';
import type { NodeId } from '../environment/transport.js';
import { CONFLICT_BEGAN, CONFLICT_ENDED } from '../persistence/conflict-turns.js';
import type { Ownership } from '../partitioning/ownership.js';
import { askMembers } from '../rpc/ask-members.js';
import type { Messenger } from '../rpc/messenger.js';
import { EVENTS } from './messages.js';

export interface ClusterEvent extends LoggedEvent {
  readonly node: NodeId;
}

export interface EventsView {
  /** The latest first, by the wall clocks of the nodes. */
  readonly events: readonly ClusterEvent[];
  /** Nodes that did not say what happened to them. */
  readonly unanswered: readonly NodeId[];
}

export interface EventsControl {
  /** @param limit most events of each node, and of the answer */
  events(limit: number, timeoutMilliseconds?: number): Promise<EventsView>;
}

export interface EventsServiceOptions {
  readonly ownership: Ownership;
  readonly log: EventLog;
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** Most bytes of the events in a message. */
  readonly pageBytesMax: number;
}

const TIMEOUT_MILLISECONDS = 1000;
/** Of one node in a message. */
export const EVENTS_SENT_MAX = 200;

export class EventsService implements EventsControl {
  readonly #options: EventsServiceOptions;

  constructor(options: EventsServiceOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    messenger.handle(EVENTS, () => this.#own(), { anyEpoch: true });
  }

  async events(
    limit: number,
    timeoutMilliseconds: number = TIMEOUT_MILLISECONDS,
  ): Promise<EventsView> {
    const { ownership, messenger, clock } = this.#options;
    const { self, nodes } = ownership;
    const { replies, unanswered } = await askMembers(
      {
        ...{ self, nodes, messenger, clock, own: () => this.#own() },
        timeoutMilliseconds: Math.min(timeoutMilliseconds, TIMEOUT_MILLISECONDS),
      },
      EVENTS,
    );
    const events = replies.flatMap(({ node, events: log }) =>
      log.map(({ fields, ...row }) => ({ node, ...row, fields: Object.fromEntries(fields) })),
    );
    const distinct = distinctConflicts(events);
    distinct.sort((a, b) => b.at - a.at || b.number - a.number);
    return { events: distinct.slice(0, limit), unanswered };
  }

  #own() {
    const { ownership, log, pageBytesMax } = this.#options;
    const events = log.latest(EVENTS_SENT_MAX).map(({ fields, ...row }) => {
      return { ...row, fields: Object.entries(fields) };
    });
    return { node: ownership.self, events: lastWithin(events, pageBytesMax) };
  }
}

const OF_CONFLICTS: ReadonlySet<string> = new Set([CONFLICT_BEGAN, CONFLICT_ENDED]);

/**
 * Every owner of a key reports the same of its conflict. One is shown: of who knows most (only
 * where a conflict was resolved is it known at once by which strategy), and of these the earliest.
 */
export function distinctConflicts(events: readonly ClusterEvent[]): ClusterEvent[] {
  const others = events.filter(({ event }) => !OF_CONFLICTS.has(event));
  const conflicts = new Map<string, ClusterEvent>();
  for (const row of events) {
    if (!OF_CONFLICTS.has(row.event)) continue;
    const { namespace, key, since } = row.fields;
    const id = JSON.stringify([row.event, namespace, key, since]);
    const other = conflicts.get(id);
    if (other === undefined || knowsBetter(row, other)) conflicts.set(id, row);
  }
  return [...others, ...conflicts.values()];
}

function knowsBetter(one: ClusterEvent, other: ClusterEvent): boolean {
  const isKnown = ({ fields }: ClusterEvent): boolean => fields['by'] !== 'write';
  return isKnown(one) === isKnown(other) ? one.at < other.at : isKnown(one);
}
