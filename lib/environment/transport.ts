/** Links between nodes as a port. Each transport passes tests/conformance/transport. */

export type NodeId = string;

/** Where the peer listener of a node is. */
export interface PeerAddress {
  readonly id: NodeId;
  /** `host:port` */
  readonly address: string;
}

/** What travels: arrays, plain objects, strings, finite numbers, booleans, null, Uint8Array. */
export type Message = unknown;

export interface Receiver {
  /** One message from an authenticated peer. A throw means a bad frame: the link is closed. */
  receive(from: NodeId, message: Message): void;
  /** A link in both directions is open. Called once for each opening. */
  linkOpened(peer: NodeId): void;
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
   * the set: links to those who are not in it are closed, and they are not let in.
   */
  setPeers(peers: readonly PeerAddress[]): void;
  /**
   * False: nothing was sent, because the link is closed, its queue (in bytes) is full, or the
   * message is longer than any may be. True does not say that it arrives.
   */
  send(to: NodeId, message: Message): boolean;
  isOpen(peer: NodeId): boolean;
  /** Closes one link that misbehaves; the transport may open it again. */
  drop(peer: NodeId): void;
  stop(): Promise<void>;
}
