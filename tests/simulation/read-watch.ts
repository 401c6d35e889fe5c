/**
 * Watches the messages of one read at a weak level: which primaries it asked, and what they
 * answered. "Not found" is a claim about all of them.
 */
import type { ReportedVersions } from '../../lib/checkers/explained-request.js';
import type { Message, NodeId } from '../../lib/environment/transport.js';
import { decodeReads, decodeShown } from '../../lib/rpc/hot-layout.js';
import { HOT, isHot } from '../../lib/rpc/hot-messages.js';
import { nameOf } from './key-names.js';

/** Deadlines travel as what is left of them. */
const TOLERANCE_MILLISECONDS = 0.002;

interface Answered {
  readonly from: NodeId;
  readonly fingerprint: string;
}

export class ReadWatch {
  readonly #node: NodeId;
  /** As histories name it. */
  readonly #name: string;
  /** On the monotonic clock of the node. Other reads of the key there have others. */
  readonly #deadline: number;
  readonly #ids = new Set<string>();
  #isCutShort = false;
  /** Who was asked, or could not be. */
  readonly asked = new Set<NodeId>();
  readonly reported: Answered[] = [];

  constructor(node: NodeId, name: string, deadline: number) {
    this.#node = node;
    this.#name = name;
    this.#deadline = deadline;
  }

  /** @param now on the monotonic clock of the sender */
  sent(from: NodeId, to: NodeId, message: Message, now: number): void {
    if (from !== this.#node || !isHot(message) || message[0] !== HOT.reads) return;
    for (const { slot, generation, leftMilliseconds, ...place } of decodeReads(message).items) {
      const late = Math.abs(now + leftMilliseconds - this.#deadline);
      if (nameOf(place) !== this.#name || late > TOLERANCE_MILLISECONDS) continue;
      this.#ids.add(`${slot} ${generation}`);
      this.asked.add(to);
    }
  }

  /** Whoever could not be asked, for a moment, was not up all the time. */
  unreachable(from: NodeId, to: NodeId): void {
    if (from === this.#node) this.asked.add(to);
  }

  /** A node that stops waits no more for answers to what it asked, and may reach nobody else. */
  stopping(node: NodeId): void {
    if (node !== this.#node) return;
    this.#ids.clear();
    this.#isCutShort = true;
  }

  /** Had it to answer with what it knew by then? */
  get isCutShort(): boolean {
    return this.#isCutShort;
  }

  delivered(from: NodeId, to: NodeId, message: Message): void {
    if (to !== this.#node || !isHot(message) || message[0] !== HOT.shown) return;
    for (const { slot, generation, fingerprint } of decodeShown(message)) {
      // A question that the network repeats is answered twice: the first answer counts.
      if (this.#ids.delete(`${slot} ${generation}`)) this.reported.push({ from, fingerprint });
    }
  }

  /** The versions that somebody said it holds as values, or as tombstones; not as stubs. */
  get versions(): string[] {
    const texts = this.reported.flatMap(({ fingerprint }) => fingerprint.match(/[^;!]+;/g) ?? []);
    return [...new Set(texts.map((text) => text.slice(0, -1)))];
  }
  /** The same by who said it, each version as explanations write it. */
  get heard(): ReportedVersions[] {
    return this.reported.map(({ from, fingerprint }) => {
      const texts = fingerprint.match(/[^;!]+[;!]/g) ?? [];
      const versions = texts.map((text) => {
        return text.endsWith('!') ? `${text.slice(0, -1)} (ended)` : text.slice(0, -1);
      });
      return { node: from, versions };
    });
  }
}
