/** With whom a link may open: one cluster, and one node for each id (architecture, M4 and M6). */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type {
  Introduction,
  LinkFacts,
  LinkRefusal,
  NodeId,
  Transport,
} from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Addresses } from './addresses.js';
import type { Founding } from './founding.js';
import { IdentityAlerts } from './identity-alerts.js';
import { PING, type Sighting } from './messages.js';
import { SecondLives } from './second-lives.js';

export interface MemberAdmissionOptions {
  readonly self: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly transport: Transport;
  readonly messenger: Messenger;
  readonly founding: Founding;
  readonly addresses: Addresses;
  /** A link on which nothing comes back for so long is dead. */
  readonly probeMilliseconds: number;
}

const LIFE_BYTES = 8;
/** Of the time in a life: milliseconds in hexadecimal digits, which sort as they follow. */
const LIFE_TIME_DIGITS = 12;
const PROBE_MILLISECONDS_MAX = 2000;
/** So long a node that was refused waits for a member that takes it. */
const ENDING_MILLISECONDS = 2000;

export class MemberAdmission {
  readonly #options: MemberAdmissionOptions;
  readonly #life: string;
  readonly #beganAt: number;
  readonly #lives = new SecondLives();
  readonly #alerts: IdentityAlerts;
  /** Has this life been linked with a member of its own cluster? */
  #hasBelonged = false;
  /** Why this node is to end soon, where that is still right then. */
  #verdict: { readonly error: OperatingError; readonly isRight: () => boolean } | undefined;
  #cancelEnding: Cancel | undefined;
  #stopped = false;
  #end: (error: OperatingError) => void = () => undefined;
  /** Resolves where this node must not run: its disk is of another cluster, or its id is taken. */
  readonly ended: Promise<OperatingError>;

  constructor(options: MemberAdmissionOptions) {
    this.#options = options;
    const { clock, random } = options;
    const time = Math.max(0, Math.floor(clock.wallMilliseconds())).toString(16);
    const chance = Buffer.from(random.bytes(LIFE_BYTES)).toString('hex');
    this.#beganAt = clock.monotonicMilliseconds();
    this.#life = `${time.padStart(LIFE_TIME_DIGITS, '0')}-${chance}`;
    this.#alerts = new IdentityAlerts(options);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  start(): void {
    const { founding, transport } = this.#options;
    // A link of before the founding may lead into another cluster.
    const look = (): void => {
      for (const { id } of founding.ring.members) {
        const link = this.#lives.linkOf(id);
        if (link !== undefined && this.#isForeign(link)) transport.drop(id);
      }
    };
    founding.done.then(look, () => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelEnding?.();
  }

  /** Why this node does not serve now: it may have to end. */
  get waitReason(): string | undefined {
    return this.#verdict?.isRight() === true ? this.#verdict.error.message : undefined;
  }

  /** What an operator should know, in sentences. */
  get alerts(): readonly string[] {
    return this.#alerts.current;
  }

  linkOf(peer: NodeId): LinkFacts | undefined {
    return this.#lives.linkOf(peer);
  }

  introduce(): Introduction {
    const { founding, addresses, clock, self } = this.#options;
    return {
      cluster: founding.clusterId,
      ring: founding.ring.hash,
      life: this.#life,
      ran: clock.monotonicMilliseconds() - this.#beganAt,
      address: addresses.likeliest(self),
    };
  }

  async judge(peer: NodeId, link: LinkFacts): Promise<LinkRefusal | undefined> {
    const { founding, transport, clock } = this.#options;
    if (this.#isForeign(link)) {
      this.#alerts.foreign(peer, link.remote, link.cluster, founding.clusterId);
      this.#noteForeign(peer, link, link.cluster);
      return { kind: 'cluster', detail: founding.clusterId };
    }
    const began = this.#lives.heard(peer, link, clock.monotonicMilliseconds());
    const first = this.#lives.firstOf(peer, link.life);
    if (first !== undefined) return this.#refuse(peer, first, link, 'second');
    const open = this.#lives.linkOf(peer);
    if (open === undefined || open.life === link.life) return undefined;
    if (await this.#answers(peer)) {
      if (this.#lives.linkOf(peer) !== open) return undefined;
      const kind = this.#lives.isSecond(peer, began) ? 'second' : 'life';
      return this.#refuse(peer, placeOf(open), link, kind);
    }
    // The node on that link has ended, or its machine: the newcomer follows it.
    if (this.#lives.linkOf(peer) === open) transport.drop(peer);
    return undefined;
  }

  linkRefused(
    peer: NodeId,
    { kind, detail }: LinkRefusal,
    link: Pick<LinkFacts, 'called' | 'remote'>,
  ): void {
    const { self, founding } = this.#options;
    if (kind === 'cluster') {
      this.#alerts.foreign(peer, link.remote, detail, founding.clusterId);
      this.#noteForeign(peer, link, detail);
      return;
    }
    this.#alerts.refusedHere(peer, self, detail);
    const message =
      `the id ${self} is in use: ${peer} is linked with another node of this id, ` +
      `at ${detail}; this one, at ${this.introduce().address}, ends`;
    const error = new OperatingError('id_in_use', message);
    // That this node is the second one is certain; else it may be the first, with other members.
    if (kind === 'second') this.#end(error);
    else this.#endSoon(error, () => this.#lives.linkCount === 0);
  }

  linkOpened(peer: NodeId, link: LinkFacts): void {
    const { clock, addresses, founding } = this.#options;
    this.#lives.opened(peer, link, clock.monotonicMilliseconds());
    if (link.cluster === founding.clusterId) this.#hasBelonged = true;
    addresses.noteProven(peer, link.address);
  }

  linkClosed(peer: NodeId): void {
    this.#lives.closed(peer);
  }

  /** What a heartbeat of this node says of its links. */
  sightings(): Sighting[] {
    return this.#lives.sightings(this.#options.clock.monotonicMilliseconds());
  }

  /** A heartbeat that was asked for then has been answered. */
  noteHeartbeat(from: NodeId, sightings: readonly Sighting[], asked: number): void {
    const { clock, self, transport, addresses } = this.#options;
    const answered = clock.monotonicMilliseconds();
    this.#lives.noteAlive(from, asked);
    for (const sighting of sightings) {
      const [peer, , address] = sighting;
      if (peer === self || peer === from) continue;
      const link = this.#lives.linkOf(peer);
      if (link === undefined) addresses.noteReported(peer, address);
      else if (this.#lives.compare(sighting, asked, answered) !== undefined) {
        this.#alerts.twice(peer, address, placeOf(link));
        transport.drop(peer);
      }
    }
  }

  /** Before its founding a node belongs to none: it may learn of one, and is served nothing. */
  #isForeign({ cluster, ring }: LinkFacts): boolean {
    const { founding } = this.#options;
    if (cluster === '' || founding.clusterId === '') return false;
    return cluster !== founding.clusterId || ring !== founding.ring.hash;
  }

  #refuse(peer: NodeId, stays: string, link: LinkFacts, kind: 'life' | 'second'): LinkRefusal {
    this.#alerts.twice(peer, stays, placeOf(link));
    return { kind, detail: stays };
  }

  async #answers(peer: NodeId): Promise<boolean> {
    const { clock, messenger, probeMilliseconds } = this.#options;
    const patience = Math.min(probeMilliseconds, PROBE_MILLISECONDS_MAX);
    const deadline = clock.monotonicMilliseconds() + patience;
    return messenger.request(peer, PING, {}, deadline).then(
      () => true,
      () => false,
    );
  }

  /** Only where this node called a member of its own list: strangers who call it prove nothing. */
  #noteForeign(
    peer: NodeId,
    { called, remote }: Pick<LinkFacts, 'called' | 'remote'>,
    theirs: string,
  ): void {
    if (!called || this.#hasBelonged) return;
    const message =
      `the data belongs to the cluster with the id ${this.#options.founding.clusterId}, ` +
      `but ${peer}, at ${remote}, belongs to the cluster with the id ${theirs}`;
    this.#endSoon(new OperatingError('founding_refused', message), () => !this.#hasBelonged);
  }

  #endSoon(error: OperatingError, isRight: () => boolean): void {
    if (this.#verdict !== undefined || this.#stopped) return;
    this.#verdict = { error, isRight };
    this.#cancelEnding = this.#options.clock.after(ENDING_MILLISECONDS, () => {
      if (isRight()) this.#end(error);
      else this.#verdict = undefined;
    });
  }
}

/** Where a node says that it is, and where it was seen. */
function placeOf({ address, remote }: LinkFacts): string {
  return address === remote ? address : `${address} (seen at ${remote})`;
}
