/** Asking peers: requests with deadlines over the transport, and the handlers that answer them. */
import { z } from 'zod';
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Message, NodeId, Receiver, Transport } from '../environment/transport.js';
import type { ErrorCode } from '../errors.js';
import { assert, ERROR_CODES, messageOf, OperatingError } from '../errors.js';
import type { MessageType } from './message.js';

/** What came of a request. The error's `outcome` is `none` only where the peer surely did nothing. */
export type Answer<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: OperatingError };

/** What a handler knows beside the body. */
export interface Incoming {
  readonly from: NodeId;
  /** On this node's monotonic clock. */
  readonly deadline: number;
}

export type Handler<Request, Reply> = (
  request: Request,
  incoming: Incoming,
) => Reply | Promise<Reply>;

export interface MessengerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Requests that may wait for their answers, all peers together. */
  readonly pendingMax: number;
}

/** What membership tells of this node with each request, and does with what the others tell. */
export interface Gossip {
  /** The ring epoch; 0 before the founding. */
  readonly epoch: number;
  /** Hash of the cluster's settings. */
  readonly settingsHash: number;
  /** Resolves when this node may serve a request that carried these; rejects where it may not. */
  reconcile(from: NodeId, epoch: number, settingsHash: number): Promise<void>;
}

interface Pending {
  readonly to: NodeId;
  readonly deadline: number;
  readonly type: MessageType<unknown, unknown>;
  readonly settle: (answer: Answer<unknown>) => void;
}

const REQUEST = 0;
const REPLY = 1;
const REFUSAL = 2;

const requestFrame = z.tuple([
  z.literal(REQUEST),
  z.number(),
  z.string(),
  z.number(),
  z.number(),
  z.number(),
  z.unknown(),
]);
const replyFrame = z.tuple([z.literal(REPLY), z.number(), z.unknown()]);
const refusalFrame = z.tuple([
  z.literal(REFUSAL),
  z.number(),
  z.string(),
  z.string(),
  z.enum(['none', 'unknown']),
  z.record(z.string(), z.unknown()),
]);
const frame = z.union([requestFrame, replyFrame, refusalFrame]);

/** How often requests are checked against their deadlines. */
const SWEEP_MILLISECONDS = 20;

export class Messenger implements Receiver {
  readonly #options: MessengerOptions;
  readonly #handlers = new Map<string, Registered>();
  readonly #pending = new Map<number, Pending>();
  readonly #linkListeners: ((peer: NodeId, open: boolean) => void)[] = [];
  #gossip: Gossip = { epoch: 0, settingsHash: 0, reconcile: () => Promise.resolve() };
  #nextId = 1;
  #cancelSweep: Cancel | undefined;

  constructor(options: MessengerOptions) {
    this.#options = options;
  }

  /** @param anyEpoch serve it before the founding, and whatever ring or settings the sender has */
  handle<Request, Reply>(
    type: MessageType<Request, Reply>,
    handler: Handler<Request, Reply>,
    { anyEpoch = false } = {},
  ): void {
    assert(!this.#handlers.has(type.name), `one handler for ${type.name}`);
    this.#handlers.set(type.name, {
      anyEpoch,
      parse: (body) => type.request.parse(body),
      run: (body, incoming) => handler(body as Request, incoming),
    });
  }

  /** Membership introduces itself; until then messages carry epoch 0. */
  setGossip(gossip: Gossip): void {
    this.#gossip = gossip;
  }

  onLink(listener: (peer: NodeId, open: boolean) => void): void {
    this.#linkListeners.push(listener);
  }

  /**
   * Sends a request; `settle` is called exactly once, at the latest shortly after the deadline, and
   * never before this call has returned.
   * @param deadline on the monotonic clock; it travels as what remains of it.
   */
  ask<Request, Reply>(
    to: NodeId,
    type: MessageType<Request, Reply>,
    request: Request,
    deadline: number,
    settle: (answer: Answer<Reply>) => void,
  ): void {
    const { clock, transport } = this.#options;
    const remaining = deadline - clock.monotonicMilliseconds();
    const id = this.#nextId++;
    const { epoch, settingsHash } = this.#gossip;
    const full = this.#pending.size >= this.#options.pendingMax;
    if (
      remaining <= 0 ||
      full ||
      !transport.send(to, [REQUEST, id, type.name, epoch, settingsHash, remaining, request])
    ) {
      queueMicrotask(() => settle({ ok: false, error: notSent(to, remaining, full) }));
      return;
    }
    this.#pending.set(id, {
      to,
      deadline,
      type: type as MessageType<unknown, unknown>,
      settle: settle as (answer: Answer<unknown>) => void,
    });
    this.#cancelSweep ??= clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
  }

  /** The same as a promise, for the paths where one more does not matter. Rejects with the error. */
  request<Request, Reply>(
    to: NodeId,
    type: MessageType<Request, Reply>,
    request: Request,
    deadline: number,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.ask(to, type, request, deadline, (answer) => {
        if (answer.ok) resolve(answer.reply);
        else reject(answer.error);
      });
    });
  }

  /** A bad frame throws, and the transport closes the link. */
  receive(from: NodeId, message: Message): void {
    const parsed = frame.safeParse(message);
    if (!parsed.success) throw new OperatingError('corrupt_bytes', 'a peer message is malformed');
    const data = parsed.data;
    if (data[0] === REQUEST) {
      const [, id, name, epoch, settingsHash, remaining, body] = data;
      this.#receiveRequest(from, id, name, epoch, settingsHash, remaining, body);
    } else {
      this.#receiveAnswer(from, data);
    }
  }

  linkOpened(peer: NodeId): void {
    for (const listener of this.#linkListeners) listener(peer, true);
  }

  /** What was asked on the link may have been done. */
  linkClosed(peer: NodeId): void {
    for (const listener of this.#linkListeners) listener(peer, false);
    const error = new OperatingError('peer_unreachable', `the link to ${peer} closed`, {
      outcome: 'unknown',
    });
    for (const [id, pending] of this.#pending) {
      if (pending.to === peer) this.#settle(id, pending, { ok: false, error });
    }
  }

  stop(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    const error = new OperatingError('not_ready', 'this node is stopping', { outcome: 'unknown' });
    for (const [id, pending] of this.#pending) this.#settle(id, pending, { ok: false, error });
  }

  #receiveRequest(
    from: NodeId,
    id: number,
    name: string,
    epoch: number,
    settingsHash: number,
    remaining: number,
    body: unknown,
  ): void {
    const handler = this.#handlers.get(name);
    if (handler === undefined) {
      this.#refuse(from, id, new OperatingError('not_implemented', `no message ${name}`));
      return;
    }
    const request = handler.parse(body);
    const deadline = this.#options.clock.monotonicMilliseconds() + remaining;
    const incoming = { from, deadline };
    const gossip = this.#gossip;
    const alike = epoch === gossip.epoch && settingsHash === gossip.settingsHash;
    if (alike || handler.anyEpoch) {
      this.#serve(id, name, handler, request, incoming);
      return;
    }
    gossip.reconcile(from, epoch, settingsHash).then(
      () => this.#serve(id, name, handler, request, incoming),
      (error: unknown) => this.#refuse(from, id, error),
    );
  }

  #serve(
    id: number,
    name: string,
    handler: Registered,
    request: unknown,
    incoming: Incoming,
  ): void {
    const { clock, observer, transport } = this.#options;
    const { from } = incoming;
    if (clock.monotonicMilliseconds() >= incoming.deadline) {
      observer.count('quorate_late_messages_total', { type: name });
      return;
    }
    const done = (reply: unknown): void => {
      observer.count('quorate_peer_messages_total', { type: name, result: 'ok' });
      transport.send(from, [REPLY, id, reply]);
    };
    try {
      const reply = handler.run(request, incoming);
      if (reply instanceof Promise)
        reply.then(done, (error: unknown) => this.#refuse(from, id, error));
      else done(reply);
    } catch (error) {
      this.#refuse(from, id, error);
    }
  }

  #refuse(to: NodeId, id: number, error: unknown): void {
    const { observer, transport } = this.#options;
    const known = error instanceof OperatingError ? error : undefined;
    if (known === undefined) {
      observer.log('error', 'a peer request failed without an expected error', {
        reason: error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
      });
    }
    const code = known?.code ?? 'internal';
    observer.count('quorate_peer_messages_total', { type: 'refused', result: code });
    const message = known?.message ?? 'the peer failed';
    const outcome = known?.outcome ?? 'unknown';
    transport.send(to, [REFUSAL, id, code, message, outcome, known?.details ?? {}]);
  }

  #receiveAnswer(
    from: NodeId,
    data: z.infer<typeof replyFrame> | z.infer<typeof refusalFrame>,
  ): void {
    const pending = this.#pending.get(data[1]);
    // An answer after the deadline, or one of an earlier life of this node: nobody waits for it.
    if (pending === undefined || pending.to !== from) return;
    if (data[0] === REPLY) {
      this.#settle(data[1], pending, { ok: true, reply: pending.type.reply.parse(data[2]) });
      return;
    }
    const [, id, code, message, outcome, details] = data;
    const known = code in ERROR_CODES ? (code as ErrorCode) : 'internal';
    const error = new OperatingError(known, message, { outcome, details });
    this.#settle(id, pending, { ok: false, error });
  }

  #settle(id: number, pending: Pending, answer: Answer<unknown>): void {
    this.#pending.delete(id);
    pending.settle(answer);
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const { clock } = this.#options;
    const now = clock.monotonicMilliseconds();
    for (const [id, pending] of this.#pending) {
      if (pending.deadline > now) continue;
      const error = new OperatingError('deadline_passed', `${pending.to} did not answer in time`, {
        outcome: 'unknown',
      });
      this.#settle(id, pending, { ok: false, error });
    }
    if (this.#pending.size > 0) {
      this.#cancelSweep = clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
    }
  }
}

interface Registered {
  readonly anyEpoch: boolean;
  readonly parse: (body: unknown) => unknown;
  readonly run: (body: unknown, incoming: Incoming) => unknown;
}

function notSent(to: NodeId, remaining: number, full: boolean): OperatingError {
  if (remaining <= 0) return new OperatingError('deadline_passed', 'no time was left to ask');
  if (full) return new OperatingError('overloaded', 'too many requests wait for peers');
  return new OperatingError('peer_unreachable', `${to} cannot be reached`, { outcome: 'none' });
}
