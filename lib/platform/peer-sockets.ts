/** The transport port over WebSockets: a proven link for each pair. See docs/architecture.md. */
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type {
  LinkFacts,
  Message,
  NodeId,
  PeerAddress,
  Receiver,
  Transport,
} from '../environment/transport.js';
import { MESSAGE_FRAMES_MAX } from '../encoding/large.js';
import { assert } from '../errors.js';
import { AwaitedVerdicts } from './awaited-verdicts.js';
import { GuardedEvents } from './guarded-events.js';
import { LimitedLog } from './limited-log.js';
import { PeerAddresses } from './peer-addresses.js';
import { PeerCalls } from './peer-calls.js';
import type { HandshakeParty, ProvenPeer } from './peer-handshake.js';
import { AcceptorHandshake, DialerHandshake } from './peer-handshake.js';
import { PeerLink } from './peer-link.js';
import { PeerListener } from './peer-listener.js';
import { PROTOCOL_VERSIONS, type VersionRange } from './peer-protocol.js';
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
  /** By default those of this build. */
  readonly versions?: VersionRange;
  /** How names become addresses; by default the system is asked, at each call anew. */
  readonly lookup?: LookupFunction;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

const NONCE_BYTES = 32;
const SECRET_BYTES_MIN = 32;
const GOODBYE_MILLISECONDS = 1_000;

/**
 * A newly proven link replaces an older one of the same life of a peer, which must be stale.
 * Another life of it is let in only once the older link is closed: the receiver judges that.
 */
export class PeerSockets implements Transport {
  readonly #options: PeerSocketsOptions;
  readonly #log: LimitedLog;
  readonly #events: GuardedEvents;
  readonly #listener: PeerListener;
  readonly #addresses: PeerAddresses;
  readonly #calls: PeerCalls;
  readonly #verdicts = new AwaitedVerdicts();
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
      verdicts: this.#verdicts,
      isMemberAddress: (address) => this.#addresses.has(address),
      handshake: (remote) => {
        const party = this.#party({ remote, called: false });
        return new AcceptorHandshake(party, (id) => this.#unwanted(id));
      },
      onProven: (link, socket, address) => {
        this.#open(socket, address, factsOf(link, { remote: address, called: false }), link.peer);
      },
    });
    this.#calls = new PeerCalls({
      ...{ ...options, log: this.#log, events: this.#events, verdicts: this.#verdicts },
      messageBytesMax: options.frameBytesMax * MESSAGE_FRAMES_MAX,
      handshake: (peer, remote) => new DialerHandshake(this.#party({ remote, called: true }), peer),
      onProven: (link, socket, address, remote) =>
        this.#open(socket, address, factsOf(link, { remote, called: true }), link.peer),
    });
  }

  async start(receiver: Receiver): Promise<void> {
    assert(this.#receiver === undefined, 'a transport starts once');
    this.#receiver = receiver;
    await this.#listener.listen();
    this.#calls.start((peer) => this.#links.has(peer));
  }

  /** The port that is listened on, where `listen` left the choice to the system. */
  get port(): number {
    return this.#listener.port;
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#addresses.set(peers);
    for (const id of this.#calls.set(peers)) this.#links.get(id)?.close('no peer any more');
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

  beforeLeaving(to: NodeId, fill: () => void): boolean {
    return this.#links.get(to)?.beforeLeaving(fill) === true;
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

  awaitsVerdictOf(peer: NodeId): boolean {
    return this.#verdicts.has(peer);
  }

  drop(peer: NodeId): void {
    this.#links.get(peer)?.close('dropped');
  }

  /** Sends what waits, says goodbye, and cuts the peers who do not answer within a second. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#calls.stop();
    this.#listener.refuse();
    const links = [...this.#links.values()];
    const cancel = this.#options.clock.after(GOODBYE_MILLISECONDS, () => {
      for (const link of links) link.close('no goodbye in time');
    });
    await Promise.all(links.map((link) => link.finish()));
    await this.#listener.close();
    cancel();
  }

  #party(way: Pick<LinkFacts, 'remote' | 'called'>): HandshakeParty {
    const { self, clusterName, secret, random, versions = PROTOCOL_VERSIONS } = this.#options;
    const receiver = this.#receiver;
    assert(receiver !== undefined, 'links are made once the transport has started');
    return {
      ...{ self, clusterName, secret, versions, nonce: random.bytes(NONCE_BYTES) },
      introduce: () => receiver.introduce(),
      judge: (link) => receiver.judge(link.peer, factsOf(link, way)),
      onRefused: (peer, refusal) => receiver.linkRefused(peer, refusal, way),
    };
  }

  #unwanted(id: NodeId): PeerRefusalName | undefined {
    if (!this.#calls.has(id)) return 'unknown_peer';
    return this.#calls.prevails(id) ? 'both_call' : undefined;
  }

  /** False: the link is not wanted any more. */
  #open(socket: WebSocket, address: string, facts: LinkFacts, id: NodeId): boolean {
    const receiver = this.#receiver;
    const before = this.#links.get(id);
    // Another life of it came first, since this one was judged.
    const isLate = before !== undefined && before.facts.life !== facts.life;
    if (receiver === undefined || this.#stopped || !this.#calls.has(id) || isLate) {
      socket.terminate();
      return false;
    }
    this.#addresses.note(id, address);
    before?.close('replaced by a newer link');
    this.#calls.connected(id, facts.called);
    const link = new PeerLink(socket, {
      facts,
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
        if (!this.#stopped && !this.#links.has(id)) this.#calls.callLater(id);
      },
    });
    this.#links.set(id, link);
    const { called, remote, version } = facts;
    this.#options.observer.log('info', 'peer link open', { peer: id, called, remote, version });
    receiver.linkOpened(id, facts);
    return true;
  }
}

function factsOf(link: ProvenPeer, way: Pick<LinkFacts, 'remote' | 'called'>): LinkFacts {
  return { ...link.introduction, ...way, version: link.version };
}

/** All addresses of a name, as calls to it find them. */
async function resolveHost(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
