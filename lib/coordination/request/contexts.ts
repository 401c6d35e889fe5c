/** Contexts of answers and of writes: sealed and opened. That of a state is sealed once (V5). */
import type { Ownership } from '../../partitioning/ownership.js';
import type { ContextSeal } from '../../versioning/causal-context.js';
import { NOTHING_SEEN, type Seen } from '../../versioning/context.js';
import { isNothing, type Siblings, seenIn } from '../../versioning/siblings.js';
import type { GetRequest } from './request.js';

type Named = Pick<GetRequest, 'namespace' | 'key'>;

export class Contexts {
  readonly #seal: ContextSeal;
  readonly #ownership: Ownership;
  /** Kept, since sealing costs more than reading. A state is of one key and never changes. */
  readonly #ofStates = new WeakMap<Siblings, string>();

  constructor(seal: ContextSeal, ownership: Ownership) {
    this.#seal = seal;
    this.#ownership = ownership;
  }

  /** Of a key without a record: the context of a reader that has seen nothing. */
  ofState({ namespace, key }: Named, state: Siblings | undefined): string {
    // The state that holds nothing is the same of all keys, and each has a context of its own.
    const isEmpty = state === undefined || isNothing(state);
    if (isEmpty) return this.ofWrite({ namespace, key }, NOTHING_SEEN);
    const known = this.#ofStates.get(state);
    if (known !== undefined) return known;
    const sealed = this.#seal.seal(namespace, key, state.epoch, seenIn(state));
    this.#ofStates.set(state, sealed);
    return sealed;
  }

  ofWrite({ namespace, key }: Named, seen: Seen): string {
    return this.#seal.seal(namespace, key, this.#ownership.epoch, seen);
  }

  /** @throws OperatingError `invalid_context`, `wrong_epoch` */
  open({ namespace, key }: Named, context: string): Seen {
    const { epoch, ...seen } = this.#seal.open(namespace, key, context);
    this.#ownership.assertKnown(epoch);
    return seen;
  }
}
