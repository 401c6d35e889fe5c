/** The latest events of all nodes: each tells its own, and whoever is asked gathers them. */
import type { Clock } from '../environment/clock.js';
import { lastWithin } from '../encoding/cut-list.js';
import type { EventLog, LoggedEvent } from '../environment/event-log.js';
import type { NodeId } from '../environment/transport.js';
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
export const EVENTS_TOLD_MAX = 200;

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
    const events = replies.flatMap(({ node, events: told }) =>
      told.map(({ fields, ...row }) => ({ node, ...row, fields: Object.fromEntries(fields) })),
    );
    events.sort((a, b) => b.at - a.at || b.number - a.number);
    return { events: events.slice(0, limit), unanswered };
  }

  #own() {
    const { ownership, log, pageBytesMax } = this.#options;
    const events = log.latest(EVENTS_TOLD_MAX).map(({ fields, ...row }) => {
      return { ...row, fields: Object.entries(fields) };
    });
    return { node: ownership.self, events: lastWithin(events, pageBytesMax) };
  }
}
