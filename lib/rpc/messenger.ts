/** Asking peers: requests with deadlines over the transport, and the handlers that answer. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { Message, NodeId, Transport } from '../environment/transport.js';
import { corruptLayout } from '../encoding/layout.js';
import { assert, OperatingError } from '../errors.js';
import { ExecutedRequests } from './executed-requests.js';
import { isHot } from './hot-messages.js';
import { HotMessenger } from './hot-messenger.js';
import { isLayout, type LayoutType } from './layout-type.js';
import { type MembershipCheck, NO_CHECK } from './membership-check.js';
import type { MessageHandler, Incoming, MessageType, Registered } from './message.js';
import { refusalOf } from './refusal.js';
import type { ReplicaMessenger, ReplicaMessengerOptions } from './replica-messenger.js';
import { type PeerAnswer, type Slot, Slots } from './slots.js';
import {
  parseMessage,
  type RequestMessage,
  refusalMessage,
  replyMessage,
  requestMessage,
} from './wire.js';

/** A folder declares what it says by a schema, or where it says it very often by a layout. */
type AnyMessageType<Request, Reply> = MessageType<Request, Reply> | LayoutType<Request, Reply>;

export interface MessengerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Requests that may wait for one peer: one that hangs must not use up the room of the others. */
  readonly pendingMax: number;
  readonly random: Random;
}

export class Messenger {
  readonly #options: MessengerOptions;
  readonly #handlers = new Map<string, Registered>();
  readonly #slots: Slots;
  readonly #replyListeners = new Map<string, (peer: NodeId, reply: unknown) => void>();
  readonly #linkListeners: ((peer: NodeId, open: boolean) => void)[] = [];
  #onAnswer: (peer: NodeId) => void = () => undefined;
  #onNumbers: ReplicaMessengerOptions['onNumbers'] = () => undefined;
  #check: MembershipCheck = NO_CHECK;
  readonly #executed = new ExecutedRequests();
  readonly #hot: HotMessenger;

  constructor(options: MessengerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.clock, options.random, options.pendingMax);
    this.#hot = new HotMessenger({
      ...{ ...options, slots: this.#slots, executed: this.#executed },
      check: () => this.#check,
      onAnswer: (peer) => this.#onAnswer(peer),
      onNumbers: (peer, numbers) => this.#onNumbers(peer, numbers),
    });
  }

  /** Reads and copies of keys, which each request of a client needs. */
  get replicas(): ReplicaMessenger {
    return this.#hot.replicas;
  }

  handle<Request, Reply>(
    type: AnyMessageType<Request, Reply>,
    handler: MessageHandler<Request, Reply>,
    { anyEpoch = false, once = false }: Partial<Pick<Registered, 'anyEpoch' | 'once'>> = {},
  ): void {
    if (isLayout(type)) {
      assert(!anyEpoch, 'what has a fixed layout is of the founded ring');
      this.#hot.layouts.handle(type, handler, { once });
      return;
    }
    assert(!this.#handlers.has(type.name), `one handler for ${type.name}`);
    this.#handlers.set(type.name, {
      anyEpoch,
      once,
      parse: (body) => type.request.parse(body),
      run: (body, incoming) => handler(body as Request, incoming),
    });
  }

  /** Set by membership; until then messages carry epoch 0. */
  setMembershipCheck(check: MembershipCheck): void {
    this.#check = check;
  }

  /** Called for every answer in time: what was asked and what came back have both arrived. */
  onAnswer(listener: (peer: NodeId) => void): void {
    this.#onAnswer = listener;
  }

  /** Called with what peers have durable, as they say with their acknowledgements of copies. */
  onNumbers(listener: ReplicaMessengerOptions['onNumbers']): void {
    this.#onNumbers = listener;
  }

  /** Called for every reply of this type that came in time. */
  onReply<Request, Reply>(
    type: AnyMessageType<Request, Reply>,
    listener: (peer: NodeId, reply: Reply) => void,
  ): void {
    if (isLayout(type)) this.#hot.layouts.onReply(type, listener);
    else this.#replyListeners.set(type.name, listener as (peer: NodeId, reply: unknown) => void);
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
    type: AnyMessageType<Request, Reply>,
    body: Request,
    deadline: number,
    settle: (answer: PeerAnswer<Reply>) => void,
  ): void {
    if (isLayout(type)) {
      this.#hot.layouts.ask(to, type, body, deadline, settle);
      return;
    }
    this.#slots.ask({ to, deadline, awaits: type, settle }, ({ id, leftMilliseconds }) => {
      const { epoch, settingsHash } = this.#check;
      const head = { id, name: type.name, epoch, settingsHash };
      const remainingMilliseconds = leftMilliseconds;
      const message = requestMessage({ ...head, remainingMilliseconds, body });
      return this.#options.transport.send(to, message);
    });
  }

  /**
   * The same where nobody waits for an answer: none is sent, and whether it arrives is not known.
   */
  notify<Request>(
    to: NodeId,
    type: LayoutType<Request, unknown>,
    body: Request,
    deadline: number,
  ): void {
    const left = deadline - this.#options.clock.monotonicMilliseconds();
    this.#hot.layouts.notify(to, type, body, left);
  }

  /** As a promise, where one more does not matter. Rejects with the error. */
  request<Request, Reply>(
    to: NodeId,
    type: MessageType<Request, Reply>,
    body: Request,
    deadline: number,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.ask(to, type, body, deadline, (answer) => {
        if (answer.ok) resolve(answer.reply);
        else reject(answer.error);
      });
    });
  }

  /** A bad message throws, and the transport closes the link. */
  receive(from: NodeId, message: Message): void {
    if (isHot(message)) {
      this.#hot.receive(from, message);
      return;
    }
    const parsed = parseMessage(message);
    if (parsed.kind === 'request') {
      this.#receiveRequest(from, parsed);
      return;
    }
    const slot = this.#slots.findById(from, parsed.id);
    // An answer after the deadline, or one of an earlier life of this node: nobody waits for it.
    if (slot === undefined) return;
    this.#onAnswer(from);
    if (parsed.kind === 'reply') {
      const { name, reply: schema } = replyTypeOf(slot);
      const reply = schema.parse(parsed.body);
      this.#replyListeners.get(name)?.(from, reply);
      this.#slots.settle(slot, { ok: true, reply });
    } else {
      this.#slots.settle(slot, { ok: false, error: parsed.error });
    }
  }

  linkOpened(peer: NodeId): void {
    for (const listener of this.#linkListeners) listener(peer, true);
  }

  /** What was asked on the link may have been done. */
  linkClosed(peer: NodeId): void {
    for (const listener of this.#linkListeners) listener(peer, false);
    const message = `the link to ${peer} closed`;
    const error = new OperatingError('peer_unreachable', message, { outcome: 'unknown' });
    this.#hot.linkClosed(peer);
    this.#slots.fail(error, peer);
  }

  stop(): void {
    const message = 'this node is stopping';
    this.#slots.fail(new OperatingError('not_ready', message, { outcome: 'unknown' }));
  }

  #receiveRequest(from: NodeId, message: RequestMessage): void {
    const { id, name, epoch, settingsHash, remainingMilliseconds, body } = message;
    const handler = this.#handlers.get(name);
    if (handler === undefined) {
      this.#refuse(from, id, new OperatingError('not_implemented', `no message ${name}`));
      return;
    }
    const request = handler.parse(body);
    if (handler.once && !this.#executed.note(from, id)) return;
    const deadline = this.#options.clock.monotonicMilliseconds() + remainingMilliseconds;
    const incoming = { from, deadline };
    const check = this.#check;
    const alike = epoch === check.epoch && settingsHash === check.settingsHash;
    if (alike && check.isVerified(from)) this.#serve(message, handler, request, incoming);
    else if (handler.anyEpoch) {
      this.#serve(message, handler, request, incoming);
      check.notice(from, epoch, settingsHash);
    } else {
      const serve = (): void => this.#serve(message, handler, request, incoming);
      const refuse = (error: unknown): void => this.#refuse(from, id, error);
      check.reconcile(from, epoch, settingsHash).then(serve, refuse);
    }
  }

  #serve(
    { id, name }: RequestMessage,
    handler: Registered,
    request: unknown,
    incoming: Incoming,
  ): void {
    const { clock, observer } = this.#options;
    const { from, deadline } = incoming;
    if (clock.monotonicMilliseconds() >= deadline) {
      observer.count('quorate_late_messages_total', { type: name });
      return;
    }
    try {
      const reply = handler.run(request, incoming);
      if (reply instanceof Promise) {
        reply.then(
          (later: unknown) => this.#answer(from, id, name, later),
          (error: unknown) => this.#refuse(from, id, error),
        );
      } else this.#answer(from, id, name, reply);
    } catch (error) {
      this.#refuse(from, id, error);
    }
  }

  /** Never throws. */
  #answer(to: NodeId, id: number, name: string, reply: unknown): void {
    const { observer, transport } = this.#options;
    try {
      observer.count('quorate_peer_messages_total', { type: name, result: 'ok' });
      if (transport.send(to, replyMessage(id, reply))) return;
      // Too long for a frame, or for what waits already: it was done, and the peer need not wait.
      const message = 'the answer is too long to be sent now';
      this.#refuse(to, id, new OperatingError('overloaded', message, { outcome: 'unknown' }));
    } catch (error) {
      this.#refuse(to, id, error);
    }
  }

  #refuse(to: NodeId, id: number, error: unknown): void {
    const { observer, transport } = this.#options;
    transport.send(to, refusalMessage(id, refusalOf(error, observer)));
  }
}

/** @throws OperatingError `corrupt_bytes` where an answer of fixed layout is waited for */
function replyTypeOf({ awaits }: Slot): Pick<MessageType<unknown, unknown>, 'name' | 'reply'> {
  if (typeof awaits !== 'object' || isLayout(awaits)) throw corruptLayout();
  return awaits as MessageType<unknown, unknown>;
}
