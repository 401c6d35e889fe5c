/** What an operator should know of ids and clusters that are mixed up (M4, M6). */
import type { Clock } from '../environment/clock.js';
import type { LogFields, Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';

/** Shown for so long after it was last seen. */
const SHOWN_MILLISECONDS = 600_000;
const ALERTS_MAX = 16;

export class IdentityAlerts {
  readonly #clock: Clock;
  readonly #observer: Observer;
  /** When each was last seen. */
  readonly #seen = new Map<string, number>();

  constructor({ clock, observer }: { readonly clock: Clock; readonly observer: Observer }) {
    this.#clock = clock;
    this.#observer = observer;
  }

  get current(): readonly string[] {
    const since = this.#clock.monotonicMilliseconds() - SHOWN_MILLISECONDS;
    return [...this.#seen].filter(([, at]) => at >= since).map(([text]) => text);
  }

  /** Two nodes run under one id. */
  twice(peer: NodeId, first: string, second: string): void {
    this.#observer.count('quorate_refused_lives_total', { peer });
    const text = `two nodes run as ${peer}: at ${first}, which stays, and at ${second}`;
    this.#raise(text, 'two nodes run under one id', { peer, stays: first, refused: second });
  }

  /** A member is linked with another node of this node's id. */
  refusedHere(by: NodeId, self: NodeId, first: string): void {
    const text = `two nodes run as ${self}: ${by} is linked with the one at ${first}`;
    this.#raise(text, 'another node runs under the id of this one', { by, other: first });
  }

  foreign(peer: NodeId, remote: string, theirs: string, ours: string): void {
    this.#observer.count('quorate_foreign_nodes_total', { peer });
    const other = `a node of another cluster (id ${theirs}, not ${ours})`;
    const text = `${other} runs as ${peer}, at ${remote}`;
    this.#raise(text, 'a node of another cluster was refused', { peer, at: remote, theirs, ours });
  }

  /** In the log once for as long as it is shown. */
  #raise(text: string, event: string, fields: LogFields): void {
    const now = this.#clock.monotonicMilliseconds();
    const before = this.#seen.get(text);
    if (before === undefined || before < now - SHOWN_MILLISECONDS) {
      this.#observer.log('error', event, fields);
    }
    // The latest last: the oldest gives way.
    this.#seen.delete(text);
    this.#seen.set(text, now);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > ALERTS_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }
}
