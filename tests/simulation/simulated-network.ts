/**
 * Links between simulated machines: late, lost, repeated, reordered, cut
 * (lib/environment/transport.ts).
 */
import type {
  LinkFacts,
  Message,
  NodeId,
  Receiver,
  Transport,
} from '../../lib/environment/transport.js';
import { AwaitedVerdicts } from '../../lib/platform/awaited-verdicts.js';
import { decodeFrame, encodeFrame, messageBytesMax } from '../../lib/encoding/frame.js';
import { hasRoomFor } from '../../lib/encoding/large.js';
import { hash32 } from '../../lib/encoding/hash.js';
import { messageOf } from '../../lib/errors.js';
import { CALM_NETWORK, type Gate, type NetworkFaults } from './network-faults.js';
import type { MachineTime } from './simulated-clock.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

/** Frames that may wait for one peer. */
const QUEUE_FRAMES = 4;
const DIAL_MILLISECONDS = 60;

/** One side of a link, as the node there sees it. */
interface Side {
  /** Which opening of the link this side believes in; 0: none. */
  opening: number;
  outbound: Message[];
  /** Called when the turn ends. */
  fills: (() => void)[];
  queuedBytes: number;
  lastArrival: number;
  /** Of the node at the other end. */
  readonly life: string;
  readonly other: Endpoint;
}

interface Endpoint {
  readonly id: NodeId;
  /** Where it is: what cuts name, and what others call. */
  readonly place: string;
  readonly machine: MachineTime;
  readonly isAlive: () => boolean;
  receiver: Receiver | undefined;
  /** Where each may be, the likeliest first. */
  peers: ReadonlyMap<NodeId, readonly string[]>;
  readonly sides: Map<NodeId, Side>;
  /** Peers in a handshake that have not said yet whether they take the link. */
  readonly verdicts: AwaitedVerdicts;
}

interface Watch {
  /** @param now on the monotonic clock of the sender */
  sent(from: NodeId, to: NodeId, message: Message, now: number): void;
  delivered(from: NodeId, to: NodeId, message: Message): void;
  /** There is no link, or it closes: what waited for it does not leave. */
  unreachable(from: NodeId, to: NodeId): void;
  stopping(node: NodeId): void;
}

export class SimulatedNetwork {
  readonly #world: World;
  readonly frameBytesMax: number;
  readonly #random: SeededRandom;
  /** By place. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** `from>to`, places */
  readonly #cuts = new Set<string>();
  /** Called with what is sent and of what arrives. */
  readonly watches = new Set<Watch>();
  readonly #waiting: [Endpoint, NodeId][] = [];
  readonly #filling: Side[] = [];
  #openings = 0;
  faults: NetworkFaults = CALM_NETWORK;
  /** Called for a receiver that throws: with frames that are never damaged, that is a bug. */
  onThrow: (node: NodeId, reason: string) => void = () => undefined;
  /** Where something is arranged, and not left to chance: what becomes of a frame. */
  gate: Gate = () => undefined;
  readonly #held: (() => void)[] = [];

  constructor(world: World, frameBytesMax = 262_144) {
    this.#world = world;
    this.frameBytesMax = frameBytesMax;
    this.#random = world.random('network');
    world.onRest(() => this.#flush());
  }

  get queueBytesMax(): number {
    return QUEUE_FRAMES * this.frameBytesMax;
  }

  /**
   * The transport port of one life of a node. An address is a place and a port: `n1:9090`.
   * @param place where it is; several nodes of one id, or of other clusters, are in several places
   */
  attach(id: NodeId, machine: MachineTime, isAlive: () => boolean, place = id): Transport {
    const endpoint: Endpoint = {
      ...{ id, place, machine, isAlive },
      receiver: undefined,
      peers: new Map(),
      sides: new Map(),
      verdicts: new AwaitedVerdicts(),
    };
    const isOpen = (peer: NodeId): boolean =>
      isAlive() && (endpoint.sides.get(peer)?.opening ?? 0) !== 0;
    return {
      start: async (receiver) => {
        endpoint.receiver = receiver;
        this.#endpoints.set(place, endpoint);
        for (const peer of endpoint.peers.keys()) this.#dial(endpoint, peer);
      },
      setPeers: (peers) => {
        const before = endpoint.peers;
        endpoint.peers = new Map(peers.map((peer) => [peer.id, peer.addresses]));
        for (const peer of endpoint.sides.keys()) {
          if (!endpoint.peers.has(peer)) this.#drop(endpoint, peer);
        }
        if (endpoint.receiver === undefined) return;
        for (const peer of endpoint.peers.keys()) {
          if (!before.has(peer)) this.#dial(endpoint, peer);
        }
      },
      send: (to, message) => this.#send(endpoint, to, message),
      beforeLeaving: (to, fill) => {
        const side = endpoint.sides.get(to);
        if (side === undefined || !isAlive()) {
          for (const watch of this.watches) watch.unreachable(id, to);
          return false;
        }
        if (side.fills.length === 0) this.#filling.push(side);
        side.fills.push(fill);
        return true;
      },
      isOpen,
      awaitsVerdictOf: (peer) => endpoint.verdicts.has(peer),
      drop: (peer) => this.#drop(endpoint, peer),
      stop: async () => {
        this.#flush();
        for (const peer of [...endpoint.sides.keys()]) this.#drop(endpoint, peer);
        if (this.#endpoints.get(place) === endpoint) this.#endpoints.delete(place);
      },
    };
  }

  /** The machine is gone. @param silently no peer is notified; its links look open */
  crash(place: string, silently: boolean): void {
    const endpoint = this.#endpoints.get(place);
    if (endpoint === undefined) return;
    this.#endpoints.delete(place);
    if (silently) {
      this.#world.count('half-open link');
      return;
    }
    for (const side of endpoint.sides.values()) this.#tellClosed(endpoint, side);
  }

  /** Frames of before hold up later ones: the last of those to or from this place arrives then. */
  heldUpUntil(place: string): number {
    let latest = 0;
    for (const endpoint of this.#endpoints.values()) {
      for (const side of endpoint.sides.values()) {
        if (endpoint.place !== place && side.other.place !== place) continue;
        latest = Math.max(latest, side.lastArrival);
      }
    }
    return latest;
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

  /** What the gate has held back arrives now. */
  release(): void {
    for (const arrive of this.#held.splice(0)) arrive();
  }

  #isCut(from: Endpoint, to: Endpoint): boolean {
    return this.#cuts.has(`${from.place}>${to.place}`);
  }

  /** Tries until the link is open; each call goes to the next address. */
  #dial(one: Endpoint, other: NodeId, attempt = 0): void {
    const delay = this.#random.between(0.5, 1.5) * DIAL_MILLISECONDS;
    this.#world.after(delay, `dial ${one.place} ${other}`, () => {
      if (this.#endpoints.get(one.place) !== one) return;
      const addresses = one.peers.get(other);
      if (addresses === undefined || one.sides.has(other)) return;
      const address = addresses[attempt % addresses.length] ?? '';
      const called = this.#endpoints.get(address.slice(0, address.lastIndexOf(':')));
      void this.#greet(one, called, other).then((opened) => {
        if (!opened) this.#dial(one, other, attempt + 1);
      });
    });
  }

  /** A handshake needs both directions, both machines, and that neither side refuses. */
  async #greet(one: Endpoint, other: Endpoint | undefined, wanted: NodeId): Promise<boolean> {
    if (other?.id !== wanted || !this.#canMeet(one, other)) return false;
    const ends = [
      { end: other, peer: one, called: false },
      { end: one, peer: other, called: true },
    ];
    const facts = new Map<Endpoint, LinkFacts>();
    for (const { end, peer, called } of ends) {
      const introduction = peer.receiver?.introduce();
      if (introduction === undefined || end.receiver === undefined) return false;
      const link = { ...introduction, remote: peer.place, called, version: 1 };
      const judged = peer.verdicts.begin(end.id);
      const refusal = await end.receiver.judge(peer.id, link);
      judged();
      if (!this.#canMeet(one, other)) return false;
      if (refusal !== undefined) {
        this.#world.note(`${end.place} refuses ${peer.place}: ${refusal.kind}`);
        peer.receiver?.linkRefused(end.id, refusal, { called: !called, remote: end.place });
        return false;
      }
      facts.set(end, link);
    }
    // Somebody was faster: the life that was judged may be another than that.
    if (one.sides.has(other.id)) return true;
    return this.#open(one, other, facts);
  }

  #canMeet(one: Endpoint, other: Endpoint): boolean {
    if (this.#endpoints.get(one.place) !== one) return false;
    if (this.#endpoints.get(other.place) !== other || !other.isAlive()) return false;
    if (!other.peers.has(one.id) || !one.peers.has(other.id)) return false;
    if (this.#isCut(one, other) || this.#isCut(other, one)) return false;
    return !one.machine.isPaused && !other.machine.isPaused;
  }

  #open(one: Endpoint, other: Endpoint, facts: ReadonlyMap<Endpoint, LinkFacts>): boolean {
    const before = other.sides.get(one.id);
    if (before !== undefined && before.life !== facts.get(other)?.life) return false;
    // The other side may still believe in an earlier opening.
    this.#close(other, one.id);
    this.#openings += 1;
    const opening = this.#openings;
    for (const [side, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      const life = facts.get(side)?.life ?? '';
      const empty = { outbound: [], fills: [], queuedBytes: 0, lastArrival: 0 };
      side.sides.set(peer.id, { opening, life, ...empty, other: peer });
    }
    for (const [side, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      const link = facts.get(side);
      if (link !== undefined) side.receiver?.linkOpened(peer.id, link);
    }
    return true;
  }

  #send(from: Endpoint, to: NodeId, message: Message): boolean {
    const now = this.#world.now * from.machine.rate;
    for (const watch of this.watches) watch.sent(from.id, to, message, now);
    const side = from.sides.get(to);
    if (side === undefined || !from.isAlive()) return false;
    const bytes = messageBytesMax(message);
    if (!hasRoomFor(bytes, side.queuedBytes, this)) return false;
    side.queuedBytes += bytes;
    if (side.outbound.length === 0) this.#waiting.push([from, to]);
    side.outbound.push(message);
    return true;
  }

  /** All messages to one peer of one turn share a frame, as far as it goes. */
  #flush(): void {
    for (const side of this.#filling.splice(0)) for (const fill of side.fills.splice(0)) fill();
    for (const [from, to] of this.#waiting.splice(0)) {
      const side = from.sides.get(to);
      if (side === undefined || side.outbound.length === 0) continue;
      let frame: Message[] = [];
      let bytes = 0;
      for (const message of side.outbound.splice(0)) {
        const size = messageBytesMax(message);
        if (size > this.frameBytesMax) this.#world.count('message longer than a frame');
        if (bytes + size > this.frameBytesMax) {
          this.#transmit(from, side, frame, bytes);
          frame = [];
          bytes = 0;
        }
        frame.push(message);
        bytes += size;
      }
      this.#transmit(from, side, frame, bytes);
    }
  }

  #transmit(from: Endpoint, side: Side, messages: Message[], bytes: number): void {
    const frame = encodeFrame(messages);
    this.#world.noteNumber(hash32(frame));
    const { loss, duplication, reorder, delayMinimum, delayMean, clogged } = this.faults;
    const release = (): void => {
      side.queuedBytes -= bytes;
    };
    const fate = this.gate(from.id, side.other.id, messages);
    if (fate !== undefined) {
      release();
      if (fate === 'held') this.#held.push(() => this.#arrive(from, side, frame));
      return;
    }
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
      const kind = `arrive ${from.place} ${side.other.place}`;
      this.#world.after(at - this.#world.now, kind, () => {
        if (copy === 0) release();
        if (!lost) this.#arrive(from, side, frame);
      });
    }
  }

  #arrive(from: Endpoint, { opening, other: to }: Side, frame: Uint8Array): void {
    if (this.#endpoints.get(to.place) !== to || this.#isCut(from, to)) return;
    const side = to.sides.get(from.id);
    if (side?.opening !== opening || !to.isAlive()) return;
    if (to.machine.isPaused) {
      const back: Side = { ...side, other: to };
      to.machine.whenRunning(`arrive ${from.place} ${to.place}`, () =>
        this.#arrive(from, back, frame),
      );
      return;
    }
    for (const message of decodeFrame(frame)) {
      for (const watch of this.watches) watch.delivered(from.id, to.id, message);
      try {
        to.receiver?.receive(from.id, message);
      } catch (error) {
        this.onThrow(to.id, messageOf(error));
        this.#drop(to, from.id);
        return;
      }
    }
  }

  #drop(endpoint: Endpoint, peer: NodeId): void {
    const side = endpoint.sides.get(peer);
    if (side === undefined) return;
    this.#close(endpoint, peer);
    this.#tellClosed(endpoint, side);
    if (endpoint.peers.has(peer)) this.#dial(endpoint, peer);
  }

  #close(endpoint: Endpoint, peer: NodeId): void {
    const side = endpoint.sides.get(peer);
    if (side === undefined) return;
    endpoint.sides.delete(peer);
    side.fills = [];
    for (const watch of this.watches) watch.unreachable(endpoint.id, peer);
    endpoint.receiver?.linkClosed(peer);
  }

  /** The end of a link travels like anything else, behind what was sent before. */
  #tellClosed(from: Endpoint, side: Side): void {
    const { now } = this.#world;
    const to = side.other;
    const delay = Math.max(side.lastArrival - now, this.faults.delayMinimum) + 0.01;
    this.#world.after(delay, `close ${from.place} ${to.place}`, () => {
      if (this.#endpoints.get(to.place) !== to) return;
      if (to.sides.get(from.id)?.opening !== side.opening) return;
      if (this.#isCut(from, to)) {
        this.#world.count('half-open link');
        return;
      }
      if (to.machine.isPaused) {
        to.machine.whenRunning(`close ${from.place} ${to.place}`, () => {
          this.#tellClosed(from, side);
        });
        return;
      }
      this.#close(to, from.id);
      if (to.peers.has(from.id)) this.#dial(to, from.id);
    });
  }
}
