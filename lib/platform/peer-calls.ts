/** Calls to the peers: to each until there is a link, wherever it may be. */
import type { LookupFunction } from 'node:net';
import type { WebSocket } from 'ws';
import type { Cancel, Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';
import type { NodeId, PeerAddress } from '../environment/transport.js';
import type { AwaitedVerdicts } from './awaited-verdicts.js';
import type { GuardedEvents } from './guarded-events.js';
import type { LimitedLog } from './limited-log.js';
import { callPeer } from './peer-call.js';
import { PeerDialer } from './peer-dialer.js';
import type { Handshake, ProvenPeer } from './peer-handshake.js';

export interface PeerCallsOptions {
  readonly self: NodeId;
  readonly messageBytesMax: number;
  readonly reconnectDelayMinMilliseconds: number;
  readonly reconnectDelayMaxMilliseconds: number;
  readonly handshakeTimeoutMilliseconds: number;
  readonly lookup?: LookupFunction | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: GuardedEvents;
  readonly verdicts: AwaitedVerdicts;
  readonly log: LimitedLog;
  readonly handshake: (peer: NodeId, address: string) => Handshake;
  /** False: the link is not wanted any more. */
  readonly onProven: (link: ProvenPeer, socket: WebSocket, seen: string, called: string) => boolean;
}

/** A peer, and the call to it, if any. */
interface Peer {
  readonly dialer: PeerDialer;
  /** Is somebody at the other end of the call, who is to prove itself? */
  reached: boolean;
}

/**
 * Of two nodes the one with the smaller id calls again soon; the larger one calls now and then, in
 * case the smaller does not know where it is.
 */
export class PeerCalls {
  readonly #options: PeerCallsOptions;
  readonly #peers = new Map<NodeId, Peer>();
  #isOpen: (peer: NodeId) => boolean = () => true;

  constructor(options: PeerCallsOptions) {
    this.#options = options;
  }

  /** From now on peers are called. */
  start(isOpen: (peer: NodeId) => boolean): void {
    this.#isOpen = isOpen;
    for (const { dialer } of this.#peers.values()) dialer.call();
  }

  stop(): void {
    this.#isOpen = () => true;
    for (const { dialer } of this.#peers.values()) dialer.stop();
  }

  has(peer: NodeId): boolean {
    return this.#peers.has(peer);
  }

  /** @returns those who are no peers any more */
  set(peers: readonly PeerAddress[]): NodeId[] {
    const wanted = new Set(peers.map(({ id }) => id));
    const gone = [...this.#peers.keys()].filter((id) => !wanted.has(id));
    for (const id of gone) {
      this.#peers.get(id)?.dialer.stop();
      this.#peers.delete(id);
    }
    for (const { id, addresses } of peers) {
      if (id === this.#options.self) continue;
      const peer = this.#peers.get(id) ?? { dialer: this.#dialerOf(id), reached: false };
      this.#peers.set(id, peer);
      const changed = peer.dialer.setAddresses(addresses);
      if (changed && !this.#isOpen(id)) peer.dialer.call();
    }
    return gone;
  }

  /** Both call each other, and this call goes before: its caller has the smaller id. */
  prevails(peer: NodeId): boolean {
    return this.#options.self < peer && this.#peers.get(peer)?.reached === true;
  }

  connected(peer: NodeId, viaThisCall: boolean): void {
    const found = this.#peers.get(peer);
    if (found !== undefined) found.reached = false;
    found?.dialer.connected(viaThisCall);
  }

  callLater(peer: NodeId): void {
    this.#peers.get(peer)?.dialer.callLater();
  }

  #dialerOf(id: NodeId): PeerDialer {
    const { clock, random, self } = this.#options;
    const { reconnectDelayMinMilliseconds, reconnectDelayMaxMilliseconds } = this.#options;
    return new PeerDialer({
      clock,
      random,
      delayMinMilliseconds:
        self < id ? reconnectDelayMinMilliseconds : reconnectDelayMaxMilliseconds,
      delayMaxMilliseconds: reconnectDelayMaxMilliseconds,
      dial: (address, failed) => this.#dial(id, address, failed),
    });
  }

  #dial(id: NodeId, address: string, failed: () => void): Cancel {
    const { messageBytesMax, handshakeTimeoutMilliseconds, events, verdicts } = this.#options;
    const { log, lookup } = this.#options;
    const reached = (isReached: boolean): void => {
      const peer = this.#peers.get(id);
      if (peer !== undefined) peer.reached = isReached;
    };
    const cancel = callPeer({
      ...{ address, messageBytesMax, events, verdicts, lookup },
      handshake: this.#options.handshake(id, address),
      timeoutMilliseconds: handshakeTimeoutMilliseconds,
      onReached: () => reached(true),
      onProven: (link, socket, seen) => {
        if (this.#options.onProven(link, socket, seen, address)) return;
        reached(false);
        failed();
      },
      onFailed: (reason, answered) => {
        reached(false);
        log.log(answered ? 'warn' : 'debug', 'peer not connected', { peer: id, address, reason });
        failed();
      },
    });
    return () => {
      reached(false);
      cancel();
    };
  }
}
