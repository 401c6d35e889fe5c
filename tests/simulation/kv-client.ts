/**
 * A client that asks over HTTP and writes down what it was answered, with what was seen of that
 * from outside. It knows of the store what its documentation promises.
 */
import type { Miss, ReadVersion, SessionStep, VersionName } from '../../lib/checkers/history.js';
import { STRONG } from '../../lib/coordination/request/level.js';
import type { Asking } from './asking.js';
import type { ClientWrite, HistoryRecorder } from './history-recorder.js';
import { placeOf } from './key-names.js';
import { countAnswer } from './answer-counts.js';
import { ExplainedAnswers } from './explained-answers.js';
import * as answers from './kv-answer.js';
import * as requests from './kv-request.js';
import { LevelPromises, type LevelPromisesOptions } from './level-promises.js';
import type { Machine } from './machine.js';
import { OldDisks } from './old-disks.js';
import { ReceiptClaims } from './receipt-claims.js';
import { type CarriedToken, type SimulatedSession, stepsOf } from './simulated-session.js';
import type { Beginning, Witness } from './witness.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';
import type { World } from './world.js';

export interface KvClientOptions extends LevelPromisesOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly recorder: HistoryRecorder;
  readonly witness: Witness;
  readonly namespaces: WorkloadNamespaces;
  readonly asking: Asking;
  readonly onTrouble: (message: string) => void;
  /** A write was acknowledged at this very moment. */
  readonly onAcknowledged: (machine: Machine) => void;
}

/** A context and what it had shown. */
export interface Token {
  readonly context: string | undefined;
  readonly shown: readonly VersionName[];
  /** Of a read. */
  readonly versions: readonly ReadVersion[];
}

/** What was known when a request left. */
interface Asked {
  readonly machine: Machine;
  readonly since: Beginning;
  readonly oldDisks: readonly string[];
  /** Session tokens. */
  readonly sent: readonly CarriedToken[];
  /** What was answered, as the history names it. */
  readonly steps: string[];
}

/** At these no read repairs before it answers, unless it is asked to. */
const WEAK = new Set(['eventual', 'local-one']);

export class KvClient {
  readonly #options: KvClientOptions;
  readonly #promises: LevelPromises;
  readonly #claims: ReceiptClaims;
  readonly #oldDisks: OldDisks;
  readonly #explained: ExplainedAnswers;

  constructor(options: KvClientOptions) {
    this.#options = options;
    this.#promises = new LevelPromises(options);
    this.#claims = new ReceiptClaims(options, this.#promises);
    this.#oldDisks = new OldDisks(options);
    this.#explained = new ExplainedAnswers(options);
  }

  async get(machine: Machine, drawn: requests.ReadRequest): Promise<Token | undefined> {
    const asked = this.#begin(machine, [drawn.key], drawn.session);
    if (asked === undefined) return undefined;
    const request = this.#explained.drawn(drawn);
    if (request.readRepair !== undefined) this.#count(`X-Read-Repair: ${request.readRepair}`);
    if (request.asList) this.#count('get as a list');
    const { key, timeoutMilliseconds } = request;
    const watch = this.#options.witness.watch(machine, key, timeoutMilliseconds);
    const sent = requests.getRequest(request);
    const answer = await this.#options.asking.ask('get', machine, request, sent);
    const { miss, heard } = watch?.end() ?? {};
    const read = answer && answers.readAnswer(answer);
    // Answers that come while it repairs have no part in what it says.
    const isWatched = read?.kind === 'read' && WEAK.has(read.receipt.level);
    const noted = isWatched && request.readRepair !== 'await' ? miss : undefined;
    const reported = this.#noteRead(asked, request, read, 'get', noted);
    this.#explained.note(asked, request, read, answer, heard);
    return this.#carry(asked, request, read, reported);
  }

  /** @param shown what the context of the request had shown; undefined: it has none */
  async put(
    machine: Machine,
    drawn: requests.WriteRequest,
    write: ClientWrite,
  ): Promise<Token | undefined> {
    const asked = this.#begin(machine, [drawn.key], drawn.session);
    if (asked === undefined) return notAsked([write])[0];
    const request = this.#explained.drawn(drawn);
    this.#noteBegun(machine, request, write);
    const how = { ...request, durability: requests.durabilityOf(request) };
    const sent = requests.putRequest(request);
    const answer = await this.#options.asking.ask('put', machine, request, sent);
    const written = answer && answers.writeAnswer(answer);
    const reported = this.#noteWrite(asked, how, write, written);
    this.#explained.note(asked, how, written, answer);
    return this.#carry(asked, request, written, reported);
  }

  /** Each operation is recorded as if it had been asked alone. */
  async batch(
    machine: Machine,
    operations: readonly (requests.ReadRequest | requests.WriteRequest)[],
    writes: ReadonlyMap<unknown, ClientWrite>,
    all: Parameters<typeof requests.batchRequest>[1],
  ): Promise<(Token | undefined)[]> {
    const keys = operations.map(({ key }) => key);
    const asked = this.#begin(machine, keys, all.session);
    if (asked === undefined) return notAsked([...writes.values()]);
    const means = new Map<unknown, requests.WriteRequest>();
    for (const operation of operations) {
      const write = writes.get(operation);
      if (write === undefined || !('durability' in operation)) continue;
      this.#noteBegun(machine, operation, write);
      means.set(operation, { ...operation, durability: requests.durabilityOf(operation) });
    }
    const spaces = new Set(keys.map((key) => placeOf(key).namespace));
    if (spaces.size > 1) this.#count('batch for several namespaces');
    const sent = requests.batchRequest(operations, all);
    const answer = await this.#options.asking.ask('batch', machine, all, sent);
    const reads = operations.map((operation) => !writes.has(operation));
    const results = answer && answers.batchAnswers(answer, reads);
    if (answer?.status === 207) this.#count('batch answered in part');
    const tokens = operations.map((operation, i) => {
      const result = results?.[i];
      const [write, how] = [writes.get(operation), means.get(operation)];
      return write === undefined || how === undefined
        ? this.#noteRead(asked, operation, result, 'get')
        : this.#noteWrite(asked, how, write, result);
    });
    const token = answer && answers.tokenIn(answer);
    return this.#carry(asked, all, { kind: 'batch', token }, tokens);
  }

  /** The siblings of a key and what became of earlier ones. */
  async conflicts(machine: Machine, request: requests.Addressed): Promise<Token | undefined> {
    const asked = this.#begin(machine, [request.key], request.session);
    if (asked === undefined) return undefined;
    const sent = requests.lookRequest(request, 'conflicts');
    const answer = await this.#options.asking.ask('conflicts', machine, request, sent);
    const resolutions = answer === undefined ? [] : answers.resolutionsOf(answer);
    if (resolutions.length > 0) this.#count('resolution shown by its audit entry');
    const read = answer && answers.readAnswer(answer);
    return this.#carry(asked, request, read, this.#noteRead(asked, request, read, 'conflicts'));
  }

  /** The past of a key: what is listed, and one version of it. */
  async versions(machine: Machine, request: requests.Addressed): Promise<void> {
    if (this.#begin(machine, [request.key]) === undefined) return;
    const sent = requests.lookRequest(request, 'versions');
    const answer = await this.#options.asking.ask('versions', machine, request, sent);
    const listed = answer === undefined ? [] : answers.keptVersions(answer);
    const { recorder, world } = this.#options;
    recorder.keptListed({ key: request.key, ended: world.now, listed });
    const [version] = listed;
    const isThere = version !== undefined && this.#begin(machine, [request.key]) !== undefined;
    if (!isThere) return;
    this.#count('kept version listed');
    const one = requests.versionRequest(request, version);
    const shown = await this.#options.asking.ask('version', machine, request, one);
    const read = shown && answers.readAnswer(shown);
    if (read?.kind !== 'read' || read.versions.length === 0) return;
    this.#count('kept version read');
    recorder.keptShown({ key: request.key, versions: read.versions });
  }

  /** @param by a strategy; or a JSON value, and the write that it is of */
  async resolve(
    machine: Machine,
    request: requests.Addressed,
    token: Token,
    by: { readonly strategy: string } | { readonly value: string; readonly write: ClientWrite },
  ): Promise<Token | undefined> {
    const { recorder, world } = this.#options;
    const asked = this.#begin(machine, [request.key]);
    if (asked === undefined) return notAsked('write' in by ? [by.write] : [])[0];
    const sent = requests.resolveRequest(request, token.context ?? '', by);
    const answer = await this.#options.asking.ask('resolve', machine, request, sent);
    const reported = answer && answers.writeAnswer(answer);
    const byDefault = this.#options.namespaces.durabilityOf(request.key);
    const durability = requests.durabilityOf({ ...request, byDefault, durability: byDefault });
    const how = { ...request, durability };
    if (reported?.kind === 'written') {
      this.#count('strategy' in by ? `resolved by ${by.strategy}` : 'resolved by a value');
    }
    if ('write' in by) return this.#noteWrite(asked, how, by.write, reported);
    if (reported?.kind !== 'written') return undefined;
    const { version, context, receipt } = reported;
    this.#claims.note(asked, how, `resolution ${version}`, reported);
    recorder.resolved({
      ...{ key: request.key, version, ended: world.now },
      outcome: isSynced(how, receipt) ? 'acknowledged' : 'open',
      holders: this.#trusted(receipt.answered, asked, request.key),
      heldBy: this.#lyingAt(asked, request.key, reported),
    });
    this.#options.onAcknowledged(machine);
    return { context, shown: [...token.shown, version], versions: [] };
  }

  /** Undefined: now the keys cannot be asked for, there. */
  #begin(machine: Machine, keys: readonly string[], session?: SimulatedSession): Asked | undefined {
    const { namespaces, witness } = this.#options;
    if (!namespaces.isAskable(machine, keys)) {
      this.#count('not asked: the namespace is another one there');
      return undefined;
    }
    const since = witness.begin(keys);
    const sent = session?.sent ?? [];
    return { machine, since, oldDisks: this.#oldDisks.now, sent, steps: [] };
  }

  #noteRead(
    asked: Asked,
    request: requests.Addressed,
    answer: answers.Answer | undefined,
    operation: string,
    miss?: Miss,
  ): Token | undefined {
    countAnswer(this.#options, operation, request, answer);
    if (answer?.kind !== 'read') return undefined;
    const { world, recorder } = this.#options;
    const { key } = request;
    const { versions, receipt, context } = answer;
    if (versions.length > 1) this.#count('read with siblings');
    if (versions.length >= 10) this.#count('read with ten siblings');
    if (versions.length === 0) this.#count('not found');
    if (receipt.standIns > 0) this.#count('read from stand-ins');
    const read = recorder.read({
      ...{ key, began: asked.since.at, ended: world.now, versions },
      answered: this.#trusted(receipt.answered, asked, key),
      repaired: this.#promises.repaired(receipt),
      ...{ settles: this.#promises.settles(receipt), atStrong: receipt.level === STRONG },
      ...(versions.length === 0 && receipt.answered > 0 ? { miss } : {}),
      session: this.#step(asked, request, receipt.level),
      bound: this.#bound(asked, receipt, key),
    });
    asked.steps.push(read.id);
    if (versions.length === 0 && miss !== undefined) this.#count('miss at a weak level');
    this.#claims.note(asked, request, read.id, answer);
    const shown = versions.map(({ version }) => version);
    if (receipt.level === STRONG) {
      recorder.orders.observed(key, { began: asked.since.at, ended: world.now }, shown);
    }
    world.note(`${read.id} ${key} ${receipt.level} ${receipt.answered} ${shown.join(' ')}`);
    return { context, shown, versions };
  }

  #noteBegun(machine: Machine, request: requests.WriteRequest, write: ClientWrite): void {
    const { id, kind, key, shown } = write;
    const { ttl = this.#options.namespaces.ttlOf(key) } = request;
    if (kind === 'value') write.end = { ttl };
    const isOfRule = kind === 'value' && request.ttl === undefined && ttl !== undefined;
    if (isOfRule) this.#count('write with the end of its namespace');
    const { durability, byDefault = 'sync' } = request;
    const isWeak = durability === byDefault && byDefault !== 'sync';
    if (isWeak) this.#count('write as durable as its namespace says');
    const how = [request.level, ...request.fallbacks, request.durability].join(' ');
    this.#options.world.note(
      `write ${id} ${kind} ${key} on ${machine.id} ${how} seen ${shown?.join(' ')}`,
    );
  }

  #noteWrite(
    asked: Asked,
    request: requests.Addressed & Pick<requests.WriteRequest, 'durability' | 'condition'>,
    write: ClientWrite,
    answer: answers.Answer | undefined,
  ): Token | undefined {
    const { world } = this.#options;
    countAnswer(this.#options, 'put', request, answer);
    write.ended = world.now;
    const achieved = answer?.kind === 'written' ? answer.receipt.level : '';
    write.session = this.#step(asked, request, achieved);
    if (answer?.kind !== 'written') {
      const refused = answer?.kind === 'refused' && answer.outcome === 'none';
      write.outcome = refused ? 'refused' : 'open';
      if (write.outcome === 'open') this.#count('unknown outcome');
      const code = answer?.kind === 'refused' ? answer.code : '';
      if (code === 'precondition_failed') this.#noteUnmet(write, answer);
      world.note(`wrote ${write.id} ${write.outcome} ${code}`);
      return undefined;
    }
    const { version, replaced, beside = [], receipt, context } = answer;
    write.version = version;
    write.replaced = replaced;
    write.beside = beside;
    if (beside.length > 0) this.#count('blind write leaves something beside it');
    write.holders = receipt.answered;
    write.heldBy = this.#lyingAt(asked, write.key, answer);
    write.consulted = this.#trusted(this.#promises.consulted(write, request), asked, write.key);
    write.outcome = isSynced(request, receipt) ? 'acknowledged' : 'open';
    write.atStrong = receipt.level === STRONG;
    if (receipt.standIns > 0) this.#count('stand-in used');
    if (receipt.answered === 0) this.#count('acknowledged by a hint alone');
    world.note(
      `wrote ${write.id} ${version} ${receipt.level} ${receipt.answered} ${replaced.join(' ')}`,
    );
    asked.steps.push(write.id);
    this.#claims.note(asked, request, write.id, answer);
    const isBlind = write.shown === undefined && request.condition === undefined;
    if (isBlind) this.#checkBlind(write, replaced);
    this.#options.onAcknowledged(asked.machine);
    return { context, shown: [...(write.shown ?? replaced), version], versions: [] };
  }

  /** It has read what was there instead. */
  #noteUnmet(write: ClientWrite, answer: answers.Answer | undefined): void {
    const { recorder, world } = this.#options;
    const { key, began, expected } = write;
    this.#count('condition did not hold');
    if (answer?.kind !== 'refused' || answer.met === undefined || expected === undefined) return;
    recorder.orders.observed(key, { began, ended: world.now }, answer.met, expected);
  }

  #checkBlind(write: ClientWrite, replaced: readonly VersionName[]): void {
    if (replaced.length > 1) this.#count('blind write over siblings');
    this.#count(`blind write: ${this.#promises.blindWrites(write.key)}`);
    const trouble = this.#promises.blindTrouble(write, replaced);
    if (trouble !== undefined) this.#options.onTrouble(trouble);
  }

  #carry<Reported>(
    { sent, steps }: Asked,
    { session }: Pick<requests.Addressed, 'session'>,
    answer: { readonly kind: string; readonly token?: string | undefined } | undefined,
    reported: Reported,
  ): Reported {
    const { token } = answer ?? {};
    if (session === undefined || token === undefined) return reported;
    if (sent.length > 1) this.#count('several session tokens in one request');
    session.answered(sent, { text: token, steps });
    return reported;
  }

  /** What a disk has forgotten that nobody has reported yet can be proven by no owner. */
  #bound(
    { oldDisks }: Asked,
    { level, bound }: answers.Receipt,
    key: string,
  ): answers.Receipt['bound'] {
    if (level !== 'bounded-staleness') return bound;
    if (bound === undefined) this.#options.onTrouble('an answer says not how old it can be');
    if (this.#oldDisks.owners(key, oldDisks) > 0) return undefined;
    if (bound !== undefined) {
      this.#count(`bound of ${bound.scope}: ${bound.age === 0 ? 'the owners asked' : 'proven'}`);
    }
    return bound;
  }

  #step(
    { sent, oldDisks }: Asked,
    { session, key }: requests.Addressed,
    achieved: string,
  ): SessionStep | undefined {
    if (session === undefined) return undefined;
    const mayBeLost = this.#oldDisks.owners(key, oldDisks) > 0;
    return { after: stepsOf(sent), isCausal: achieved === 'causal', mayBeLost };
  }

  /** So many of the owners that were asked surely had what they should. */
  #trusted(count: number, { oldDisks }: Asked, key: string): number {
    return this.#oldDisks.trusted(count, key, oldDisks);
  }

  #lyingAt({ since }: Asked, key: string, { version, receipt }: answers.WriteAnswer): string[] {
    return this.#options.witness.lyingAt(key, version, receipt.answered === 0, since);
  }

  #count(name: string): void {
    this.#options.world.count(name);
  }
}

/** What was acknowledged before it was synced may go in a crash. */
function isSynced(
  { durability }: Pick<requests.WriteRequest, 'durability'>,
  { level }: answers.Receipt,
): boolean {
  return durability === 'sync' || level === STRONG;
}

function notAsked(writes: readonly ClientWrite[]): undefined[] {
  for (const write of writes) write.outcome = 'refused';
  return [];
}
