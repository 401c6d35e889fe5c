/** Many simulations: which seeds failed, and how often what was rare has happened. */
import { messageOf } from '../../lib/errors.js';
import type { KnownSeed } from './known-seeds.js';
import { RARE_EVENTS } from './rare-events.js';
import { simulate } from './simulation.js';

/** What a batch came to, as it travels between threads. */
export interface BatchTotals {
  readonly seeds: number;
  readonly events: number;
  readonly virtualMilliseconds: number;
  readonly counters: ReadonlyMap<string, number>;
  readonly failed: readonly KnownSeed[];
}

const REPLAY = 'node dist/tests/simulation/simulate.js --verbose --seed';

export class SeedBatch {
  readonly #counters = new Map<string, number>();
  readonly #failed: KnownSeed[] = [];
  #seeds = 0;
  #events = 0;
  #virtualMilliseconds = 0;

  /** @returns what was wrong, if anything was */
  async run(seed: number): Promise<string | undefined> {
    const { totals, was } = await runSeed(seed);
    this.add(totals);
    return was;
  }

  add({ seeds, events, virtualMilliseconds, counters, failed }: BatchTotals): void {
    this.#seeds += seeds;
    this.#events += events;
    this.#virtualMilliseconds += virtualMilliseconds;
    for (const [name, count] of counters) {
      this.#counters.set(name, (this.#counters.get(name) ?? 0) + count);
    }
    this.#failed.push(...failed);
  }

  get totals(): BatchTotals {
    return {
      ...{ seeds: this.#seeds, events: this.#events, failed: this.#failed },
      ...{ virtualMilliseconds: this.#virtualMilliseconds, counters: this.#counters },
    };
  }

  /** How often each rare event has happened. */
  rareEvents(): Map<string, number> {
    const counters = [...this.#counters];
    return new Map(
      Object.entries(RARE_EVENTS).map(([event, { counters: pattern }]) => [
        event,
        counters.reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0),
      ]),
    );
  }

  /** Rare events that never happened, though in so many seeds they must. */
  missing(): string[] {
    return [...this.rareEvents()]
      .filter(([event, count]) => count === 0 && this.#seeds >= (RARE_EVENTS[event]?.within ?? 0))
      .map(([event]) => event);
  }

  /** @param seconds of real time that the batch took */
  report(seconds: number): string {
    const rate = (this.#seeds / seconds).toFixed(2);
    const each = (this.#virtualMilliseconds / 1000 / Math.max(1, this.#seeds)).toFixed(1);
    const lines = [
      `${this.#seeds} seeds, ${this.#failed.length} failed, ${rate} seeds/s`,
      `${this.#events} events; ${each} virtual seconds a seed`,
      ...[...this.rareEvents()].map(([event, count]) => `${String(count).padStart(9)}  ${event}`),
      ...this.#rest().map(([name, count]) => `${String(count).padStart(9)}  ${name}`),
      ...this.#failed.map(({ seed }) => `${REPLAY} ${seed}`),
    ];
    return lines.join('\n');
  }

  /** How often each was visited in a thousand seeds, as a table for docs/testing.md. */
  visits(): string {
    const rows = [...this.rareEvents()].map(([event, count]) => {
      return `| ${event} | ${((1000 * count) / Math.max(1, this.#seeds)).toFixed(0)} |`;
    });
    return [`| in 1,000 seeds (of ${this.#seeds}) | times |`, '|---|---:|', ...rows].join('\n');
  }

  /** Answers by code, and counters that no rare event is about. */
  #rest(): [string, number][] {
    const patterns = Object.values(RARE_EVENTS).map(({ counters }) => counters);
    const isRare = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
    return [...this.#counters]
      .filter(([name]) => /^(get|put) /.test(name) || !isRare(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** A world that stands still, or does not come to an end, has failed as well. */
async function runSeed(seed: number): Promise<{ totals: BatchTotals; was: string | undefined }> {
  try {
    const { findings, ...result } = await simulate(seed);
    const [first] = findings;
    const checkers = [...new Set(findings.map(({ checker }) => checker))].join(', ');
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more: ${checkers})` : '';
    const was = first && `${first.checker} ${first.key}: ${first.message}${more}`;
    const failed = was === undefined ? [] : [{ seed, was }];
    return { totals: { ...result, seeds: 1, failed }, was };
  } catch (error) {
    const was = `the world: ${messageOf(error)}`;
    const nothing = { events: 0, virtualMilliseconds: 0, counters: new Map<string, number>() };
    return { totals: { ...nothing, seeds: 1, failed: [{ seed, was }] }, was };
  }
}
