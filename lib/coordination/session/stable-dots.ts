/**
 * Which dots the disks of all owners have: they are left out of session tokens, which so hold about
 * what was seen since the last exchange (docs/consistency.md, Sessions).
 */
import type { Clock } from '../../environment/clock.js';
import type { NodeId } from '../../environment/transport.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { PartitionHealth } from '../../replica/health.js';
import type { PartitionClocks } from '../../replica/partition-clocks.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { Dot } from '../../versioning/dot.js';
import { PartitionClock, type PlainClock } from '../../versioning/partition-clock.js';
import { PERSISTED_CLOCKS } from '../wire/messages.js';

export interface StableDotsOptions {
  readonly self: NodeId;
  readonly ownership: Ownership;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly messenger: Messenger;
  readonly clock: Clock;
}

/** The least pause between two questions about a partition. */
const INTERVAL_MILLISECONDS = 1000;
const TIMEOUT_MILLISECONDS = 5000;
/** Partitions in one message: a clock has an entry for each life of a node, and gaps. */
const PARTITIONS_A_MESSAGE = 16;

/** What is known of a partition. */
interface Known {
  /** On the monotonic clock. */
  askedAt: number;
  /** As each of the other owners had it on its disk at some time: it keeps what it has. */
  readonly persisted: Map<NodeId, PartitionClock>;
}

export class StableDots {
  readonly #options: StableDotsOptions;
  readonly #known = new Map<number, Known>();
  /** Partitions that are to be asked about, together. */
  readonly #wanted = new Set<number>();
  #revision = 0;

  constructor(options: StableDotsOptions) {
    this.#options = options;
  }

  /** Another where more may be stable than before. */
  get revision(): number {
    return this.#revision;
  }

  /** Another one each time that it is worth asking again. */
  get turn(): number {
    return Math.floor(this.#options.clock.monotonicMilliseconds() / INTERVAL_MILLISECONDS);
  }

  /** Has the persisted clock of every owner the dot? */
  has(partition: number, dot: Dot): boolean {
    const known = this.#known.get(partition);
    if (known === undefined) return false;
    const { self, ownership, clocks } = this.#options;
    return ownership.setsOf(partition).every((owners) =>
      owners.every(({ id }) => {
        const clock = id === self ? clocks.persisted(partition) : known.persisted.get(id);
        return clock?.has(dot) === true;
      }),
    );
  }

  /** A token names dots of the partition: asks soon which of them are stable. */
  ask(partition: number): void {
    const { clock } = this.#options;
    const now = clock.monotonicMilliseconds();
    const known = this.#known.get(partition);
    if (known !== undefined && now - known.askedAt < INTERVAL_MILLISECONDS) return;
    if (known === undefined) this.#known.set(partition, { askedAt: now, persisted: new Map() });
    else known.askedAt = now;
    this.#wanted.add(partition);
    if (this.#wanted.size === 1) clock.after(0, () => this.#askAll());
  }

  #askAll(): void {
    const { self, ownership } = this.#options;
    const byOwner = new Map<NodeId, number[]>();
    for (const partition of this.#wanted) {
      for (const { id } of ownership.setsOf(partition).flat()) {
        if (id !== self) byOwner.set(id, [...(byOwner.get(id) ?? []), partition]);
      }
    }
    this.#wanted.clear();
    // Where this node owns alone, its own clock is all there is to know.
    this.#revision += 1;
    for (const [owner, partitions] of byOwner) {
      for (let i = 0; i < partitions.length; i += PARTITIONS_A_MESSAGE) {
        this.#ask(owner, partitions.slice(i, i + PARTITIONS_A_MESSAGE));
      }
    }
  }

  #ask(owner: NodeId, partitions: number[]): void {
    const { messenger, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + TIMEOUT_MILLISECONDS;
    messenger.ask(owner, PERSISTED_CLOCKS, { partitions }, deadline, (answer) => {
      if (!answer.ok) return;
      for (const [i, plain] of answer.reply.clocks.entries()) {
        const known = this.#known.get(partitions[i] ?? -1);
        if (plain !== null) known?.persisted.set(owner, PartitionClock.from(plain));
      }
      this.#revision += 1;
    });
  }

  /** Registers the handler; called once, when the ring is known. */
  serve(messenger: Messenger): void {
    const { health, clocks } = this.#options;
    messenger.handle(PERSISTED_CLOCKS, ({ partitions }) => ({
      clocks: partitions.map((partition): PlainClock | null =>
        health.isRebuilding(partition) ? null : clocks.persisted(partition).toPlain(),
      ),
    }));
  }
}
