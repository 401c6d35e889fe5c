/** Is this disk as old as its node? The peers are asked before they are served (D3). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId, Transport } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import { type DiskNumbers, isRolledBack, lowest, NO_NUMBERS } from './disk-numbers.js';
import { DISK } from './messages.js';

export interface DiskCheckOptions {
  readonly identity: Identity;
  /** What this disk knows of losses that were announced, the own ones among them. */
  readonly losses: Losses;
  readonly peers: readonly NodeId[];
  readonly store: Store;
  readonly messenger: Messenger;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Is it doubtful that this node may run at all? It does not serve meanwhile. */
  readonly isDoubtful: () => boolean;
  /** Resolves when the damage of everything here is on record, durably. */
  readonly damageAll: (reason: string) => Promise<void>;
  /** The start number is higher now: ids and writers follow. */
  readonly onRaised: (start: number) => void;
}

const UNMET_KEY = SINGLE_KEYS.unmet;
const RETRY_MILLISECONDS = 250;
/** So many starts in a row may have been heard of by none of the peers that are asked. */
const UNHEARD_STARTS = 1000;
/** So long a start waits for links to peers that may be away. */
const REACH_MILLISECONDS = 500;
/**
 * So long a start waits for the verdict of a peer that has proven itself: the peer may have to ask
 * another node of this id first, for up to two seconds (admission.ts).
 */
const VERDICT_MILLISECONDS = 3000;

/** What a peer remembers of this node. */
interface Remembered extends DiskNumbers {
  /** In which of its starts it has announced a loss; that reaches all, verified or not. */
  readonly announced: number;
}

/**
 * A peer is verified once it has said what it remembers. Until then it gets no numbers, and is
 * served nothing: so what it remembers is of earlier lives.
 */
export class DiskCheck {
  readonly #options: DiskCheckOptions;
  /**
   * Of each peer that is not verified: what this disk showed at the start of the first such life.
   */
  readonly #unmet: Map<NodeId, DiskNumbers>;
  readonly #asking = new Map<NodeId, Promise<void>>();
  readonly #retry: Periodic;
  readonly #startedAt: number;
  #judging: Promise<void> = Promise.resolve();
  #settled = false;
  #settle: () => void = () => undefined;
  /** Resolves when every peer that can be reached has been asked. */
  readonly settled: Promise<void>;

  private constructor(options: DiskCheckOptions, unmet: Map<NodeId, DiskNumbers>) {
    this.#options = options;
    this.#unmet = unmet;
    this.#startedAt = options.clock.monotonicMilliseconds();
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#retry = new Periodic(options, {
      name: 'disk check',
      intervalMilliseconds: RETRY_MILLISECONDS,
      task: () => this.#round(),
    });
  }

  /** Stores what this disk shows, before anything that follows could hide it. */
  static async open(options: DiskCheckOptions): Promise<DiskCheck> {
    const { store, identity, observer, peers } = options;
    const bytes = store.get(UNMET_KEY);
    const stored = bytes && readStored(UNMET_KEY, bytes, observer);
    const before = new Map((stored ?? []) as [NodeId, DiskNumbers][]);
    const found = { start: identity.start, commit: store.foundCommit };
    // An engine that was repaired may have lost the start number, and kept what was noted here.
    const unmet = new Map(peers.map((peer) => [peer, lowest(before.get(peer) ?? found, found)]));
    const check = new DiskCheck(options, unmet);
    await check.#keep();
    return check;
  }

  start(): void {
    this.#options.messenger.onLink((peer, open) => {
      if (open && !this.isVerified(peer)) this.#ask(peer).catch(() => undefined);
    });
    this.#retry.start();
    void this.#round();
  }

  stop(): Promise<void> {
    return this.#retry.stop();
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** Why this node does not serve yet. */
  get waitReason(): string | undefined {
    return this.#settled ? undefined : 'the peers have not said yet what they remember of the disk';
  }

  isVerified(peer: NodeId): boolean {
    return !this.#unmet.has(peer);
  }

  /** Resolves when the peer may be served. @throws OperatingError `not_ready` */
  async verify(peer: NodeId): Promise<void> {
    if (this.isVerified(peer)) return;
    await this.#ask(peer).catch(() => undefined);
    if (this.isVerified(peer)) return;
    throw new OperatingError('not_ready', `${peer} has not said yet what it remembers of the disk`);
  }

  /** What a peer hears of this disk: nothing before it is verified. */
  numbersFor(peer: NodeId): DiskNumbers {
    const { identity, store } = this.#options;
    if (!this.isVerified(peer)) return NO_NUMBERS;
    return { start: identity.start, commit: store.commitNumber };
  }

  async #round(): Promise<void> {
    const { transport } = this.#options;
    const reachable = [...this.#unmet.keys()].filter((peer) => transport.isOpen(peer));
    await Promise.allSettled(reachable.map((peer) => this.#ask(peer)));
    this.#look();
    if (this.#settled && this.#unmet.size === 0) void this.#retry.stop();
  }

  /** One question to a peer at a time. */
  #ask(peer: NodeId): Promise<void> {
    const running = this.#asking.get(peer);
    if (running !== undefined) return running;
    const asking = this.#question(peer).finally(() => this.#asking.delete(peer));
    this.#asking.set(peer, asking);
    return asking;
  }

  async #question(peer: NodeId): Promise<void> {
    const { messenger, clock, random } = this.#options;
    const deadline = clock.monotonicMilliseconds() + RETRY_MILLISECONDS;
    // A late answer to an earlier life says less than this one.
    const nonce = random.fraction();
    const remembered = await messenger.request(peer, DISK, { nonce }, deadline);
    if (remembered.nonce !== nonce) return;
    const judged = this.#judging.then(() => this.#judge(peer, remembered));
    this.#judging = judged.catch(() => undefined);
    await judged;
    this.#look();
  }

  /** The damage is on record before the numbers are right again: a crash between repeats both. */
  async #judge(peer: NodeId, remembered: Remembered): Promise<void> {
    const { identity, store, damageAll, onRaised, observer } = this.#options;
    const { announced } = remembered;
    const found = this.#unmet.get(peer);
    if (found === undefined) return;
    if (!identity.isProven || isRolledBack(found, remembered) || this.#isBefore(announced, found)) {
      observer.log('warn', 'the disk is older than a peer remembers', { peer, found, remembered });
      await damageAll('the disk was rolled back');
      await store.raiseCommit(remembered.commit);
      await identity.raise(Math.max(remembered.start, announced) + UNHEARD_STARTS);
      onRaised(identity.start);
    }
    await this.#keep(peer);
    this.#unmet.delete(peer);
  }

  /**
   * Is the disk from before a loss that this node has announced? One that was announced since then,
   * in a life in which the peer was unmet, is on the disk.
   */
  #isBefore(announced: number, found: DiskNumbers): boolean {
    const { losses, identity } = this.#options;
    return found.start <= announced && losses.startOf(identity.node) < announced;
  }

  #look(): void {
    const { transport, identity, clock, peers, isDoubtful } = this.#options;
    if (this.#settled || isDoubtful() || (!identity.isProven && peers.length > 0)) return;
    const waited = clock.monotonicMilliseconds() - this.#startedAt;
    const missing = [...this.#unmet.keys()];
    if (missing.length > 0 && waited < REACH_MILLISECONDS) return;
    if (missing.some((peer) => transport.isOpen(peer))) return;
    const isJudged = missing.some((peer) => transport.awaitsVerdictOf(peer));
    if (isJudged && waited < VERDICT_MILLISECONDS) return;
    this.#settled = true;
    this.#settle();
  }

  /** Durable before a peer gets a new answer: else its next answer would speak of this life. */
  #keep(met?: NodeId): Promise<void> {
    const unmet = [...this.#unmet].filter(([peer]) => peer !== met);
    const { committed } = this.#options.store.transact(
      (transaction) => transaction.put(UNMET_KEY, encodeStored(UNMET_KEY, unmet)),
      'sync',
      'vital',
    );
    return committed;
  }
}
