/** A request, and the answer that the document promises. */
import type { FakeNode } from '../fake-node.js';
import type { Sent } from '../served.js';

export interface Golden {
  /** As the document names it. */
  readonly operation: string;
  readonly path: string;
  readonly prepare?: (node: FakeNode) => void;
  readonly sent?: Sent;
  readonly status: number;
  /** Of the body; undefined: any of the described shape. */
  readonly expected?: unknown;
}
