/** What replicas say when they are asked what they hold. */
import type { NodeId } from '../environment/transport.js';
import type { Siblings } from '../versioning/siblings.js';
import type { Want } from './messages.js';

/** What one replica said. */
export interface Copy {
  readonly node: NodeId;
  readonly fingerprint: string;
  /** Undefined where only the fingerprint was asked, or the replica holds nothing. */
  readonly siblings: Siblings | undefined;
  readonly want: Want;
  /** In which start of the replica it was said. */
  readonly start: number;
}

/** What `node` said, if it said anything. */
export function copyOf(copies: readonly Copy[], node: NodeId): Copy | undefined {
  return copies.find((copy) => copy.node === node);
}
