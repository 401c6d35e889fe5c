/**
 * Links between simulated machines: late, lost, repeated, reordered, cut
 * (lib/environment/transport.ts).
 */
import type { Message, NodeId, Receiver, Transport } from '../../lib/environment/transport.js';
import { decodeFrame, encodeFrame, messageBytesMax } from '../../lib/encoding/frame.js';
import { hasRoomFor } from '../../lib/encoding/large.js';
import { hash32 } from '../../lib/encoding/hash.js';
import { messageOf } from '../../lib/errors.js';
import type { MachineTime } from './simulated-clock.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

/** Probabilities for each frame, and milliseconds. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  /** May a frame overtake another? */
  readonly reorder: boolean;
  readonly delayMinimum: number;
  readonly delayMean: number;
  /** Share of frames that take a hundred times as long. */
  readonly clogged: number;
}

export const CALM_NETWORK: NetworkFaults = {
  loss: 0,
  duplication: 0,
  reorder: false,
  delayMinimum: 0.1,
  delayMean: 0.4,
  clogged: 0,
};

const FRAME_BYTES_MAX = 262_144;
const QUEUE_BYTES_MAX = 1_048_576;
const LIMITS = { frameBytesMax: FRAME_BYTES_MAX, queueBytesMax: QUEUE_BYTES_MAX };
const DIAL_MILLISECONDS = 60;

/** One side of a link, as the node there sees it. */
interface Side {
  /** Which opening of the link this side believes in; 0: none. */
  opening: number;
  outbound: Message[];
  queuedBytes: number;
  lastArrival: number;
}

interface Endpoint {
  readonly id: NodeId;
  readonly machine: MachineTime;
  readonly isAlive: () => boolean;
  receiver: Receiver | undefined;
  peers: Set<NodeId>;
  readonly sides: Map<NodeId, Side>;
}

export class SimulatedNetwork {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #endpoints = new Map<NodeId, Endpoint>();
  /** `from>to` */
  readonly #cuts = new Set<string>();
  readonly #waiting: [Endpoint, NodeId][] = [];
  #openings = 0;
  faults: NetworkFaults = CALM_NETWORK;
  /** Told of a receiver that throws: with frames that are never damaged, that is a bug. */
  onThrow: (node: NodeId, reason: string) => void = () => undefined;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random('network');
    world.onRest(() => this.#flush());
  }

  get frameBytesMax(): number {
    return FRAME_BYTES_MAX;
  }

  get queueBytesMax(): number {
    return QUEUE_BYTES_MAX;
  }

  /** The transport port of one life of a node. */
  attach(id: NodeId, machine: MachineTime, isAlive: () => boolean): Transport {
    const endpoint: Endpoint = {
      ...{ id, machine, isAlive },
      receiver: undefined,
      peers: new Set(),
      sides: new Map(),
    };
    const isOpen = (peer: NodeId): boolean =>
      isAlive() && (endpoint.sides.get(peer)?.opening ?? 0) !== 0;
    return {
      start: async (receiver) => {
        endpoint.receiver = receiver;
        this.#endpoints.set(id, endpoint);
        for (const peer of endpoint.peers) this.#dial(id, peer);
      },
      setPeers: (peers) => {
        endpoint.peers = new Set(peers.map((peer) => peer.id));
        for (const peer of endpoint.sides.keys()) {
          if (!endpoint.peers.has(peer)) this.#drop(endpoint, peer);
        }
        if (endpoint.receiver === undefined) return;
        for (const peer of endpoint.peers) this.#dial(id, peer);
      },
      send: (to, message) => this.#send(endpoint, to, message),
      isOpen,
      drop: (peer) => this.#drop(endpoint, peer),
      stop: async () => {
        this.#flush();
        for (const peer of [...endpoint.sides.keys()]) this.#drop(endpoint, peer);
        if (this.#endpoints.get(id) === endpoint) this.#endpoints.delete(id);
      },
    };
  }

  /** The machine is gone. @param silently no peer is told; its links look open */
  crash(id: NodeId, silently: boolean): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) return;
    this.#endpoints.delete(id);
    if (silently) {
      this.#world.count('half-open link');
      return;
    }
    for (const peer of endpoint.sides.keys()) this.#tellClosed(id, peer, endpoint.sides.get(peer));
  }

  cut(from: NodeId, to: NodeId): void {
    this.#cuts.add(`${from}>${to}`);
  }

  heal(from: NodeId, to: NodeId): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  healAll(): void {
    this.#cuts.clear();
  }

  #isCut(from: NodeId, to: NodeId): boolean {
    return this.#cuts.has(`${from}>${to}`);
  }

  /** Tries until the link is open; one attempt is under way for each pair that wants one. */
  #dial(one: NodeId, other: NodeId): void {
    const endpoint = this.#endpoints.get(one);
    this.#world.after(
      this.#random.between(0.5, 1.5) * DIAL_MILLISECONDS,
      `dial ${one} ${other}`,
      () => {
        if (this.#endpoints.get(one) !== endpoint || endpoint === undefined) return;
        if (!endpoint.peers.has(other) || endpoint.sides.has(other)) return;
        if (!this.#open(endpoint, this.#endpoints.get(other))) this.#dial(one, other);
      },
    );
  }

  /** A handshake needs both directions, and both machines. */
  #open(one: Endpoint, other: Endpoint | undefined): boolean {
    if (other === undefined || !other.peers.has(one.id) || !other.isAlive()) return false;
    if (this.#isCut(one.id, other.id) || this.#isCut(other.id, one.id)) return false;
    const { now } = this.#world;
    if (one.machine.pausedUntil > now || other.machine.pausedUntil > now) return false;
    // The other side may still believe in an earlier opening.
    this.#close(other, one.id);
    this.#openings += 1;
    const opening = this.#openings;
    for (const [side, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      side.sides.set(peer.id, { opening, outbound: [], queuedBytes: 0, lastArrival: 0 });
    }
    one.receiver?.linkOpened(other.id);
    other.receiver?.linkOpened(one.id);
    return true;
  }

  #send(from: Endpoint, to: NodeId, message: Message): boolean {
    const side = from.sides.get(to);
    if (side === undefined || !from.isAlive()) return false;
    const bytes = messageBytesMax(message);
    if (!hasRoomFor(bytes, side.queuedBytes, LIMITS)) return false;
    side.queuedBytes += bytes;
    if (side.outbound.length === 0) this.#waiting.push([from, to]);
    side.outbound.push(message);
    return true;
  }

  /** All messages to one peer of one turn share a frame, as far as it goes. */
  #flush(): void {
    for (const [from, to] of this.#waiting.splice(0)) {
      const side = from.sides.get(to);
      if (side === undefined || side.outbound.length === 0) continue;
      let frame: Message[] = [];
      let bytes = 0;
      for (const message of side.outbound.splice(0)) {
        const size = messageBytesMax(message);
        if (bytes + size > FRAME_BYTES_MAX) {
          this.#transmit(from.id, to, side, frame, bytes);
          frame = [];
          bytes = 0;
        }
        frame.push(message);
        bytes += size;
      }
      this.#transmit(from.id, to, side, frame, bytes);
    }
  }

  #transmit(from: NodeId, to: NodeId, side: Side, messages: Message[], bytes: number): void {
    const frame = encodeFrame(messages);
    this.#world.noteNumber(hash32(frame));
    const { loss, duplication, reorder, delayMinimum, delayMean, clogged } = this.faults;
    const release = (): void => {
      side.queuedBytes -= bytes;
    };
    const copies = this.#random.chance(duplication) ? 2 : 1;
    if (copies === 2) this.#world.count('frame repeated');
    for (let copy = 0; copy < copies; copy += 1) {
      let delay = delayMinimum + this.#random.exponential(delayMean);
      if (this.#random.chance(clogged)) delay *= 100;
      const arrival = this.#world.now + delay;
      if (reorder && arrival < side.lastArrival) this.#world.count('frame overtaken');
      const at = reorder ? arrival : Math.max(arrival, side.lastArrival);
      side.lastArrival = Math.max(side.lastArrival, at);
      const lost = this.#random.chance(loss);
      if (lost) this.#world.count('frame lost');
      this.#world.after(at - this.#world.now, `arrive ${from} ${to}`, () => {
        if (copy === 0) release();
        if (!lost) this.#arrive(from, to, side.opening, frame);
      });
    }
  }

  #arrive(from: NodeId, to: NodeId, opening: number, frame: Uint8Array): void {
    const endpoint = this.#endpoints.get(to);
    if (endpoint === undefined || this.#isCut(from, to)) return;
    if (endpoint.sides.get(from)?.opening !== opening || !endpoint.isAlive()) return;
    const pause = endpoint.machine.pausedUntil - this.#world.now;
    if (pause > 0) {
      this.#world.after(pause, `arrive ${from} ${to}`, () =>
        this.#arrive(from, to, opening, frame),
      );
      return;
    }
    for (const message of decodeFrame(frame)) {
      try {
        endpoint.receiver?.receive(from, message);
      } catch (error) {
        this.onThrow(to, messageOf(error));
        this.#drop(endpoint, from);
        return;
      }
    }
  }

  #drop(endpoint: Endpoint, peer: NodeId): void {
    const side = endpoint.sides.get(peer);
    if (side === undefined) return;
    this.#close(endpoint, peer);
    this.#tellClosed(endpoint.id, peer, side);
    if (endpoint.peers.has(peer)) this.#dial(endpoint.id, peer);
  }

  #close(endpoint: Endpoint, peer: NodeId): void {
    if (endpoint.sides.delete(peer)) endpoint.receiver?.linkClosed(peer);
  }

  /** The end of a link travels like anything else, behind what was sent before. */
  #tellClosed(from: NodeId, to: NodeId, side: Side | undefined): void {
    if (side === undefined) return;
    const { now } = this.#world;
    const delay = Math.max(side.lastArrival - now, this.faults.delayMinimum) + 0.01;
    this.#world.after(delay, `close ${from} ${to}`, () => {
      const endpoint = this.#endpoints.get(to);
      if (endpoint?.sides.get(from)?.opening !== side.opening) return;
      if (this.#isCut(from, to)) {
        this.#world.count('half-open link');
        return;
      }
      const pause = endpoint.machine.pausedUntil - this.#world.now;
      if (pause > 0) {
        this.#world.after(pause, `close ${from} ${to}`, () => this.#tellClosed(from, to, side));
        return;
      }
      this.#close(endpoint, from);
      if (endpoint.peers.has(from)) this.#dial(to, from);
    });
  }
}
