/** A client of real nodes: asks at every level, one thing at a time, and notes the answers. */
import { shapedValue } from '../../lib/checkers/checked-value.js';
import type { SessionStep, VersionName } from '../../lib/checkers/history.js';
import * as answers from '../simulation/kv-answer.js';
import * as requests from '../simulation/kv-request.js';
import type { SeededRandom } from '../simulation/seeded-random.js';
import { type CarriedToken, SimulatedSession, stepsOf } from '../simulation/simulated-session.js';
import type { ClientHistory } from './client-history.js';
import type { Endpoint } from './endpoint.js';

export interface MixedClientOptions {
  readonly history: ClientHistory;
  readonly endpoints: readonly Endpoint[];
  readonly random: SeededRandom;
  /** The key of the next operation. */
  readonly nextKey: () => string;
  readonly count: (what: string) => void;
  /** A node takes for wrong what this client says: it never is. */
  readonly onTrouble: (message: string) => void;
  /** Do its requests belong to sessions? */
  readonly hasSession: boolean;
}

/** What it was last answered of a key. */
interface Seen {
  readonly context: string | undefined;
  readonly shown: readonly VersionName[];
}

const READ_LEVELS = [
  ...['eventual', 'one', 'two', 'quorum', 'quorum', 'all', 'session', 'causal'],
  ...['bounded-staleness;max=1s', 'strong', 'strong', 'strong'],
] as const;
const WRITE_LEVELS = [
  ...['any', 'eventual', 'one', 'two', 'quorum', 'quorum', 'all', 'session', 'causal', 'strong'],
] as const;
const TIMEOUT_MILLISECONDS = 1500;
/** Sessions are short, so that a past is. */
const SESSION_OPERATIONS = 20;
const REFUSED_PAUSE_MILLISECONDS = 5;

export class MixedClient {
  readonly #options: MixedClientOptions;
  #session: SimulatedSession | undefined;
  #sessionOperations = 0;
  readonly #seen = new Map<string, Seen>();

  constructor(options: MixedClientOptions) {
    this.#options = options;
  }

  /** One operation, to its answer. @returns was it more than a refusal? */
  async operate(): Promise<boolean> {
    const { random, nextKey, hasSession } = this.#options;
    const key = nextKey();
    this.#sessionOperations += 1;
    if (this.#session === undefined || this.#sessionOperations > SESSION_OPERATIONS) {
      this.#session = hasSession ? new SimulatedSession() : undefined;
      this.#sessionOperations = 0;
    }
    const seen = this.#seen.get(key);
    const kind = random.fraction();
    const isDone = await (kind < 0.5 || seen === undefined
      ? this.#get(key)
      : kind < 0.75
        ? this.#write(key, random.pick(WRITE_LEVELS), seen)
        : this.#decide(key, seen));
    // A node that is gone is not asked as fast as the loop can.
    if (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, REFUSED_PAUSE_MILLISECONDS));
    }
    return isDone;
  }

  async #get(key: string): Promise<boolean> {
    const { history } = this.#options;
    const sent = this.#session?.sent ?? [];
    const began = performance.now();
    const reported = await this.#endpoint.ask(
      requests.getRequest({
        ...{ ...this.#addressed(key), level: this.#options.random.pick(READ_LEVELS) },
        ...{ readRepair: undefined, asList: false },
      }),
    );
    const answer = reported && answers.readAnswer(reported);
    this.#note('get', answer);
    if (answer?.kind !== 'read') return false;
    const { versions, receipt, context } = answer;
    const session = this.#step(sent, receipt.level);
    const read = history.read({ key, began, ended: performance.now(), session }, answer);
    if (versions.length > 1) this.#options.count('read with siblings');
    this.#carry(sent, answer.token, read.id);
    this.#seen.set(key, { context, shown: versions.map(({ version }) => version) });
    return true;
  }

  /** With the context that it has: else nobody could tell what a lost write had replaced. */
  #write(key: string, level: string, { context, shown }: Seen): Promise<boolean> {
    const isDelete = this.#options.random.fraction() < 0.15;
    return this.#send(key, level, { isDelete, shown, context, condition: undefined });
  }

  /** At `strong`: over all that is there, or on a condition. */
  #decide(key: string, { shown }: Seen): Promise<boolean> {
    const isDelete = this.#options.random.fraction() < 0.1;
    const [version] = shown;
    const by = this.#options.random.fraction();
    const condition =
      by < 0.25
        ? undefined
        : version === undefined || by < 0.35
          ? ({ is: 'absent' } as const)
          : ({ is: 'version', version } as const);
    const isHere = condition?.is !== 'absent';
    return this.#send(key, 'strong', {
      ...{ isDelete: isDelete && isHere, condition, shown: undefined, context: undefined },
    });
  }

  async #send(
    key: string,
    level: string,
    how: {
      readonly isDelete: boolean;
      readonly shown: readonly VersionName[] | undefined;
      readonly context: string | undefined;
      readonly condition: requests.Condition | undefined;
    },
  ): Promise<boolean> {
    const { history } = this.#options;
    const { isDelete, condition, context } = how;
    // A read that found nothing at all may have no context: then there was nothing to be covered.
    const shown = context === undefined ? undefined : how.shown;
    if (shown === undefined && level !== 'strong') return this.#get(key);
    const expected = condition && (condition.is === 'version' ? [condition.version] : []);
    const sent = this.#session?.sent ?? [];
    const isStrong = level === 'strong';
    const kind = isDelete ? 'delete' : 'value';
    const began = performance.now();
    const write = history.begin({ key, kind, began, shown, expected, isStrong });
    const text = shapedValue({ key, writeId: write.id }, 'string');
    const reported = await this.#endpoint.ask(
      requests.putRequest({
        ...{ ...this.#addressed(key), level, context, condition, ttl: undefined },
        ...{ value: isDelete ? undefined : { text, isJson: true }, durability: 'sync' },
      }),
    );
    const answer = reported && answers.writeAnswer(reported);
    const achieved = answer?.kind === 'written' ? answer.receipt.level : '';
    this.#note(condition === undefined ? 'write' : 'compare and set', answer);
    write.session = this.#step(sent, achieved);
    history.ended(write, answer, performance.now());
    if (answer?.kind === 'written') {
      const { version, replaced, context: after, token } = answer;
      this.#carry(sent, token, write.id);
      this.#seen.set(key, { context: after, shown: [...(shown ?? replaced), version] });
    }
    return write.outcome !== 'refused' || write.met !== undefined;
  }

  #addressed(key: string): Omit<requests.Addressed, 'level'> {
    const how = { fallbacks: [], timeoutMilliseconds: TIMEOUT_MILLISECONDS, inQuery: false };
    return { key, ...how, session: this.#session };
  }

  get #endpoint(): Endpoint {
    return this.#options.random.pick(this.#options.endpoints);
  }

  #step(sent: readonly CarriedToken[], achieved: string): SessionStep | undefined {
    if (this.#session === undefined) return undefined;
    return { after: stepsOf(sent), isCausal: achieved === 'causal' };
  }

  #carry(sent: readonly CarriedToken[], text: string | undefined, step: string): void {
    if (this.#session === undefined || text === undefined) return;
    this.#session.answered(sent, { text, steps: [step] });
  }

  #note(what: string, answer: answers.Answer | undefined): void {
    const { count, onTrouble } = this.#options;
    if (answer?.kind === 'refused' && answer.code.startsWith('invalid')) {
      onTrouble(`${what} was refused: ${answer.code}`);
    }
    if (answer === undefined) count(`${what}: no answer`);
    else if (answer.kind === 'refused') count(`${what}: ${answer.code} ${answer.outcome}`);
    else count(`${what}: ${answer.receipt.level}`);
  }
}
