/**
 * Watches the messages of one read at a weak level: which primaries it asked, and what they told
 * it. "Not found" is a claim about all of them.
 */
import type { Message, NodeId } from '../../lib/environment/transport.js';
import { READ } from '../../lib/coordination/messages.js';

/** As peer messages travel (lib/rpc/wire.ts). */
const REQUEST = 0;
const REPLY = 1;
/** Deadlines travel as what is left of them. */
const TOLERANCE_MILLISECONDS = 0.001;

interface Told {
  readonly from: NodeId;
  readonly fingerprint: string;
}

export class ReadWatch {
  readonly #node: NodeId;
  readonly #key: string;
  /** On the monotonic clock of the node. Other reads of the key there have others. */
  readonly #deadline: number;
  readonly #ids = new Set<unknown>();
  readonly asked = new Set<NodeId>();
  readonly told: Told[] = [];

  constructor(node: NodeId, key: string, deadline: number) {
    this.#node = node;
    this.#key = key;
    this.#deadline = deadline;
  }

  /** @param now on the monotonic clock of the sender */
  sent(from: NodeId, to: NodeId, message: Message, now: number): void {
    if (from !== this.#node || !Array.isArray(message)) return;
    const [kind, id, name, , , remaining, body] = message as readonly unknown[];
    if (kind !== REQUEST || name !== READ.name) return;
    if ((body as { key?: unknown }).key !== this.#key) return;
    const late = Math.abs(now + Number(remaining) - this.#deadline);
    if (late > TOLERANCE_MILLISECONDS) return;
    this.#ids.add(id);
    this.asked.add(to);
  }

  delivered(from: NodeId, to: NodeId, message: Message): void {
    if (to !== this.#node || !Array.isArray(message)) return;
    const [kind, id, body] = message as readonly unknown[];
    // A question that the network repeats is answered twice: the first answer counts.
    if (kind !== REPLY || !this.#ids.delete(id)) return;
    const { fingerprint } = body as { fingerprint?: unknown };
    if (typeof fingerprint === 'string') this.told.push({ from, fingerprint });
  }

  /** The versions that somebody said it holds as values, or as tombstones; not as stubs. */
  get versions(): string[] {
    const texts = this.told.flatMap(({ fingerprint }) => fingerprint.match(/[^;!]+;/g) ?? []);
    return [...new Set(texts.map((text) => text.slice(0, -1)))];
  }
}
