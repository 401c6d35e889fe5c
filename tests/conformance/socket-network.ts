/** Real peer sockets on loopback, for the transport suite and the tests of hostile peers. */
import type { MetricName } from '../../lib/environment/metrics.js';
import type { LogFields, Labels, Observer, Severity } from '../../lib/environment/observer.js';
import type { NodeId, Receiver, Transport } from '../../lib/environment/transport.js';
import type { PeerSocketsOptions } from '../../lib/platform/peer-sockets.js';
import { PeerSockets } from '../../lib/platform/peer-sockets.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';
import { TurnQueue } from '../../lib/platform/turn-queue.js';
import { freePorts } from './free-ports.js';
import type { TransportNetwork } from './transport-network.js';

export interface LogLine {
  readonly severity: Severity;
  readonly event: string;
  readonly fields: LogFields;
}

class RecordingObserver implements Observer {
  readonly lines: LogLine[] = [];
  readonly #counts = new Map<MetricName, number>();
  readonly #labels = new Map<MetricName, Labels[]>();

  log(severity: Severity, event: string, fields: LogFields = {}): void {
    this.lines.push({ severity, event, fields });
  }

  count(metric: MetricName, labels: Labels = {}, by = 1): void {
    this.#counts.set(metric, this.countOf(metric) + by);
    this.#labels.set(metric, [...this.labelsOf(metric), labels]);
  }

  /** Of each time that it was counted. */
  labelsOf(metric: MetricName): readonly Labels[] {
    return this.#labels.get(metric) ?? [];
  }

  /** Under all labels together. */
  countOf(metric: MetricName): number {
    return this.#counts.get(metric) ?? 0;
  }

  measure(): void {}
}

const PATIENCE_MILLISECONDS = 8_000;

/**
 * An address of this process's own, where the system has more than one for loopback: a port that
 * was free a moment ago is then still free.
 */
export const HOST =
  process.platform === 'linux'
    ? `127.77.${String((process.pid >> 8) & 255)}.${String((process.pid & 127) + 1)}`
    : '127.0.0.1';

export class SocketNetwork implements TransportNetwork {
  readonly frameBytesMax = 262_144;
  readonly queueBytesMax = 1_048_576;
  readonly systemBufferBytesMax = 33_554_432;
  readonly observer = new RecordingObserver();
  readonly #ports: ReadonlyMap<NodeId, number>;
  readonly #created: PeerSockets[] = [];

  private constructor(ports: ReadonlyMap<NodeId, number>) {
    this.#ports = ports;
  }

  static async make(ids: readonly NodeId[] = ['n1', 'n2', 'n3']): Promise<SocketNetwork> {
    const ports = await freePorts(HOST, ids.length);
    return new SocketNetwork(new Map(ids.map((id, index) => [id, ports[index] ?? 0])));
  }

  portOf(id: NodeId): number {
    return this.#ports.get(id) ?? 0;
  }

  create(id: NodeId, changes: Partial<PeerSocketsOptions> = {}): PeerSockets {
    const sockets = new PeerSockets({
      self: id,
      clusterName: 'test',
      secret: new Uint8Array(32).fill(7),
      listen: { host: HOST, port: this.portOf(id) },
      frameBytesMax: this.frameBytesMax,
      linkQueueBytesMax: this.queueBytesMax,
      reconnectDelayMinMilliseconds: 20,
      reconnectDelayMaxMilliseconds: 200,
      handshakeTimeoutMilliseconds: 1_000,
      together: new TurnQueue(2).add,
      clock: new SystemClock(),
      random: new SystemRandom(),
      observer: this.observer,
      ...changes,
    });
    this.#created.push(sockets);
    return sockets;
  }

  async start(transport: Transport, _id: NodeId, receiver: Receiver): Promise<void> {
    await transport.start(receiver);
  }

  connect(transport: Transport, peers: readonly NodeId[]): void {
    transport.setPeers(
      peers.map((id) => ({ id, addresses: [`${HOST}:${String(this.portOf(id))}`] })),
    );
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLISECONDS;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#created.map((sockets) => sockets.stop()));
  }
}
