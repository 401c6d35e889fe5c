/** What every peer request says of its sender, and what a node that differs does (M2, M3). */
import type { NodeId } from '../environment/transport.js';

/** What membership says of this node with each request, and does with what the others say. */
export interface MembershipCheck {
  /** The ring epoch; 0 before the founding. */
  readonly epoch: number;
  /** Hash of the cluster's settings. */
  readonly settingsHash: number;
  /** Has the peer said what it remembers of this node's disk? It is served nothing before. */
  isVerified(peer: NodeId): boolean;
  /** Resolves when this node may serve a request that carried these; rejects where it may not. */
  reconcile(from: NodeId, epoch: number, settingsHash: number): Promise<void>;
  /** The same after a request that is served in any case, a heartbeat: nobody waits for it. */
  notice(from: NodeId, epoch: number, settingsHash: number): void;
}

/** Of a node before its membership was set. */
export const NO_CHECK: MembershipCheck = {
  epoch: 0,
  settingsHash: 0,
  isVerified: () => true,
  reconcile: () => Promise.resolve(),
  notice: () => undefined,
};
