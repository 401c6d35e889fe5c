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
  /** So many times in a row, about the same peer, key, ...: the fields are those of the last. */
  readonly times: number;
}

/** With at most 8 fields of 200 characters each, below a megabyte in all. */
const EVENTS_MAX = 500;
/** Of subjects, beside them: however many there are, they push out none of the others. */
const SUBJECTS_MAX = 200;
/** So much of what is asked for may be of subjects. */
const SUBJECTS_SHARE = 0.5;
/** So many rows of one event in a row; what comes after them joins the last. */
const RUN_MAX = 64;
/** Fields that say what an event is about; the others say what came of it. */
const ABOUT = [
  ...['peer', 'node', 'replica', 'target', 'from', 'by', 'client', 'listener'],
  ...['namespace', 'key', 'partition', 'task', 'operation', 'strategy', 'stored', 'fields'],
];
const FIELDS_MAX = 8;
const FIELD_CHARACTERS_MAX = 200;

/** Passes everything on, and remembers what is more than a detail. */
export class EventLog implements Observer {
  readonly #next: Observer;
  readonly #clock: Pick<Clock, 'wallMilliseconds'>;
  readonly #events: LoggedEvent[] = [];
  /** By event and subject, the latest at the end. */
  readonly #ofSubjects = new Map<string, LoggedEvent>();
  #last = 0;

  constructor(next: Observer, clock: Pick<Clock, 'wallMilliseconds'>) {
    this.#next = next;
    this.#clock = clock;
  }

  log(severity: Severity, event: string, fields: LogFields = {}): void {
    this.#next.log(severity, event, fields);
    if (severity === 'debug') return;
    const before = this.#earlier(severity, event, aboutOf(shortened(fields)));
    if (before !== undefined) this.#events.splice(this.#events.indexOf(before), 1);
    this.#events.push(this.#row(severity, event, fields, (before?.times ?? 0) + 1));
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
  }

  /**
   * Remembers what happened to one of many subjects, such as a key; it is not logged. Of each
   * subject the latest, with its times; the subjects of which nothing was heard for longest go.
   */
  remember(
    subject: string,
    severity: LoggedEvent['severity'],
    event: string,
    fields: LogFields,
  ): void {
    const id = `${event} ${subject}`;
    const times = (this.#ofSubjects.get(id)?.times ?? 0) + 1;
    this.#ofSubjects.delete(id);
    this.#ofSubjects.set(id, this.#row(severity, event, fields, times));
    const [first] = this.#ofSubjects.keys();
    if (this.#ofSubjects.size > SUBJECTS_MAX && first !== undefined) {
      this.#ofSubjects.delete(first);
    }
  }

  /** The row that the next one joins: about the same, and nothing else came between. */
  #earlier(severity: Severity, event: string, about: string): LoggedEvent | undefined {
    const isOther = (row: LoggedEvent): boolean => row.event !== event || row.severity !== severity;
    const run = this.#events.slice(this.#events.findLastIndex(isOther) + 1);
    const same = run.find(({ fields }) => aboutOf(fields) === about);
    return same ?? (run.length < RUN_MAX ? undefined : run.at(-1));
  }

  #row(
    severity: LoggedEvent['severity'],
    event: string,
    fields: LogFields,
    times: number,
  ): LoggedEvent {
    this.#last += 1;
    const at = this.#clock.wallMilliseconds();
    return { number: this.#last, at, severity, event, fields: shortened(fields), times };
  }

  count(metric: MetricName, labels?: Labels, by?: number): void {
    this.#next.count(metric, labels, by);
  }

  measure(metric: MetricName, value: number, labels?: Labels): void {
    this.#next.measure(metric, value, labels);
  }

  /** Oldest first. What happened to subjects is at most half of so many. */
  latest(limit: number): readonly LoggedEvent[] {
    const ofSubjects = lastOf([...this.#ofSubjects.values()], Math.floor(limit * SUBJECTS_SHARE));
    const events = lastOf(this.#events, limit - ofSubjects.length);
    return [...events, ...ofSubjects].sort((a, b) => a.number - b.number);
  }
}

function aboutOf(fields: LoggedEvent['fields']): string {
  return JSON.stringify(ABOUT.map((name) => fields[name]));
}

function lastOf<T>(list: readonly T[], count: number): readonly T[] {
  return count <= 0 ? [] : list.slice(-count);
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
