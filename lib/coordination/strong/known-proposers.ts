/** Who is known as the proposer of each partition, and who of them was heard of (K17). */
import type { Clock } from '../../environment/clock.js';
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { ClusterView } from '../../replication/cluster-view.js';

export interface KnownProposersOptions {
  readonly self: NodeId;
  readonly acceptor: DurableAcceptor;
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly clock: Clock;
}

interface Heard {
  readonly node: NodeId;
  readonly at: number;
}

/** So long a proposer that does not answer is not asked again. */
const SUSPECT_MILLISECONDS = 2000;
/** A shorter silence is no sign of a failure. */
export const SILENCE_MILLISECONDS = 250;

export class KnownProposers {
  readonly #options: KnownProposersOptions;
  /** Of each partition: who was named as its proposer. */
  readonly #named = new Map<number, NodeId>();
  /** Of each partition: who has spoken last as its proposer, and when. */
  readonly #heard = new Map<number, Heard>();
  readonly #suspects = new Map<number, { readonly node: NodeId; readonly until: number }>();

  constructor(options: KnownProposersOptions) {
    this.#options = options;
  }

  /** Empty: nobody is known. An owner goes by what it has promised. */
  of(partition: number): NodeId {
    const { acceptor, ownership } = this.#options;
    const named = this.#named.get(partition) ?? '';
    if (!ownership.isOwn(partition)) return named;
    try {
      return acceptor.promised(partition).node;
    } catch (error) {
      // Under rebuild: it may still ask others.
      if (error instanceof OperatingError) return named;
      throw error;
    }
  }

  named(partition: number, node: NodeId): void {
    this.#named.set(partition, node);
  }

  /** It has spoken to this node as a proposer, or has answered for one. */
  heard(partition: number, node: NodeId): void {
    this.#heard.set(partition, { node, at: this.#now() });
  }

  /** It has said that it decides nothing. */
  notHeard(partition: number, node: NodeId): void {
    if (this.#heard.get(partition)?.node === node) this.#heard.delete(partition);
  }

  suspect(partition: number, node: NodeId): void {
    this.#suspects.set(partition, { node, until: this.#now() + SUSPECT_MILLISECONDS });
  }

  /** Does the node answer, as far as is known? */
  isUp(partition: number, node: NodeId): boolean {
    const suspect = this.#suspects.get(partition);
    if (suspect?.node === node) {
      if (suspect.until > this.#now()) return false;
      this.#suspects.delete(partition);
    }
    return this.#options.view.isUp(node);
  }

  /** Was nothing heard of it for so many milliseconds? */
  isSilent(partition: number, node: NodeId, milliseconds: number): boolean {
    const heard = this.#heard.get(partition);
    return heard?.node !== node || this.#now() - heard.at >= milliseconds;
  }

  /**
   * Is the proposer heard of, so that no other candidate is needed? It only saves work: safety does
   * not need it.
   * @throws OperatingError `rebuilding`
   */
  refusesCandidate(partition: number, candidate: NodeId): boolean {
    const { acceptor, view, self } = this.#options;
    const { node } = acceptor.promised(partition);
    if (node === '' || node === candidate || node === self || !view.isUp(node)) return false;
    return !this.isSilent(partition, node, SILENCE_MILLISECONDS);
  }

  #now(): number {
    return this.#options.clock.monotonicMilliseconds();
  }
}
