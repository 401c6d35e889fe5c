/**
 * Clients that send each write under an Idempotency-Key again, through other nodes, until they know
 * what became of it (docs/idempotency.md). They have keys of their own, and write and delete there
 * without an Idempotency-Key as well.
 */
import { z } from 'zod';
import {
  checkOperations,
  type ChosenState,
  type OperationAttempt,
} from '../../lib/checkers/check-operations.js';
import type { Finding } from '../../lib/checkers/history.js';
import { decodeOperation } from '../../lib/coordination/operation/operation-record.js';
import { DEFAULT_NAMESPACE, OPERATIONS_NAMESPACE } from '../../lib/partitioning/namespace.js';
import type { RecordKey } from '../../lib/persistence/keyspace.js';
import type { Realised } from '../../lib/replica/intent.js';
import { covers } from '../../lib/versioning/context.js';
import { type Dot, dotText, parseDot } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';
import type { Asking } from './asking.js';
import type { HttpAnswer, HttpRequest } from './http-answers.js';
import { askedNamespace, nameOf, placeOf } from './key-names.js';
import type { Machine } from './machine.js';
import { type Asked, reportedBy, attemptBy, attemptByBatch } from './operation-answers.js';
import {
  batchOf,
  drawPlace,
  OPERATION_KEYS,
  OPERATION_RULES,
  type OperationPart,
  type OperationPlace,
  OPERATIONS_IN,
  SIBLINGS_IN,
  pathOf,
  resolution,
  type Sending,
  singleWrite,
} from './operation-requests.js';
import type { SeededRandom } from './seeded-random.js';
import { CHANGE_PATIENCE_MILLISECONDS } from './settings-client.js';
import type { World } from './world.js';

export interface OperationClientOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly asking: Pick<Asking, 'ask'>;
  readonly onTrouble: (message: string) => void;
  readonly replicaCount: number;
  readonly hasAnyDiskLost: () => boolean;
  readonly pace: number;
}

const CLIENTS = 2;
const ATTEMPTS_MAX = 6;
const PAUSE_MEAN_MILLISECONDS = 250;
const AGAIN_MEAN_MILLISECONDS = 60;
const TIMEOUTS = [40, 300, 1000, 2000];
const PATIENT_MILLISECONDS = 8000;
const PAUSE_MILLISECONDS = 1000;
const LOOKS_MAX = 10;
/** A clock that was ahead may date the end of a request so much later: the longest timeout. */
const LONGEST_PENDING_MILLISECONDS = 63_000;
/** So many of those that were applied are asked for again. */
const REMEMBERED = 3;
const DEFINITE: ReadonlySet<string> = new Set(['done', 'none', 'not begun', 'forgotten']);
const conflictShape = z.object({ siblings: z.array(z.unknown()), context: z.string().optional() });
const JSON_TYPE = { 'Content-Type': 'application/json' };

export class OperationClient {
  readonly #options: OperationClientOptions;
  readonly #attempts: OperationAttempt[] = [];
  readonly #states: ChosenState[] = [];
  readonly #open = new Set<OperationPart>();
  readonly #applied: OperationPart[] = [];
  /** What a key was last seen to hold. */
  readonly #shown = new Map<string, string>();
  readonly #minted = new Set<string>();
  /** By the version under which it is to take effect, as its record says. */
  readonly #operations = new Map<string, string>();
  #sent = 0;
  #isStopped = false;

  constructor(options: OperationClientOptions) {
    this.#options = options;
  }

  /** Is it a record of these clients, or of what they ask for? */
  static owns({ namespace, key }: Pick<RecordKey, 'namespace' | 'key'>): boolean {
    return namespace === OPERATIONS_NAMESPACE || OPERATION_KEYS.includes(key);
  }

  /** Under no id; also what the cluster makes of siblings, though it has the value of one. */
  minted(at: RecordKey, { dot }: Pick<Realised, 'dot'>): void {
    this.#minted.add(`${nameOf(at)} ${dotText(dot)}`);
  }

  /**
   * What was accepted long ago may be chosen once more: on a disk that was rolled back it is still
   * an open proposal. Where the record holds what has replaced it, that has no effect.
   */
  chosen(at: RecordKey, { versions, context }: Siblings, held: Siblings | undefined): void {
    if (at.namespace === OPERATIONS_NAMESPACE) {
      for (const { state, value } of versions) if (state === 'value') this.#begun(at.key, value);
      return;
    }
    const key = nameOf(at);
    // A plain write may have replaced one of its siblings since it was decided: the others count.
    const left = versions.filter(({ dot }) => held === undefined || !isReplaced(dot, held));
    if (left.length === 0 && versions.length > 0) return;
    const shown = left.flatMap(({ dot, state, value }) => {
      const version = dotText(dot);
      if (this.#minted.has(`${key} ${version}`)) return [];
      // A value says itself of which operation it is, whatever the records say.
      const text = state === 'value' ? Buffer.from(value).toString('utf8') : '""';
      const said = String(JSON.parse(text));
      const operation = said === '' ? this.#operations.get(version) : said;
      return operation === undefined ? [] : [{ version, operation, isValue: state === 'value' }];
    });
    this.#states.push({
      ...{ key, versions: shown },
      covers: (version) => {
        const dot = parseDot(version);
        return dot !== undefined && covers(context, dot);
      },
    });
  }

  /** Resolves when all have come to an end after `stop`. */
  async run(): Promise<void> {
    await this.#makeNamespace();
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.#live(`operations ${i}`)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * After the calm whoever is asked must say what became of it, if it is asked again while it is
   * pending; and what was answered before is still known.
   */
  async settle(): Promise<void> {
    const { onTrouble } = this.#options;
    const random = this.#options.world.random('operations end');
    for (const part of this.#open) {
      const is = await this.#lookLast(random, part);
      this.#count(`asked for in the end: ${is}`);
      if (!DEFINITE.has(is)) onTrouble(`nobody says what became of ${part.id}: ${is}`);
    }
    for (const part of random.shuffle(this.#applied).slice(0, REMEMBERED)) {
      const is = await this.#lookLast(random, part);
      this.#count(`asked for again in the end: ${is}`);
      if (is !== 'done' && !this.#mayBeLost) onTrouble(`${part.id} was applied, and is ${is}`);
    }
  }

  findings(): Finding[] {
    if (this.#mayBeLost) return [];
    return checkOperations({ attempts: this.#attempts, states: this.#states });
  }

  /**
   * What only one disk holds goes with it; also what a partition has seen, where a crash took
   * something unsynced from its middle: it is rebuilt, and there is nobody to take it from.
   */
  get #mayBeLost(): boolean {
    const { replicaCount, machines, hasAnyDiskLost } = this.#options;
    const hasLost = hasAnyDiskLost() || machines.some(({ disk }) => disk.hasLostMiddle);
    return replicaCount === 1 && hasLost;
  }

  async #lookLast(random: SeededRandom, part: OperationPart): Promise<string> {
    const { world } = this.#options;
    for (let i = 1; i <= LOOKS_MAX; i += 1) {
      const { is } = await this.#look(random, part, PATIENT_MILLISECONDS);
      if (DEFINITE.has(is)) return is;
      await world.wait(PAUSE_MILLISECONDS, 'ask again');
    }
    this.#count('asked for in the end: pending for as long as a request may take');
    await world.wait(LONGEST_PENDING_MILLISECONDS, 'ask once more');
    return (await this.#look(random, part, PATIENT_MILLISECONDS)).is;
  }

  async #makeNamespace(): Promise<void> {
    const { world } = this.#options;
    const random = world.random('namespace of operations');
    const path = `/api/v1/namespaces/${OPERATIONS_IN.name}`;
    const body = JSON.stringify(OPERATION_RULES);
    const request = { method: 'PUT', path, headers: JSON_TYPE, body };
    while (!this.#isStopped) {
      const answer = await this.#ask(random, request, CHANGE_PATIENCE_MILLISECONDS);
      if (answer?.status === 200) return;
      await world.wait(PAUSE_MILLISECONDS, 'namespace of operations');
    }
  }

  async #live(name: string): Promise<void> {
    const { world, pace } = this.#options;
    const random = world.random(name);
    for (;;) {
      await world.wait(random.exponential(PAUSE_MEAN_MILLISECONDS * pace), name);
      if (this.#isStopped) return;
      if (random.chance(0.3)) await this.#disturb(random);
      const sending = await this.#draw(random);
      await this.#sendUntilKnown(random, sending);
      // Who was answered sometimes sends it again all the same: the answer got lost on the way.
      if (random.chance(0.4)) await this.#attempt(random, sending);
      const isDone = sending.parts.every(({ known }) => known === 'applied');
      if (isDone && random.chance(0.2)) await this.#reuse(random, sending);
    }
  }

  async #sendUntilKnown(random: SeededRandom, sending: Sending): Promise<void> {
    const { parts } = sending;
    for (const part of parts) this.#open.add(part);
    for (let i = 0; i < ATTEMPTS_MAX && parts.some(isOpen); i += 1) {
      if (random.chance(0.15)) {
        this.#count('sent through two nodes at once');
        await Promise.all([this.#attempt(random, sending), this.#attempt(random, sending)]);
      } else if (i > 0 && random.chance(0.2)) await this.#look(random, random.pick(parts));
      else await this.#attempt(random, sending);
      await this.#options.world.wait(
        random.exponential(AGAIN_MEAN_MILLISECONDS),
        'operation again',
      );
    }
  }

  async #draw(random: SeededRandom): Promise<Sending> {
    this.#sent += 1;
    const id = `o${this.#sent}`;
    const kind = random.pick(['write', 'write', 'write', 'batch', 'resolution']);
    if (kind === 'batch') return batchOf(random, id);
    const place = kind === 'resolution' ? drawPlace(random, SIBLINGS_IN) : drawPlace(random);
    const context = kind === 'resolution' ? await this.#conflictAt(random, place) : undefined;
    if (context !== undefined) return resolution(id, place, context);
    return singleWrite(random, id, place, this.#shown.get(nameOf(place)));
  }

  /** Makes siblings. Their context; undefined: there are less than two, as far as anybody says. */
  async #conflictAt(random: SeededRandom, place: OperationPlace): Promise<string | undefined> {
    const put = { method: 'PUT', path: pathOf(place), headers: JSON_TYPE, body: '{"value":""}' };
    for (let i = 0; i < 2; i += 1) await this.#ask(random, put);
    const path = `${pathOf(place)}/conflicts`;
    const request = { method: 'GET', path, headers: {}, body: undefined };
    const answer = await this.#ask(random, request);
    if (answer?.status !== 200) return undefined;
    const { siblings, context } = conflictShape.parse(JSON.parse(answer.body.toString('utf8')));
    return siblings.length > 1 ? context : undefined;
  }

  async #attempt(random: SeededRandom, sending: Sending): Promise<void> {
    const { id, request, isBatch, parts } = sending;
    const answer = await this.#ask(random, request);
    const isAgain = answer?.headers.has('idempotent-replayed') === true;
    if (isAgain) this.#count('answered again');
    if (isAgain && parts.every(isOpen)) this.#count('carried on');
    const ids = parts.map((part) => part.id);
    const attempts = isBatch ? attemptByBatch(ids, answer) : [attemptBy(id, answer)];
    for (const [i, part] of parts.entries()) {
      const { what, ...attempt } = attempts[i] ?? { what: '', outcome: 'open' as const };
      this.#note(part, { operation: part.id, key: part.key, ...attempt });
      this.#count(`${attempt.outcome}: ${what}`);
      if (attempt.outcome === 'applied') this.#countKind(sending, part);
      this.#options.world.note(`operation ${part.id} ${attempt.outcome} ${attempt.version ?? ''}`);
    }
  }

  #countKind({ isBatch, request }: Sending, { key }: OperationPart): void {
    if (isBatch) this.#count('in a batch applied');
    if (request.method === 'POST' && !isBatch) this.#count('that resolves applied');
    if (placeOf(key).namespace !== DEFAULT_NAMESPACE) this.#count('in a namespace applied');
  }

  async #look(
    random: SeededRandom,
    part: OperationPart,
    timeoutMilliseconds = random.pick(TIMEOUTS),
  ): Promise<Asked> {
    const { id: operation, key } = part;
    const path = `/api/v1/operations/${encodeURIComponent(operation)}`;
    const request = { method: 'GET', path, headers: {}, body: undefined };
    const asked = reportedBy(await this.#ask(random, request, timeoutMilliseconds));
    const { is, version, at } = asked;
    this.#count(`asked for: ${is}`);
    this.#options.world.note(`operation ${operation} is ${is}`);
    if (is === 'none') this.#note(part, { operation, key, outcome: 'none' });
    if (is === 'done') this.#note(part, { operation, key, outcome: 'applied', version });
    const place = placeOf(key);
    const named = `${askedNamespace(place.namespace)} ${place.key}`;
    if (at !== undefined && `${at.namespace} ${at.key}` !== named) {
      this.#options.onTrouble(`${operation} is said to be of ${at.namespace} ${at.key}`);
    }
    return asked;
  }

  /** Another request under the same id: it must be refused, and change nothing. */
  async #reuse(random: SeededRandom, { id, request }: Sending): Promise<void> {
    const operation = `${id} reused`;
    const place = drawPlace(random);
    const body = JSON.stringify({ value: operation });
    const path = pathOf(place);
    const answer = await this.#ask(random, { ...request, method: 'PUT', path, body });
    const { what, ...attempt } = attemptBy(id, answer);
    this.#attempts.push({ operation, key: nameOf(place), ...attempt });
    this.#count(`reused: ${what}`);
  }

  /** Beside them their keys are written and deleted at any level. */
  async #disturb(random: SeededRandom): Promise<void> {
    const level = random.pick(['one', 'quorum', 'strong']);
    const headers = { ...JSON_TYPE, 'X-Consistency-Level': level };
    const path = pathOf(drawPlace(random));
    const request = random.chance(0.3)
      ? { method: 'DELETE', path, headers, body: undefined }
      : { method: 'PUT', path, headers, body: JSON.stringify({ value: '' }) };
    await this.#ask(random, request);
  }

  #ask(
    random: SeededRandom,
    request: HttpRequest,
    timeoutMilliseconds = random.pick(TIMEOUTS),
  ): Promise<HttpAnswer | undefined> {
    const { asking, machines } = this.#options;
    const headers = { ...request.headers, 'X-Timeout': `${timeoutMilliseconds}ms` };
    const how = { timeoutMilliseconds };
    return asking.ask('operation', random.pick(machines), how, { ...request, headers });
  }

  /** The value of a record says how its operation takes effect. */
  #begun(id: string, value: Uint8Array): void {
    const record = decodeOperation(value);
    if (record.state === 'begun') this.#operations.set(dotText(record.once.dot), id);
  }

  #note(part: OperationPart, attempt: OperationAttempt): void {
    const { outcome, version } = attempt;
    this.#attempts.push(attempt);
    if (outcome === 'applied' || outcome === 'none') {
      if (outcome === 'applied' && part.known === undefined) this.#applied.push(part);
      part.known = outcome;
      this.#open.delete(part);
    }
    if (version !== undefined) this.#shown.set(part.key, version);
  }

  #count(what: string): void {
    this.#options.world.count(`operation ${what}`);
  }
}

function isReplaced(dot: Dot, { context, versions }: Siblings): boolean {
  return covers(context, dot) && !versions.some((one) => dotText(one.dot) === dotText(dot));
}

function isOpen({ known }: OperationPart): boolean {
  return known === undefined;
}
