/** A transport whose links are open or not as a test says; what it sends is the test's affair. */
import type { NodeId, Transport } from '../../../lib/environment/transport.js';

export abstract class FakeTransport implements Transport {
  open = true;
  #fills: (() => void)[] = [];

  abstract send(to: NodeId, message: unknown): boolean;

  beforeLeaving(_to: NodeId, fill: () => void): boolean {
    if (this.open) this.#fills.push(fill);
    return this.open;
  }

  endTurn(): void {
    for (const fill of this.#fills.splice(0)) fill();
  }

  isOpen(): boolean {
    return this.open;
  }

  awaitsVerdictOf(): boolean {
    return false;
  }

  async start(): Promise<void> {}
  setPeers(): void {}
  drop(): void {}
  async stop(): Promise<void> {}
}
