/** A transport that counts what is sent, as it would stand in frames, while somebody measures. */
import { PassThroughTransport } from '../../bin/compare/pass-through-transport.js';
import { encodeFrame } from '../../lib/encoding/frame.js';
import { nameOfHot } from '../unit/wire-names.js';
import type { Message, NodeId, Transport } from '../../lib/environment/transport.js';

/** What all transports that share it have sent, by the name of the request. */
export class Meter {
  readonly bytesByName = new Map<string, number>();
  /** Requests by sender, receiver and number: their answers do not bear the name. */
  readonly #names = new Map<string, string>();
  isOn = false;

  get bytes(): number {
    return [...this.bytesByName.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  reset(): void {
    this.bytesByName.clear();
  }

  count(from: NodeId, to: NodeId, message: Message): void {
    const [, id, second] = message as [kind: number, id: number, second: unknown];
    const hot = nameOfHot(message);
    const isRequest = typeof second === 'string';
    if (isRequest) this.#names.set(`${from} ${to} ${id}`, second);
    if (!this.isOn) return;
    const asked = this.#names.get(`${to} ${from} ${id}`) ?? 'other';
    const name = hot ?? (isRequest ? second : asked);
    const bytes = encodeFrame([message]).length;
    this.bytesByName.set(name, (this.bytesByName.get(name) ?? 0) + bytes);
  }
}

export class MeasuredTransport extends PassThroughTransport {
  readonly #self: NodeId;
  readonly #meter: Meter;

  constructor(inner: Transport, self: NodeId, meter: Meter) {
    super(inner);
    this.#self = self;
    this.#meter = meter;
  }

  /** Each message is counted as a frame of its own: shared frames are a little shorter. */
  override send(to: NodeId, message: Message): boolean {
    const sent = super.send(to, message);
    if (sent) this.#meter.count(this.#self, to, message);
    return sent;
  }
}
