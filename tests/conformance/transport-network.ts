/** The world of a transport that is examined. */
import type { Test } from 'tap';
import type { NodeId, Receiver, Transport } from '../../lib/environment/transport.js';

export interface TransportNetwork {
  /** A node with the right secret, not started. Two of one id never run at the same time. */
  create(id: NodeId): Transport;
  /** Starts it on an address of its own; the same id comes back to the same address. */
  start(transport: Transport, id: NodeId, receiver: Receiver): Promise<void>;
  /** Tells it where these peers are. */
  connect(transport: Transport, peers: readonly NodeId[]): void;
  /** Lets time pass until the condition holds; rejects where it does not. */
  until(condition: () => boolean, what: string): Promise<void>;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** What the world beneath takes before anything is said to wait. */
  readonly systemBufferBytesMax: number;
  close(): Promise<void>;
}

export type MakeNetwork = () => Promise<TransportNetwork>;

export type Case = (t: Test, network: TransportNetwork) => Promise<void>;
