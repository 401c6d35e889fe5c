/** Many simulations: which seeds failed, and how often what was rare has happened. */
import type { SimulationResult } from './simulation.js';
import { simulate } from './simulation.js';

/** Each must happen at least once in a batch, or the batch proves too little. Sums of counters. */
const RARE_EVENTS: Readonly<Record<string, RegExp>> = {
  'hint held': /^hints_stored/,
  'hint delivered': /^hints_delivered/,
  'stand-in used': /^stand-in used/,
  'minted by a stand-in': /^minted by a stand-in/,
  'acknowledged by a hint alone': /^acknowledged by a hint alone/,
  'read from stand-ins': /^read from stand-ins/,
  'sibling created': /^siblings_created/,
  'read with siblings': /^read with siblings/,
  'read repaired before the answer': /^read_repairs foreground/,
  'read repaired in the background': /^read_repairs background/,
  'slow read hedged': /^hedges/,
  'put passed on': /^forwards ok/,
  'passing on failed': /^forwards (?!ok)/,
  'fallback used': /^fallback used/,
  'level not reached': /^(get|put) level_not_reached/,
  'unknown outcome': /^unknown outcome/,
  'refused over siblings': /^put siblings/,
  'level beyond N refused': /^(get|put) invalid_level/,
  'superseded version filtered': /^filter superseded/,
  'crash lost unsynced writes': /^crash lost unsynced/,
  'crash lost writes given without sync': /^crash lost finished/,
  'process killed': /^process killed/,
  'machine lost': /^machine lost/,
  'killed at an acknowledgement': /^killed at an ack/,
  'clean stop': /^clean stop/,
  'alike without any read': /^alike without any read/,
  'half-open link': /^half-open link/,
  'cut in one direction': /^cut: one way/,
  'cut around a bridge': /^cut: bridge/,
  pause: /^pause/,
  'wall clock jumped': /^wall clock jumped/,
  'frame lost': /^frame lost/,
  'frame repeated': /^frame repeated/,
  'frame overtaken': /^frame overtaken/,
  'settings changed': /^settings changed/,
  'settings change refused': /^settings not changed/,
  'quorum read': /^get ok quorum/,
  'quorum write': /^put ok quorum/,
};

const REPLAY = 'node dist/tests/simulation/simulate.js --verbose --seed';

export class SeedBatch {
  readonly #counters = new Map<string, number>();
  readonly failed: SimulationResult[] = [];
  #seeds = 0;
  #events = 0;

  async run(seed: number): Promise<SimulationResult> {
    const result = await simulate(seed);
    this.#seeds += 1;
    this.#events += result.events;
    for (const [name, count] of result.counters) {
      this.#counters.set(name, (this.#counters.get(name) ?? 0) + count);
    }
    if (result.findings.length > 0) this.failed.push(result);
    return result;
  }

  /** How often each rare event has happened. */
  rareEvents(): Map<string, number> {
    const counters = [...this.#counters];
    return new Map(
      Object.entries(RARE_EVENTS).map(([event, pattern]) => [
        event,
        counters.reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0),
      ]),
    );
  }

  /** @param seconds of real time that the batch took */
  report(seconds: number): string {
    const rate = (this.#seeds / seconds).toFixed(2);
    const lines = [
      `${this.#seeds} seeds, ${this.failed.length} failed, ${rate} seeds/s, ${this.#events} events`,
      ...[...this.rareEvents()].map(([event, count]) => `${String(count).padStart(9)}  ${event}`),
      ...[...this.#counters]
        .filter(([name]) => /^(get|put) /.test(name))
        .sort()
        .map(([name, count]) => `${String(count).padStart(9)}  ${name}`),
      ...this.failed.map(({ seed }) => `${REPLAY} ${seed}`),
    ];
    return lines.join('\n');
  }
}
