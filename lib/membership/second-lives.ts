/** Which lives are linked, and when two nodes run under one id: rules without a world (M6). */
import type { LinkFacts, NodeId } from '../environment/transport.js';
import { type Sighting, SIGHTINGS_MAX } from './messages.js';

/** Times on this node's monotonic clock. */
interface Linked {
  readonly facts: LinkFacts;
  /** The peer proved this life then. */
  readonly openedAt: number;
  /** When the last question was asked that this life has answered: it was alive at or after it. */
  aliveAt: number;
}

/** A life that is not let in, and where the other node of its id is. */
export interface SecondLife {
  readonly peer: NodeId;
  readonly life: string;
  readonly first: string;
}

/** Monotonic clocks of two machines may run apart by this share. */
const DRIFT = 0.25;
/** Of each node so many lives are remembered that are not let in. */
const SECONDS_MAX = 8;

export class SecondLives {
  readonly #links = new Map<NodeId, Linked>();
  readonly #seconds: SecondLife[] = [];
  #told = 0;

  opened(peer: NodeId, facts: LinkFacts, now: number): void {
    this.#links.set(peer, { facts, openedAt: now, aliveAt: now });
  }

  closed(peer: NodeId): void {
    this.#links.delete(peer);
  }

  get linkCount(): number {
    return this.#links.size;
  }

  linkOf(peer: NodeId): LinkFacts | undefined {
    return this.#links.get(peer)?.facts;
  }

  /** @param asked when the question was sent that the peer has answered on its link */
  noteAlive(peer: NodeId, asked: number): void {
    const linked = this.#links.get(peer);
    if (linked !== undefined) linked.aliveAt = Math.max(linked.aliveAt, asked);
  }

  /** Where the first node of that id is, where this life is the second. */
  firstOf(peer: NodeId, life: string): string | undefined {
    return this.#seconds.find((second) => second.peer === peer && second.life === life)?.first;
  }

  /** What a heartbeat tells: some of the links, in turn. */
  sightings(now: number): Sighting[] {
    const all = [...this.#links];
    const count = Math.min(all.length, SIGHTINGS_MAX);
    const chosen = Array.from({ length: count }, (_, i) => all[(this.#told + i) % all.length]);
    this.#told = all.length === 0 ? 0 : (this.#told + count) % all.length;
    return chosen.flatMap((one) => {
      if (one === undefined) return [];
      const [id, { facts, openedAt, aliveAt }] = one;
      return [[id, facts.life, facts.address, now - aliveAt, now - openedAt] as Sighting];
    });
  }

  /**
   * A member is linked with another life of a peer that this node is linked with. Both run at the
   * same time where each was alive after the other had begun; a life that has ended, and whose link
   * is only half open, was not. The one that has started earlier stays, by what the lives say: all
   * members decide alike.
   * @param asked when the question was sent to which this is the answer
   * @returns the life on this node's link, where that is the second
   */
  compare(sighting: Sighting, asked: number, answered: number): SecondLife | undefined {
    const [peer, life, address, aliveAgo, age] = sighting;
    const linked = this.#links.get(peer);
    if (linked === undefined || linked.facts.life <= life) return undefined;
    const aliveAt = asked - aliveAgo * (1 + DRIFT);
    const beganBy = answered - age * (1 - DRIFT);
    if (aliveAt <= linked.openedAt || linked.aliveAt <= beganBy) return undefined;
    const second = { peer, life: linked.facts.life, first: address };
    this.#seconds.push(second);
    if (this.#seconds.length > SECONDS_MAX) this.#seconds.shift();
    return second;
  }
}
