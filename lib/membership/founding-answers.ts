/** What the founders have answered in this life, and what follows (M1). Pure. */
import type { NodeId } from '../environment/transport.js';

export interface FoundingAnswer {
  /** The id of the cluster that the founder's disk stands for; empty: it knows none. */
  readonly cluster: string;
  /** Does it serve? */
  readonly complete: boolean;
}

export class FoundingAnswers {
  readonly #self: NodeId;
  readonly #others: readonly NodeId[];
  /** It has the smallest id: it proposes the cluster's id. */
  readonly #proposer: NodeId;
  readonly #answers = new Map<NodeId, FoundingAnswer>();
  /** The cluster that a founder has confirmed: it was asked with that id, and answered with it. */
  readonly #confirmed = new Map<NodeId, string>();

  /** @param founders this node among them, ascending by id */
  constructor(self: NodeId, founders: readonly NodeId[]) {
    this.#self = self;
    this.#others = founders.filter((id) => id !== self);
    this.#proposer = founders[0] ?? self;
  }

  note(node: NodeId, asked: string, answer: FoundingAnswer): void {
    this.#answers.set(node, answer);
    if (asked !== '' && answer.cluster === asked) this.#confirmed.set(node, asked);
    else this.#confirmed.delete(node);
  }

  has(node: NodeId, cluster: string): boolean {
    return this.#confirmed.get(node) === cluster;
  }

  /** Those who have not confirmed the cluster. */
  missing(cluster: string): NodeId[] {
    return this.#others.filter((id) => cluster === '' || !this.has(id, cluster));
  }

  areAllFor(cluster: string): boolean {
    return cluster !== '' && this.missing(cluster).length === 0;
  }

  /** The clusters that founders serve already. */
  served(): string[] {
    const serving = [...this.#answers.values()].filter(({ complete }) => complete);
    return [...new Set(serving.map(({ cluster }) => cluster))].sort();
  }

  /** A founder that serves, of those for whom this holds. */
  serving(
    holds: (node: NodeId, cluster: string) => boolean,
  ): { readonly node: NodeId; readonly cluster: string } | undefined {
    for (const [node, { cluster, complete }] of this.#answers) {
      if (complete && holds(node, cluster)) return { node, cluster };
    }
    return undefined;
  }

  /** Has every other founder answered that is linked now? */
  haveAnswered(isOpen: (node: NodeId) => boolean): boolean {
    return this.#others.every((id) => this.#answers.has(id) || !isOpen(id));
  }

  /**
   * The id that this node is to stand for from now on, where that is another than `known`.
   *
   * The proposer draws an id only once all others have answered in this life that they know none:
   * then no founder serves one yet, and none ever can without the proposer. So the others may
   * take its id, even where they had stored another one: that was of a disk that is lost.
   */
  proposal(known: string, draw: () => string): string | undefined {
    const [served] = this.served();
    if (served !== undefined) return served === known ? undefined : served;
    if (this.#proposer !== this.#self) {
      const { cluster = '' } = this.#answers.get(this.#proposer) ?? {};
      return cluster === '' || cluster === known ? undefined : cluster;
    }
    if (known !== '' || !this.#others.every((id) => this.#answers.has(id))) return undefined;
    const [smallest] = [...this.#answers.values()]
      .map(({ cluster }) => cluster)
      .filter((cluster) => cluster !== '')
      .sort();
    return smallest ?? draw();
  }
}
