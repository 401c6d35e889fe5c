/**
 * A clean stop hands the writers of a node on to its next life (docs/architecture.md, V1; decision
 * 0017): a ticket that peers hold says that no life has gone on with them since.
 */
import type { Clock } from '../environment/clock.js';
import { pauseFor } from '../environment/pauses.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId, Transport } from '../environment/transport.js';
import type { Identity } from '../replica/identity.js';
import type { Minter } from '../replica/minter.js';
import type { Store } from '../persistence/store.js';
import type { Ticket } from '../replica/ticket.js';
import type { Messenger } from '../rpc/messenger.js';
import { majority } from '../replication/quorum.js';
import { HeldTickets } from './held-tickets.js';
import { HOLD_TICKET, STOPPING, TAKE_TICKET } from './messages.js';

export interface TicketsOptions {
  readonly peers: readonly NodeId[];
  /** What the life before has left. */
  readonly ticket: Ticket | undefined;
  readonly identity: Identity;
  readonly minter: Minter;
  readonly store: Store;
  readonly messenger: Messenger;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Has the peer said what it remembers of this disk? */
  readonly isVerified: (peer: NodeId) => boolean;
}

const RETRY_MILLISECONDS = 100;
/** So long a start waits for voters; afterwards it mints with a new writer until they come. */
const REACH_MILLISECONDS = 1000;
const ANSWER_MILLISECONDS = 1000;
/** So long a stop waits for the tickets of others that stop too. */
const TOGETHER_MILLISECONDS = 2000;
/** A signal reaches the nodes of a machine one after the other. */
const SIGNAL_MILLISECONDS = 100;
const POLL_MILLISECONDS = 10;
const ID_BYTES = 8;
const UNSETTLED = 'the peers have not said yet whether they hold the ticket of this node';

export class Tickets {
  readonly #options: TicketsOptions;
  readonly #held: HeldTickets;
  readonly #life: string;
  readonly #startedAt: number;
  readonly #yes = new Set<NodeId>();
  readonly #no = new Set<NodeId>();
  /** Has any voter been asked? Then the ticket may be used up. */
  #asked = false;
  /** Was it decided whether this life goes on with the writers of the ticket? */
  #decided = false;
  readonly #retry: Periodic;
  #announced: number | undefined;
  /** From then on nothing changes what the next life is left. */
  #isLeaving = false;
  #settled = false;
  #settle: () => void = () => undefined;
  /** Resolves when it is known who mints, for now at least. */
  readonly settled: Promise<void>;

  constructor(options: TicketsOptions) {
    this.#options = options;
    const { random, clock, minter, ticket } = options;
    this.#held = new HeldTickets(options);
    this.#life = idOf(random);
    this.#startedAt = clock.monotonicMilliseconds();
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (ticket !== undefined) minter.hold(UNSETTLED);
    this.#retry = new Periodic(options, {
      name: 'take up the ticket',
      intervalMilliseconds: RETRY_MILLISECONDS,
      task: () => this.#round(),
    });
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    this.#held.serve(messenger);
  }

  start(): void {
    const { messenger } = this.#options;
    messenger.onLink((_, open) => {
      if (open) void this.#round();
    });
    this.#retry.start();
    void this.#round();
  }

  stop(): Promise<void> {
    return this.#retry.stop();
  }

  /** Why this node does not serve yet. */
  get waitReason(): string | undefined {
    return this.#settled ? undefined : UNSETTLED;
  }

  /** Tells the peers that this node is about to stop. May be called early, and more than once. */
  announceStop(): void {
    if (this.#announced !== undefined) return;
    this.#announced = this.#options.clock.monotonicMilliseconds();
    this.#report(false);
  }

  /**
   * The ticket for the next life, held by the peers that are up. Resolves when those that stop at
   * the same time have brought theirs; undefined where nobody holds one. Nothing is minted then.
   */
  async leave(): Promise<Ticket | undefined> {
    const { store, minter, identity, random } = this.#options;
    if (store.failure !== undefined) return undefined;
    this.announceStop();
    this.#isLeaving = true;
    minter.hold('this node is stopping');
    const ticket = await this.#handOut(identity.start, idOf(random), minter.counts());
    this.#report(true);
    await this.#waitForOthers();
    return ticket;
  }

  #report(done: boolean): void {
    const { messenger, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + ANSWER_MILLISECONDS;
    for (const peer of this.#reachable()) {
      messenger.ask(peer, STOPPING, { done }, deadline, () => undefined);
    }
  }

  async #handOut(start: number, id: string, counts: Ticket['counts']): Promise<Ticket | undefined> {
    const { messenger, clock, peers } = this.#options;
    if (counts.length === 0) return this.#asItWas();
    const deadline = clock.monotonicMilliseconds() + ANSWER_MILLISECONDS;
    const answers = await Promise.allSettled(
      this.#reachable().map(async (peer) => {
        const { held } = await messenger.request(peer, HOLD_TICKET, { start, id }, deadline);
        return held ? [peer] : [];
      }),
    );
    const held = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (held.length === 0 && peers.length > 0) return undefined;
    // An odd number: of two voters both would have to be there at the next start.
    const voters = held.slice(0, held.length - (held.length % 2 === 0 ? 1 : 0));
    return { start, id, voters, counts };
  }

  /**
   * Nothing was minted, and nobody was asked for the ticket: it is as good as it was, but for what
   * was found damaged since. Copies that its writers have made may be gone with that.
   */
  #asItWas(): Ticket | undefined {
    const { ticket, minter } = this.#options;
    if (ticket === undefined || this.#asked || this.#decided) return undefined;
    const counts = minter.resumable(ticket.counts);
    return counts.length === 0 ? undefined : { ...ticket, counts };
  }

  async #waitForOthers(): Promise<void> {
    const { clock } = this.#options;
    const announced = this.#announced ?? clock.monotonicMilliseconds();
    for (;;) {
      const waited = clock.monotonicMilliseconds() - announced;
      if (waited >= TOGETHER_MILLISECONDS || this.#reachable().length === 0) return;
      if (waited >= SIGNAL_MILLISECONDS && !this.#held.isExpecting) return;
      await pauseFor(clock, POLL_MILLISECONDS);
    }
  }

  #reachable(): NodeId[] {
    const { peers, transport } = this.#options;
    return peers.filter((peer) => transport.isOpen(peer));
  }

  /** Asks the voters that can be reached, and have not answered. */
  async #round(): Promise<void> {
    const { ticket, messenger, clock, isVerified } = this.#options;
    if (this.#decided || this.#isLeaving) return;
    if (ticket === undefined) {
      this.#decide();
      return;
    }
    const { start, id, voters } = ticket;
    const reachable = this.#reachable().filter((peer) => voters.includes(peer) && isVerified(peer));
    const open = reachable.filter((peer) => !this.#yes.has(peer) && !this.#no.has(peer));
    const deadline = clock.monotonicMilliseconds() + ANSWER_MILLISECONDS;
    this.#asked ||= open.length > 0;
    await Promise.allSettled(
      open.map(async (peer) => {
        const asked = { start, id, life: this.#life };
        const { held } = await messenger.request(peer, TAKE_TICKET, asked, deadline);
        (held ? this.#yes : this.#no).add(peer);
      }),
    );
    this.#judge(ticket);
  }

  /** Every voter that gave it out has erased it: no other life can gather a majority. */
  #judge({ voters, counts }: Ticket): void {
    const { minter, observer, clock } = this.#options;
    if (this.#decided || this.#isLeaving) return;
    const needed = voters.length === 0 ? 0 : majority(voters.length);
    if (this.#yes.size >= needed) {
      minter.resume(counts);
      observer.count('quorate_tickets_total', { result: 'used' });
      this.#decide();
    } else if (voters.length - this.#no.size < needed) {
      observer.count('quorate_tickets_total', { result: 'refused' });
      observer.log('info', 'too few peers hold the ticket of this node: it takes new writers', {});
      this.#decide();
    } else if (clock.monotonicMilliseconds() - this.#startedAt >= REACH_MILLISECONDS) {
      this.#settleNow();
    }
  }

  #decide(): void {
    this.#decided = true;
    this.#settleNow();
    // Nothing is left to ask; no round waits for this one.
    void this.#retry.stop();
  }

  #settleNow(): void {
    if (this.#settled) return;
    this.#options.minter.hold(undefined);
    this.#settled = true;
    this.#settle();
  }
}

function idOf(random: Random): string {
  return Buffer.from(random.bytes(ID_BYTES)).toString('hex');
}
