/** Who is up, as this node sees it: open links, and answers on them (Dynamo 4.8.3). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId, Transport } from '../environment/transport.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { MessageHandler } from '../rpc/message.js';
import type { ClockSanity } from './clock-sanity.js';
import type { DiskNumbers } from './disk-numbers.js';
import type { MemberAdmission } from './admission.js';
import { type Heartbeat, PING } from './messages.js';

export interface FailureDetectorOptions {
  readonly self: NodeId;
  readonly zone: string;
  readonly peers: readonly NodeId[];
  /** What is sent to a peer of this node's disk. */
  readonly numbersFor: (peer: NodeId) => DiskNumbers;
  readonly messenger: Messenger;
  /** Called with which lives of which nodes the peers are linked with. */
  readonly admission: Pick<MemberAdmission, 'sightings' | 'noteHeartbeat'>;
  /** Called with what the wall clocks of the peers are. */
  readonly clockSanity: ClockSanity;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly heartbeatIntervalMilliseconds: number;
  readonly heartbeatsMissedSuspect: number;
  readonly heartbeatsMissedDead: number;
}

export type PeerState = 'up' | 'suspect' | 'down';

interface Peer {
  open: boolean;
  /** On the monotonic clock: the last answer, to a heartbeat or another, or the link's opening. */
  lastHeard: number;
  roundTripMilliseconds: number | undefined;
}

/** Weight of the newest round trip in the smoothed one (as in RFC 6298). */
const SMOOTHING = 0.125;

export class FailureDetector implements ClusterView {
  readonly self: NodeId;
  readonly zone: string;
  readonly #options: FailureDetectorOptions;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #heartbeat: Periodic;
  #revision = 0;

  constructor(options: FailureDetectorOptions) {
    this.#options = options;
    this.self = options.self;
    this.zone = options.zone;
    for (const peer of options.peers) {
      this.#peers.set(peer, { open: false, lastHeard: 0, roundTripMilliseconds: undefined });
    }
    this.#heartbeat = new Periodic(options, {
      name: 'heartbeat',
      intervalMilliseconds: options.heartbeatIntervalMilliseconds,
      task: () => this.#beat(),
    });
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    const { numbersFor, clock, admission } = this.#options;
    const answer: MessageHandler<object, Heartbeat> = (_, { from }) => {
      const sightings = admission.sightings();
      return { ...numbersFor(from), wall: clock.wallMilliseconds(), sightings };
    };
    messenger.handle(PING, answer, { anyEpoch: true });
    messenger.onAnswer((peer) => this.#noteAnswer(peer));
    messenger.onLink((peer, open) => this.#noteLink(peer, open));
  }

  start(): void {
    this.#heartbeat.start();
  }

  stop(): Promise<void> {
    return this.#heartbeat.stop();
  }

  get revision(): number {
    return this.#revision;
  }

  isUp(node: NodeId): boolean {
    return node === this.self || this.stateOf(node) !== 'down';
  }

  isSuspect(node: NodeId): boolean {
    return this.stateOf(node) === 'suspect';
  }

  roundTripMilliseconds(node: NodeId): number {
    return this.#peers.get(node)?.roundTripMilliseconds ?? 0;
  }

  /** Undefined where no heartbeat was answered yet. */
  measuredRoundTrip(node: NodeId): number | undefined {
    return this.#peers.get(node)?.roundTripMilliseconds;
  }

  stateOf(node: NodeId): PeerState {
    if (node === this.self) return 'up';
    const peer = this.#peers.get(node);
    if (peer === undefined || !peer.open) return 'down';
    const { clock, heartbeatIntervalMilliseconds } = this.#options;
    const silence = clock.monotonicMilliseconds() - peer.lastHeard;
    const missed = silence / heartbeatIntervalMilliseconds - 1;
    if (missed >= this.#options.heartbeatsMissedDead) return 'down';
    return missed >= this.#options.heartbeatsMissedSuspect ? 'suspect' : 'up';
  }

  #noteLink(node: NodeId, open: boolean): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    peer.open = open;
    this.#revision += 1;
    peer.lastHeard = this.#options.clock.monotonicMilliseconds();
    const { observer } = this.#options;
    observer.log(open ? 'info' : 'warn', open ? 'peer is up' : 'peer is down', {
      peer: node,
    });
    observer.measure('quorate_peer_up', open ? 1 : 0, { peer: node });
    // At once: what clock the peer has must be known before a time to live is taken.
    if (open) this.#ping(node, peer);
  }

  #beat(): void {
    const { transport, observer } = this.#options;
    this.#revision += 1;
    for (const [node, peer] of this.#peers) {
      if (!peer.open) continue;
      if (this.stateOf(node) === 'down') {
        // The link is half open: nothing comes back on it, so it is taken down and opened anew.
        observer.log('warn', 'peer missed its heartbeats', { peer: node });
        transport.drop(node);
        continue;
      }
      this.#ping(node, peer);
    }
  }

  #ping(node: NodeId, peer: Peer): void {
    const { clock, messenger, clockSanity, admission } = this.#options;
    const { heartbeatIntervalMilliseconds, heartbeatsMissedDead } = this.#options;
    const asked = clock.monotonicMilliseconds();
    const deadline = asked + heartbeatIntervalMilliseconds * heartbeatsMissedDead;
    messenger.ask(node, PING, {}, deadline, (answer) => {
      if (!answer.ok) return;
      const answered = clock.monotonicMilliseconds();
      this.#noteRoundTrip(peer, answered - asked);
      clockSanity.note(node, answer.reply.wall, asked, answered);
      admission.noteHeartbeat(node, answer.reply.sightings, asked);
    });
  }

  #noteAnswer(node: NodeId): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    const { clock, heartbeatIntervalMilliseconds } = this.#options;
    const now = clock.monotonicMilliseconds();
    // After a silence it may have counted as suspect, or as down: no plan may go on saying so.
    if (now - peer.lastHeard > heartbeatIntervalMilliseconds) this.#revision += 1;
    peer.lastHeard = now;
  }

  #noteRoundTrip(peer: Peer, sample: number): void {
    const before = peer.roundTripMilliseconds ?? sample;
    peer.roundTripMilliseconds = before + SMOOTHING * (sample - before);
  }
}
