/** What the log says of a founding: each thing once, though it is asked twice a second. */
import type { LogFields, Observer, Severity } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';

export class FoundingLog {
  readonly #observer: Observer;
  readonly #logged = new Set<string>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  waiting(missing: readonly NodeId[], hash: string): void {
    this.#log('info', 'waiting for founders', { missing, hash });
  }

  otherList(peer: NodeId, theirs: string, ours: string): void {
    this.#log('error', 'a founder has another founding list', { peer, theirs, ours });
  }

  #log(severity: Severity, event: string, fields: LogFields): void {
    const text = JSON.stringify([event, fields]);
    if (this.#logged.has(text)) return;
    this.#logged.add(text);
    this.#observer.log(severity, event, fields);
  }
}
