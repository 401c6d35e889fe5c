/** Links in memory between whole nodes in one process. */
import type { Clock } from '../../lib/environment/clock.js';
import type {
  LinkFacts,
  Message,
  NodeId,
  PeerAddress,
  Receiver,
  Transport,
} from '../../lib/environment/transport.js';
import { decodeFrame, encodeFrame } from '../../lib/encoding/frame.js';

/** May a message pass? Asked for each; by default all may. */
type Gate = (from: NodeId, to: NodeId, message: readonly unknown[]) => boolean;

interface Turn {
  readonly receiver: Receiver | undefined;
  readonly frames: Uint8Array[];
  /** Called when the turn ends. */
  fills: (() => void)[];
}

export class LocalNetwork {
  readonly #receivers = new Map<NodeId, Receiver>();
  readonly #peers = new Map<NodeId, ReadonlySet<NodeId>>();
  readonly #lives = new Map<NodeId, number>();
  readonly #open = new Set<string>();
  /** Both sides are making up their minds. */
  readonly #greeting = new Set<string>();
  readonly #cuts = new Set<string>();
  /** What was sent in this turn, by who to whom. */
  readonly #turns = new Map<string, Turn>();
  gate: Gate = () => true;
  /** Milliseconds that a message takes; 0: it is there in the next turn. */
  delay: (from: NodeId, to: NodeId) => number = () => 0;
  /** Has the peer proven itself, and not said yet whether it takes the link? */
  awaitsVerdict: (from: NodeId, of: NodeId) => boolean = () => false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The transport of one life of a node: the next life, or a crash, leaves it without effect. */
  attach(id: NodeId): Transport {
    const life = (this.#lives.get(id) ?? 0) + 1;
    this.#lives.set(id, life);
    const alive = (): boolean => this.#lives.get(id) === life;
    return {
      start: async (receiver) => {
        if (alive()) this.#receivers.set(id, receiver);
        this.#refresh();
      },
      setPeers: (peers: readonly PeerAddress[]) => {
        if (alive()) this.#peers.set(id, new Set(peers.map((peer) => peer.id)));
        this.#refresh();
      },
      send: (to, message) => alive() && this.#send(id, to, message),
      beforeLeaving: (to, fill) => {
        if (!alive() || !this.#open.has(pairOf(id, to))) return false;
        this.#turnOf(id, to).fills.push(fill);
        return true;
      },
      isOpen: (peer) => alive() && this.#open.has(pairOf(id, peer)),
      awaitsVerdictOf: (peer) => this.awaitsVerdict(id, peer),
      drop: (peer) => {
        if (alive()) this.#close(id, peer);
        setImmediate(() => this.#refresh());
      },
      stop: async () => {
        if (alive()) this.detach(id);
      },
    };
  }

  /** The node is gone; its peers see their links close. */
  detach(id: NodeId): void {
    this.#lives.set(id, (this.#lives.get(id) ?? 0) + 1);
    this.#receivers.delete(id);
    this.#refresh();
  }

  cut(a: NodeId, b: NodeId): void {
    this.#cuts.add(pairOf(a, b));
    this.#refresh();
  }

  /** Opens what may open; also after the gate was changed. */
  heal(): void {
    this.#cuts.clear();
    this.#refresh();
  }

  #send(from: NodeId, to: NodeId, message: Message): boolean {
    if (!this.#open.has(pairOf(from, to))) return false;
    if (!this.gate(from, to, message as unknown[])) return true;
    const delay = this.delay(from, to);
    if (delay === 0) this.#deliver(from, to, message);
    else this.#clock.after(delay, () => this.#deliver(from, to, message));
    return true;
  }

  #deliver(from: NodeId, to: NodeId, message: Message): void {
    // What is sent is a copy.
    this.#turnOf(from, to).frames.push(encodeFrame([message]));
  }

  /** As real links do: the messages of one turn arrive in one. */
  #turnOf(from: NodeId, to: NodeId): Turn {
    const receiver = this.#receivers.get(to);
    const pair = `${from} ${to}`;
    const known = this.#turns.get(pair);
    if (known !== undefined && known.receiver === receiver) return known;
    const turn: Turn = { receiver, frames: [], fills: [] };
    this.#turns.set(pair, turn);
    setImmediate(() => {
      for (const fill of turn.fills) fill();
      if (this.#turns.get(pair) === turn) this.#turns.delete(pair);
      if (this.#receivers.get(to) !== receiver || !this.#open.has(pairOf(from, to))) return;
      for (const frame of turn.frames) {
        for (const one of decodeFrame(frame)) receiver?.receive(from, one);
      }
    });
    return turn;
  }

  /** Opens and closes links until they are as they should be. */
  #refresh(): void {
    for (const [a, peers] of this.#peers) {
      for (const b of peers) {
        const both = this.#receivers.has(a) && this.#receivers.has(b);
        const wanted = both && this.#peers.get(b)?.has(a) === true && !this.#cuts.has(pairOf(a, b));
        const pair = pairOf(a, b);
        if (!wanted) this.#close(a, b);
        else if (!this.#open.has(pair) && !this.#greeting.has(pair)) {
          this.#greeting.add(pair);
          void this.#greet(a, b).then((opens) => {
            this.#greeting.delete(pair);
            if (opens) this.#refresh();
          });
        }
      }
    }
  }

  /** A link opens where both sides hear each other, and neither refuses. True: look again. */
  async #greet(a: NodeId, b: NodeId): Promise<boolean> {
    if (!this.gate(a, b, ['greeting']) || !this.gate(b, a, ['greeting'])) return false;
    const [one, other] = [this.#receivers.get(a), this.#receivers.get(b)];
    if (one === undefined || other === undefined) return false;
    const ends = [
      { receiver: other, peer: a, facts: factsOf(one, a, false) },
      { receiver: one, peer: b, facts: factsOf(other, b, true) },
    ];
    for (const { receiver, peer, facts } of ends) {
      const refusal = await receiver.judge(peer, facts);
      if (refusal === undefined) continue;
      const [refused, by] = receiver === one ? [other, a] : [one, b];
      refused.linkRefused(by, refusal, { called: refused === one, remote: by });
      return false;
    }
    if (this.#receivers.get(a) !== one || this.#receivers.get(b) !== other) return true;
    if (this.#cuts.has(pairOf(a, b)) || this.#open.has(pairOf(a, b))) return true;
    this.#open.add(pairOf(a, b));
    for (const { receiver, peer, facts } of ends) receiver.linkOpened(peer, facts);
    return true;
  }

  #close(a: NodeId, b: NodeId): void {
    if (!this.#open.delete(pairOf(a, b))) return;
    for (const pair of [`${a} ${b}`, `${b} ${a}`]) {
      const turn = this.#turns.get(pair);
      if (turn !== undefined) turn.fills = [];
    }
    this.#receivers.get(a)?.linkClosed(b);
    this.#receivers.get(b)?.linkClosed(a);
  }
}

function factsOf(receiver: Receiver, id: NodeId, called: boolean): LinkFacts {
  return { ...receiver.introduce(), remote: id, called, version: 1 };
}

function pairOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
