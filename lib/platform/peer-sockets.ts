/** The transport port over WebSockets: a proven link for each pair. See docs/architecture.md. */
import { lookup } from 'node:dns/promises';
import type { WebSocket } from 'ws';
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type {
  Message,
  NodeId,
  PeerAddress,
  Receiver,
  Transport,
} from '../environment/transport.js';
import { MESSAGE_FRAMES_MAX } from '../encoding/large.js';
import { assert } from '../errors.js';
import { GuardedEvents } from './guarded-events.js';
import { LimitedLog } from './limited-log.js';
import { PeerAddresses } from './peer-addresses.js';
import { callPeer } from './peer-call.js';
import { PeerDialer } from './peer-dialer.js';
import type { HandshakeIdentity } from './peer-handshake.js';
import { AcceptorHandshake, DialerHandshake } from './peer-handshake.js';
import { PeerLink } from './peer-link.js';
import { PeerListener } from './peer-listener.js';
import type { PeerRefusalName } from './peer-refusals.js';

export interface PeerSocketsOptions {
  readonly self: NodeId;
  /** Nodes of another cluster are refused, should they hold the same secret. */
  readonly clusterName: string;
  /** The cluster's secret, at least 32 bytes; never sent. */
  readonly secret: Uint8Array;
  readonly listen: { readonly host: string; readonly port: number };
  /** The longest frame of many messages; one alone may take sixteen times as much. */
  readonly frameBytesMax: number;
  /** Most bytes that wait for one peer; beyond it `send` says no. At least `frameBytesMax`. */
  readonly linkQueueBytesMax: number;
  readonly reconnectDelayMinMilliseconds: number;
  readonly reconnectDelayMaxMilliseconds: number;
  /** For a connection to be made and both sides to be proven. */
  readonly handshakeTimeoutMilliseconds: number;
  /** Runs it together with other writes of this turn of the event loop, soon. */
  readonly together: (run: () => void) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

interface Peer {
  readonly id: NodeId;
  address: string;
  readonly dialer: PeerDialer;
}

const NONCE_BYTES = 32;
const SECRET_BYTES_MIN = 32;
const GOODBYE_MILLISECONDS = 1_000;

/**
 * The node with the smaller id calls, again and again; the larger calls once when it starts, so
 * that it is not awaited. A newly proven link replaces an older one of the same peer, which must
 * be stale.
 */
export class PeerSockets implements Transport {
  readonly #options: PeerSocketsOptions;
  readonly #log: LimitedLog;
  readonly #events: GuardedEvents;
  readonly #listener: PeerListener;
  readonly #addresses: PeerAddresses;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #links = new Map<NodeId, PeerLink>();
  #receiver: Receiver | undefined;
  #stopped = false;

  constructor(options: PeerSocketsOptions) {
    assert(options.secret.length >= SECRET_BYTES_MIN, 'the cluster secret has at least 32 bytes');
    assert(options.linkQueueBytesMax >= options.frameBytesMax, 'a link can queue one whole frame');
    this.#options = options;
    const { clock, observer } = options;
    this.#log = new LimitedLog(observer, clock);
    // Of its own: strangers must not take the lines of members.
    const log = new LimitedLog(observer, clock);
    this.#events = new GuardedEvents({ listener: 'peers', clock, log, observer });
    this.#addresses = new PeerAddresses({ clock, resolve: resolveHost });
    this.#listener = new PeerListener({
      ...{ ...options.listen, observer, log, events: this.#events },
      messageBytesMax: options.frameBytesMax * MESSAGE_FRAMES_MAX,
      timeoutMilliseconds: options.handshakeTimeoutMilliseconds,
      isMemberAddress: (address) => this.#addresses.has(address),
      handshake: () => new AcceptorHandshake(this.#identity(), (id) => this.#refusal(id)),
      onProven: (id, socket, address) => {
        this.#open(id, socket, address, false);
      },
    });
  }

  async start(receiver: Receiver): Promise<void> {
    assert(this.#receiver === undefined, 'a transport starts once');
    this.#receiver = receiver;
    await this.#listener.listen();
    for (const peer of this.#peers.values()) peer.dialer.call();
  }

  /** The port that is listened on, where `listen` left the choice to the system. */
  get port(): number {
    return this.#listener.port;
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#addresses.set(peers);
    const wanted = new Set(peers.map((peer) => peer.id));
    for (const { id, dialer } of this.#peers.values()) {
      if (wanted.has(id)) continue;
      this.#peers.delete(id);
      dialer.stop();
      this.#links.get(id)?.close('no peer any more');
    }
    for (const { id, address } of peers) {
      const known = this.#peers.get(id);
      if (id === this.#options.self) continue;
      if (known !== undefined) {
        known.address = address;
        continue;
      }
      const peer: Peer = { id, address, dialer: this.#dialerOf(id) };
      this.#peers.set(id, peer);
      if (this.#receiver !== undefined && !this.#stopped) peer.dialer.call();
    }
  }

  send(to: NodeId, message: Message): boolean {
    const link = this.#links.get(to);
    if (link === undefined) return false;
    if (link.send(message)) return true;
    if (link.fits(message)) {
      this.#options.observer.count('quorate_peer_queue_refused_total', { peer: to });
    } else {
      this.#log.log('error', 'a message is too long to be sent', { peer: to });
    }
    return false;
  }

  /** Sets the gauges: when somebody looks. */
  measure(): void {
    const { observer } = this.#options;
    for (const [peer, link] of this.#links) {
      observer.measure('quorate_peer_queue_bytes', link.queuedBytes, { peer });
    }
  }

  isOpen(peer: NodeId): boolean {
    return this.#links.has(peer);
  }

  drop(peer: NodeId): void {
    this.#links.get(peer)?.close('dropped');
  }

  /** Sends what waits, says goodbye, and cuts the peers who do not answer within a second. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const { dialer } of this.#peers.values()) dialer.stop();
    this.#listener.refuse();
    const links = [...this.#links.values()];
    const cancel = this.#options.clock.after(GOODBYE_MILLISECONDS, () => {
      for (const link of links) link.close('no goodbye in time');
    });
    await Promise.all(links.map((link) => link.finish()));
    await this.#listener.close();
    cancel();
  }

  #identity(): HandshakeIdentity {
    const { self, clusterName, secret, random } = this.#options;
    return { self, clusterName, secret, nonce: random.bytes(NONCE_BYTES) };
  }

  #refusal(id: NodeId): PeerRefusalName | undefined {
    const peer = this.#peers.get(id);
    if (peer === undefined) return 'unknown_peer';
    const calling = peer.dialer.persistent && peer.dialer.calling;
    return calling ? 'both_call' : undefined;
  }

  #dialerOf(id: NodeId): PeerDialer {
    const { clock, random, self } = this.#options;
    return new PeerDialer({
      clock,
      random,
      delayMinMilliseconds: this.#options.reconnectDelayMinMilliseconds,
      delayMaxMilliseconds: this.#options.reconnectDelayMaxMilliseconds,
      persistent: self < id,
      dial: (failed) => this.#dial(id, failed),
    });
  }

  #dial(peer: NodeId, failed: () => void): Cancel {
    return callPeer({
      address: this.#peers.get(peer)?.address ?? '',
      handshake: new DialerHandshake(this.#identity(), peer),
      messageBytesMax: this.#options.frameBytesMax * MESSAGE_FRAMES_MAX,
      timeoutMilliseconds: this.#options.handshakeTimeoutMilliseconds,
      events: this.#events,
      onProven: (socket, address) => {
        this.#open(peer, socket, address, true);
      },
      onFailed: (reason, answered) => {
        this.#log.log(answered ? 'warn' : 'debug', 'peer not connected', { peer, reason });
        failed();
      },
    });
  }

  #open(id: NodeId, socket: WebSocket, address: string, called: boolean): void {
    const peer = this.#peers.get(id);
    const receiver = this.#receiver;
    if (peer === undefined || receiver === undefined || this.#stopped) {
      socket.terminate();
      return;
    }
    this.#addresses.note(id, address);
    this.#links.get(id)?.close('replaced by a newer link');
    peer.dialer.connected(called);
    const link = new PeerLink(socket, {
      frameBytesMax: this.#options.frameBytesMax,
      queueBytesMax: this.#options.linkQueueBytesMax,
      together: this.#options.together,
      events: this.#events,
      onMessage: (message) => {
        receiver.receive(id, message);
      },
      onClosed: (reason) => {
        this.#links.delete(id);
        this.#log.log('info', 'peer link closed', { peer: id, reason });
        receiver.linkClosed(id);
        if (!this.#stopped && !this.#links.has(id)) this.#peers.get(id)?.dialer.callLater();
      },
    });
    this.#links.set(id, link);
    this.#options.observer.log('info', 'peer link open', { peer: id, called });
    receiver.linkOpened(id);
  }
}

/** All addresses of a name, as calls to it find them. */
async function resolveHost(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
