/** Links between nodes as a port. Each transport passes tests/conformance/transport. */

export type NodeId = string;

/** Where the peer listener of a node may be. */
export interface PeerAddress {
  readonly id: NodeId;
  /** Each `host:port`; called in turn until the node answers at one, the likeliest first. */
  readonly addresses: readonly string[];
}

/** What a node says of itself to a peer that has proven the secret; part of the proof (M4). */
export interface Introduction {
  /** The random id of its cluster; empty before the founding. */
  readonly cluster: string;
  /** Hash of its ring. */
  readonly ring: string;
  /** This life of the node: the time of its start, which it sorts by, and chance. */
  readonly life: string;
  /** So long it has run, in milliseconds of its monotonic clock. */
  readonly ran: number;
  /** `host:port` where it can be called, as far as it knows. */
  readonly address: string;
}

/** A proven connection to a peer, as this side sees it. */
export interface LinkFacts extends Introduction {
  /** Where the other end is. */
  readonly remote: string;
  /** Did this side call? */
  readonly called: boolean;
  /** The version of messages that both sides speak. */
  readonly version: number;
}

/** Why a proven node is not given a link. */
export interface LinkRefusal {
  /**
   * `cluster`: it is of another cluster. `life`: another node of its id is running. `second`: and
   * that one began earlier, so this one must end.
   */
  readonly kind: 'cluster' | 'life' | 'second';
  /** The id of the cluster of the side that refuses; where the other node of that id is. */
  readonly detail: string;
}

/** What travels: arrays, plain objects, strings, finite numbers, booleans, null, Uint8Array. */
export type Message = unknown;

export interface Receiver {
  /** One message from an authenticated peer. A throw means a bad frame: the link is closed. */
  receive(from: NodeId, message: Message): void;
  /** What this node says of itself now. */
  introduce(): Introduction;
  /** May a link open? Asked once a peer has proven itself. Undefined: yes. Never rejects. */
  judge(peer: NodeId, link: LinkFacts): Promise<LinkRefusal | undefined>;
  /** The peer has proven itself, and refused this node. */
  linkRefused(peer: NodeId, refusal: LinkRefusal, link: Pick<LinkFacts, 'called' | 'remote'>): void;
  /** A link in both directions is open. Called once for each opening. */
  linkOpened(peer: NodeId, link: LinkFacts): void;
  /** The link is gone; what was sent on it may or may not have arrived. */
  linkClosed(peer: NodeId): void;
}

/**
 * Best-effort, ordered within one opening of a link, no duplicates on real sockets; a simulated one
 * may lose, repeat and reorder. All messages to one peer of one event-loop turn share a frame.
 */
export interface Transport {
  start(receiver: Receiver): Promise<void>;
  /**
   * The peers to keep links with, self excluded; before or after the start. A later call replaces
   * the set: links to those who are not in it are closed, and they are not let in. Open links stay
   * where only addresses differ.
   */
  setPeers(peers: readonly PeerAddress[]): void;
  /**
   * False: nothing was sent, because the link is closed, its queue (in bytes) is full, or the
   * message is longer than any may be. True does not say that it arrives.
   */
  send(to: NodeId, message: Message): boolean;
  /**
   * Calls `fill` once, right before what was sent to the peer in this turn of the event loop
   * leaves, also where nothing was: what `fill` sends leaves with it. Never, where the link closes
   * before.
   * False: there is no link.
   */
  beforeLeaving(to: NodeId, fill: () => void): boolean;
  isOpen(peer: NodeId): boolean;
  /** Has the peer proven itself in a handshake, and not said yet whether it takes the link? */
  awaitsVerdictOf(peer: NodeId): boolean;
  /** Closes one link that misbehaves; the transport may open it again. */
  drop(peer: NodeId): void;
  stop(): Promise<void>;
}
