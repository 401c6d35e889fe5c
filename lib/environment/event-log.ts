/** The latest events of a node, kept in memory for whoever asks (docs/http-api.md). */
import type { Clock } from './clock.js';
import type { MetricName } from './metrics.js';
import type { LogFields, Labels, Observer, Severity } from './observer.js';

export interface LoggedEvent {
  /** Rises by one with each event of this life of the node. */
  readonly number: number;
  /** Wall milliseconds of this node: of the latest, where it came several times in a row. */
  readonly at: number;
  readonly severity: Exclude<Severity, 'debug'>;
  readonly event: string;
  /** Texts, cut where they are long. */
  readonly fields: Readonly<Record<string, string>>;
  /** So many times in a row: the fields are those of the last. */
  readonly times: number;
}

/** With at most 8 fields of 200 characters each, below a megabyte in all. */
const EVENTS_MAX = 500;
const FIELDS_MAX = 8;
const FIELD_CHARACTERS_MAX = 200;

/** Passes everything on, and remembers what is more than a detail. */
export class EventLog implements Observer {
  readonly #next: Observer;
  readonly #clock: Pick<Clock, 'wallMilliseconds'>;
  readonly #events: LoggedEvent[] = [];
  #last = 0;

  constructor(next: Observer, clock: Pick<Clock, 'wallMilliseconds'>) {
    this.#next = next;
    this.#clock = clock;
  }

  log(severity: Severity, event: string, fields: LogFields = {}): void {
    this.#next.log(severity, event, fields);
    if (severity === 'debug') return;
    const last = this.#events.at(-1);
    const isRepeated = last?.event === event && last.severity === severity;
    if (isRepeated) this.#events.pop();
    this.#last += 1;
    this.#events.push({
      number: this.#last,
      at: this.#clock.wallMilliseconds(),
      ...{ severity, event, fields: shortened(fields) },
      times: isRepeated ? last.times + 1 : 1,
    });
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
  }

  count(metric: MetricName, labels?: Labels, by?: number): void {
    this.#next.count(metric, labels, by);
  }

  measure(metric: MetricName, value: number, labels?: Labels): void {
    this.#next.measure(metric, value, labels);
  }

  /** Oldest first. */
  latest(limit: number): readonly LoggedEvent[] {
    return limit <= 0 ? [] : this.#events.slice(-limit);
  }
}

function shortened(fields: LogFields): Record<string, string> {
  const shown = Object.entries(fields).filter(([name]) => name !== 'stack');
  return Object.fromEntries(
    shown.slice(0, FIELDS_MAX).map(([name, value]) => {
      const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
      const isLong = text.length > FIELD_CHARACTERS_MAX;
      const cut = isLong ? `${text.slice(0, FIELD_CHARACTERS_MAX - 1).toWellFormed()}…` : text;
      return [name, cut];
    }),
  );
}
