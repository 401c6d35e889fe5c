/** What stand-ins hold for absent primaries: asked where no primary can be reached. Pure. */
import type { NodeId } from '../../environment/transport.js';
import { mergeAll, type Siblings } from '../../versioning/siblings.js';
import type { ReadEffect } from './read-effects.js';

export class StandInReads {
  readonly #silent = new Set<NodeId>();
  readonly #held: Siblings[] = [];

  ask(standIns: readonly NodeId[]): readonly ReadEffect[] {
    for (const node of standIns) this.#silent.add(node);
    return standIns.map((node) => ({ do: 'ask stand-in', node }));
  }

  /**
   * @param held undefined: nothing, or it did not answer
   * @returns false: it was not asked, or has answered before
   */
  said(node: NodeId, held: Siblings | undefined): boolean {
    const isAwaited = this.#silent.delete(node);
    if (isAwaited && held !== undefined) this.#held.push(held);
    return isAwaited;
  }

  get areSettled(): boolean {
    return this.#silent.size === 0;
  }

  /** How many hold something. */
  get count(): number {
    return this.#held.length;
  }

  /** Undefined: none holds anything. */
  merged(): Siblings | undefined {
    return mergeAll(this.#held);
  }
}
