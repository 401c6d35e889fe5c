/** Who is up and how near, as one node sees it. Membership implements it; the paths only ask. */
import type { NodeId } from '../environment/transport.js';

export interface ClusterView {
  readonly self: NodeId;
  readonly zone: string;
  /**
   * Another number whenever an answer below may be another: at each change of a link, and at each
   * heartbeat, since suspicion comes of time alone.
   */
  readonly revision: number;
  /** May requests be sent there? False where the link is closed or heartbeats were missed. */
  isUp(node: NodeId): boolean;
  /** Up, but silent for some heartbeats: asked last. */
  isSuspect(node: NodeId): boolean;
  /** Smoothed round-trip time; 0 for this node itself. */
  roundTripMilliseconds(node: NodeId): number;
}
