/** The way to the nodes of a cluster, shared by a client, its namespaces and its sessions. */
import type { CallOptions, ClientOptions } from './client-options.js';
import { Endpoints } from './endpoints.js';
import { KeyOwners } from './key-owners.js';
import { learnNodes } from './learn-nodes.js';
import { learnRing, learnStoredNamespace } from './learn-ring.js';
import type { Problem } from './quorate-error.js';
import { CLOSED, type RequestOutcome, RequestRun } from './request-run.js';
import { Tracing } from './tracing.js';
import { changesNothing, FetchTransport, type HttpAnswer } from './transport.js';
import type { HttpRequest } from './transport.js';
import type { HttpTransport } from './transport.js';

/** A node without a deadline from us has its own; this is for the network to it. */
const PATIENCE_MILLISECONDS = 60_000;
const RETRIES = 4;
const HEDGE_MILLISECONDS = 100;
/** A write that may be repeated is sent to a further node after this part of its time. */
const WRITE_PARTS = 4;
const LEARN_EVERY_MILLISECONDS = 30_000;
const LEARN_MILLISECONDS = 5000;

export type Reply = HttpAnswer | Problem;

export class Connection {
  readonly #transport: HttpTransport;
  readonly #endpoints: Endpoints;
  readonly #owners = new KeyOwners();
  readonly #options: ClientOptions;
  readonly #closing = new AbortController();
  readonly #tracing = new Tracing();
  readonly #underWay = new Set<Promise<unknown>>();
  #learnAt = 0;

  /** @param addresses origins, in the order of preference */
  constructor(options: ClientOptions, addresses: readonly string[]) {
    this.#options = options;
    this.#transport = options.transport ?? new FetchTransport();
    this.#endpoints = new Endpoints(addresses, options.zone);
  }

  /** Never rejects for what a network or a node may do. */
  async send(request: HttpRequest, call: CallOptions): Promise<Reply> {
    return (await this.#own(this.#run(request, call))).answer;
  }

  /** Ends what is under way, and resolves when it has ended. Nothing is sent any more. */
  async close(): Promise<void> {
    this.#closing.abort(CLOSED);
    await Promise.allSettled(this.#underWay);
  }

  async #run(
    request: HttpRequest,
    { timeoutMilliseconds, signal }: CallOptions,
  ): Promise<RequestOutcome> {
    const begun = performance.now();
    const { retries = RETRIES, hedgeAfterMilliseconds = HEDGE_MILLISECONDS } = this.#options;
    const isRead = changesNothing(request);
    const repeatable = isRead || request.headers['idempotency-key'] !== undefined;
    const patience = timeoutMilliseconds ?? PATIENCE_MILLISECONDS;
    const writesAfter = repeatable ? patience / WRITE_PARTS : undefined;
    const span = await this.#tracing.begin(request);
    const headers = { 'user-agent': 'quorate', ...request.headers, ...span.headers };
    const outcome = await new RequestRun({
      transport: this.#transport,
      endpoints: this.#endpoints,
      owners: request.place === undefined ? [] : this.#owners.of(request.place),
      request: { ...request, headers },
      ...{ isRead, repeatable, retries, signals: [signal, this.#closing.signal] },
      hedgeAfter: isRead && request.isHedged === true ? hedgeAfterMilliseconds : writesAfter,
      ...{ begun, deadline: begun + patience },
      isDeadlineNamed: timeoutMilliseconds !== undefined,
    }).run();
    span.end(outcome);
    this.#learn(outcome);
    return outcome;
  }

  /** From a node that has just answered, now and then, beside the requests. */
  #learn({ endpoint }: RequestOutcome): void {
    const now = performance.now();
    const { discover = !('document' in globalThis) } = this.#options;
    if (!discover || endpoint === undefined || now < this.#learnAt) return;
    this.#learnAt = now + LEARN_EVERY_MILLISECONDS;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(LEARN_MILLISECONDS)]);
    void this.#own(this.#learnFrom(endpoint, signal));
  }

  async #learnFrom(endpoint: string, signal: AbortSignal): Promise<void> {
    const learned = await learnNodes(this.#transport, endpoint, signal);
    if (learned === undefined) return;
    this.#endpoints.learn(learned.nodes);
    if (learned.ringHash !== this.#owners.ringHash) {
      const ring = await learnRing(this.#transport, endpoint, signal);
      if (ring !== undefined) this.#owners.learnRing(ring);
    }
    for (const namespace of this.#owners.namespaces) {
      const stored = await learnStoredNamespace(this.#transport, endpoint, namespace, signal);
      if (stored !== undefined) this.#owners.learnNamespace(namespace, stored);
    }
  }

  /** Whoever closes the client waits for it. */
  #own<Result>(work: Promise<Result>): Promise<Result> {
    const owned = work.finally(() => this.#underWay.delete(owned));
    this.#underWay.add(owned);
    return owned;
  }
}
