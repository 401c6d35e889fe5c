/** Which lives are linked, and when two nodes run under one id (M6). Pure. */
import type { LinkFacts, NodeId } from '../environment/transport.js';
import { type Sighting, SIGHTINGS_MAX } from './messages.js';

/** When a life began, on this node's monotonic clock. */
interface Began {
  readonly life: string;
  readonly at: number;
  readonly earliest: number;
  readonly latest: number;
}

interface Linked {
  readonly facts: LinkFacts;
  readonly began: Began;
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
/** So long it may take until this node hears what a peer says of itself. */
const LATE_MILLISECONDS = 500;
/** Of each node so many lives are remembered that are not let in. */
const SECONDS_MAX = 8;
/** Of each node so many lives are remembered that have proven themselves, the latest. */
const HEARD_MAX = 4;

export class SecondLives {
  readonly #links = new Map<NodeId, Linked>();
  readonly #heard = new Map<NodeId, readonly Began[]>();
  readonly #seconds: SecondLife[] = [];
  #nextReported = 0;

  /** A life has proven for how long it has run. What it said first says most. */
  heard(peer: NodeId, { life, ran }: Pick<LinkFacts, 'life' | 'ran'>, now: number): Began {
    const before = this.#heard.get(peer) ?? [];
    const known = before.find((one) => one.life === life);
    if (known !== undefined) return known;
    const began = beganOf(life, ran, now, now);
    this.#heard.set(peer, [...before, began].slice(-HEARD_MAX));
    return began;
  }

  opened(peer: NodeId, facts: LinkFacts, now: number): void {
    this.#links.set(peer, { facts, began: this.heard(peer, facts, now), aliveAt: now });
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

  /** What a heartbeat says of this node's links: of some of them each time, in turn. */
  sightings(now: number): Sighting[] {
    const all = [...this.#links];
    const count = Math.min(all.length, SIGHTINGS_MAX);
    const chosen = Array.from(
      { length: count },
      (_, i) => all[(this.#nextReported + i) % all.length],
    );
    this.#nextReported = all.length === 0 ? 0 : (this.#nextReported + count) % all.length;
    return chosen.flatMap((one) => {
      if (one === undefined) return [];
      const [id, { facts, began, aliveAt }] = one;
      return [[id, facts.life, facts.address, now - aliveAt, now - began.at] as Sighting];
    });
  }

  /**
   * A life of the peer that was heard is refused, since the one on the link has answered after it:
   * both run. Is it the refused one that must end?
   */
  isSecond(peer: NodeId, refused: Began): boolean {
    const linked = this.#links.get(peer);
    return linked !== undefined && isLater(refused, linked.began);
  }

  /**
   * A member is linked with another life of a peer that this node is linked with. Both run at the
   * same time where each was alive after the other had begun; a life that has ended, and whose link
   * is only half open, was not. The one that began earlier stays: all members decide alike.
   * @param asked when the question was sent to which this is the answer
   * @returns the life on this node's link, where that is the second
   */
  compare(sighting: Sighting, asked: number, answered: number): SecondLife | undefined {
    const [peer, life, address, aliveAgo, ran] = sighting;
    const linked = this.#links.get(peer);
    if (linked === undefined || linked.facts.life === life) return undefined;
    const other = beganOf(life, ran, asked, answered);
    const aliveAt = asked - aliveAgo * (1 + DRIFT);
    if (aliveAt <= linked.began.latest || linked.aliveAt <= other.latest) return undefined;
    if (!isLater(linked.began, other)) return undefined;
    const second = { peer, life: linked.facts.life, first: address };
    this.#seconds.push(second);
    if (this.#seconds.length > SECONDS_MAX) this.#seconds.shift();
    return second;
  }
}

/** It said between these times, or a little earlier, for how long it had run. */
function beganOf(life: string, ran: number, from: number, to: number): Began {
  const earliest = from - LATE_MILLISECONDS - ran * (1 + DRIFT);
  return { life, at: to - ran, earliest, latest: to - ran * (1 - DRIFT) };
}

/** The starts by wall clocks are asked only where nothing else says which of two began first. */
function isLater(one: Began, other: Began): boolean {
  if (one.earliest > other.latest) return true;
  if (other.earliest > one.latest) return false;
  return one.life > other.life;
}
