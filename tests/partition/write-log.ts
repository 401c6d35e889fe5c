/** What was written through a cut, and what must therefore be there once it has healed. */
import type { PutAnswer } from '../../lib/coordination/request/request.js';
import { OperatingError } from '../../lib/errors.js';
import type { LocalCluster } from './local-cluster.js';

interface KeyLog {
  /** Version -> value, of what was acknowledged. */
  readonly acknowledged: Map<string, string>;
  /** Versions that an acknowledged write says it replaced. */
  readonly replaced: Set<string>;
  /** Values that may or may not be there. */
  readonly unknown: Set<string>;
}

/** Every value is written once, so that it names its write. */
export class WriteLog {
  readonly #cluster: LocalCluster;
  readonly #keys = new Map<string, KeyLog>();
  readonly #timeoutMilliseconds: number | undefined;
  #written = 0;

  constructor(cluster: LocalCluster, timeoutMilliseconds?: number) {
    this.#cluster = cluster;
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  get keys(): string[] {
    return [...this.#keys.keys()];
  }

  /** A write without a context, over siblings too. @returns `ok`, or `code/outcome` */
  async put(at: string, key: string, level: string): Promise<string> {
    this.#written += 1;
    const value = `${at} ${level} ${this.#written}`;
    const log = this.#logOf(key);
    try {
      const timeout = this.#timeoutMilliseconds;
      const answer = await this.#cluster.put(at, key, value, level, undefined, timeout);
      this.#acknowledge(log, answer, value);
      return 'ok';
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      if (error.outcome === 'unknown') log.unknown.add(value);
      return `${error.code}/${error.outcome}`;
    }
  }

  /** What is wrong with what the replicas hold now, asked directly: nothing is read. */
  faults(): string[] {
    return this.keys.flatMap((key) =>
      this.#cluster.primariesOf(key).flatMap((id) => this.#faultsOf(id, key)),
    );
  }

  /** Keys that end with several values: both sides had written. */
  get siblings(): number {
    return this.keys.filter((key) => {
      const [first = ''] = this.#cluster.primariesOf(key);
      return this.#cluster.held(first, key).values.length > 1;
    }).length;
  }

  #faultsOf(id: string, key: string): string[] {
    const { acknowledged, replaced, unknown } = this.#logOf(key);
    const { values } = this.#cluster.held(id, key);
    const expected = [...acknowledged]
      .filter(([version]) => !replaced.has(version))
      .map(([, value]) => value);
    const mine = `${id} holds ${key}: [${values.join(', ')}]`;
    const lost = unknown.size > 0 ? [] : expected.filter((value) => !values.includes(value));
    const surplus = values.filter((value) => !expected.includes(value) && !unknown.has(value));
    return [
      ...lost.map((value) => `${mine}, and lost "${value}"`),
      ...surplus.map((value) => `${mine}, and "${value}" was refused, replaced or never written`),
      ...(values.length === 0 && expected.length > 0 ? [`${mine}: nothing is left`] : []),
    ];
  }

  #acknowledge(log: KeyLog, { version, replaced }: PutAnswer, value: string): void {
    log.acknowledged.set(version, value);
    for (const other of replaced) log.replaced.add(other);
  }

  #logOf(key: string): KeyLog {
    let log = this.#keys.get(key);
    if (log === undefined) {
      log = { acknowledged: new Map(), replaced: new Set(), unknown: new Set() };
      this.#keys.set(key, log);
    }
    return log;
  }
}
