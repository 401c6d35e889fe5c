/** Reads and copies between two nodes: each item has its own answer, refusal and deadline. */
import t from 'tap';
import { LARGE_BYTES } from '../../../lib/encoding/large.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import { OperatingError } from '../../../lib/errors.js';
import { decodeReads } from '../../../lib/rpc/hot-layout.js';
import {
  type CopyReply,
  type CopyRequest,
  HOT,
  type HotMessage,
  type ReadReply,
} from '../../../lib/rpc/hot-messages.js';
import type { MembershipCheck } from '../../../lib/rpc/membership-check.js';
import { Messenger } from '../../../lib/rpc/messenger.js';
import type { ReplicaHandlers } from '../../../lib/rpc/replica-answers.js';
import type { PeerAnswer } from '../../../lib/rpc/slots.js';
import { CountingObserver, ManualClock, SeededRandom, turn } from '../fakes.js';
import { FakeTransport } from './fake-transport.js';
import { nameOfHot } from '../wire-names.js';

/** What one end sends, until the test hands it on. */
class Wire extends FakeTransport {
  readonly sent: HotMessage[] = [];
  room = Number.POSITIVE_INFINITY;

  send(_to: NodeId, message: unknown): boolean {
    const bytes = (message as HotMessage)[1].length;
    if (!this.open || bytes > this.room) return false;
    this.sent.push(message as HotMessage);
    return true;
  }

  /** The turn ends. */
  leave(): HotMessage[] {
    this.endTurn();
    return this.sent.splice(0);
  }
}

const CHECK: MembershipCheck = {
  ...{ epoch: 1, settingsHash: 7, isVerified: () => true, notice: () => undefined },
  reconcile: () => Promise.resolve(),
};

function endOf(handlers: Partial<ReplicaHandlers> = {}, pendingMax = 1_000) {
  const [wire, clock, observer] = [new Wire(), new ManualClock(), new CountingObserver()];
  const random = new SeededRandom(1);
  const messenger = new Messenger({ transport: wire, clock, observer, pendingMax, random });
  messenger.setMembershipCheck(CHECK);
  const numbers: unknown[] = [];
  messenger.onNumbers((peer, number) => numbers.push([peer, number]));
  messenger.replicas.serve({
    read: ({ key }) => shown(key),
    copies: (requests, settle) => {
      for (const [place, { key }] of requests.entries()) settle(place, stored(key));
    },
    commitNumber: () => 9,
    ...handlers,
  });
  const replicas = messenger.replicas;
  const read = (key: string, deadline = 1_000): PeerAnswer<ReadReply>[] => {
    const answers: PeerAnswer<ReadReply>[] = [];
    const request = { namespace: 'n', key, want: 'full', atLeast: 'held' } as const;
    const floor = Buffer.alloc(0);
    replicas.read('b', { ...request, floor }, deadline, (answer) => answers.push(answer));
    return answers;
  };
  const copy = (key: string, record: Uint8Array = Buffer.from(key)): PeerAnswer<CopyReply>[] => {
    const answers: PeerAnswer<CopyReply>[] = [];
    const audit = Buffer.alloc(0);
    const request = { namespace: 'n', key, durability: 'sync', record, audit, blind: '' } as const;
    replicas.copy('b', request, 1_000, (answer) => answers.push(answer));
    return answers;
  };
  return { messenger, wire, clock, observer, numbers, read, copy };
}

const shown = (key: string): ReadReply => ({
  ...{ start: 3, lost: undefined, fingerprint: `of ${key}`, record: Buffer.from(key) },
  missing: Buffer.alloc(0),
});
/** Each copy has its own report. */
const stored = (key: string): CopyReply => ({
  ...{ start: 3, fate: undefined, lost: [[key, 1]], report: Buffer.from(key) },
});
const FULL = new OperatingError('overloaded', 'full');

type End = ReturnType<typeof endOf>;

/** One way: from `a`, which asks, to `b`; or back. */
function carry(from: End, to: End, peer: 'a' | 'b'): string[] {
  const messages = from.wire.leave();
  for (const message of messages) to.messenger.receive(peer, message);
  return messages.map((message) => nameOfHot(message) ?? 'other');
}

const codeOf = ([answer]: PeerAnswer<unknown>[]): string | undefined =>
  answer?.ok === false ? `${answer.error.code} ${answer.error.outcome}` : undefined;

t.test('what is asked in one turn is one message a kind, and so are the answers', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
  const reads = keys.map((key) => a.read(key));
  const copies = keys.map((key) => a.copy(key));
  t.strictSame(carry(a, b, 'a'), ['coordination.read', 'coordination.write']);
  t.strictSame(carry(b, a, 'b'), ['shown', 'stored']);
  for (const [n, key] of keys.entries()) {
    t.match(reads[n], [{ ok: true, reply: shown(key) }], 'each has its own answer');
    t.match(copies[n], [{ ok: true, reply: stored(key) }], 'each has its own report');
  }
  t.strictSame(a.numbers, [['b', { start: 3, commit: 9 }]]);
  t.strictSame(b.observer.counts.get('quorate_peer_messages_total coordination.write ok'), 20);
});

t.test('one refused item fails none of its neighbours', async (t) => {
  let finish: () => void = () => undefined;
  const b = endOf({
    read: ({ key }) => {
      if (key === 'bad') throw FULL;
      return Promise.resolve(shown(key));
    },
    // The others are on their way to the disk when one is refused.
    copies: (requests, settle) => {
      settle(1, FULL);
      finish = () => {
        for (const place of [0, 2]) settle(place, stored(requests[place]?.key ?? ''));
      };
    },
  });
  const a = endOf();
  const keys = ['one', 'bad', 'two'];
  const [reads, copies] = [keys.map((key) => a.read(key)), keys.map((key) => a.copy(key))];
  carry(a, b, 'a');
  t.strictSame(carry(b, a, 'b'), ['refused']);
  await turn();
  finish();
  t.strictSame(carry(b, a, 'b'), ['shown', 'stored']);
  const expected = [undefined, 'overloaded none', undefined];
  t.strictSame(reads.map(codeOf), expected);
  t.strictSame(copies.map(codeOf), expected);
  t.match(reads[2], [{ reply: shown('two') }]);
  t.match(copies[2], [{ reply: stored('two') }]);
});

t.test(
  'all copies of a message are handed over at once; answers come when they come',
  async (t) => {
    const calls: { requests: readonly CopyRequest[]; settle: (place: number) => void }[] = [];
    const b = endOf({
      copies: (requests, settle) => {
        const done = (place: number): void => settle(place, stored(requests[place]?.key ?? ''));
        calls.push({ requests, settle: done });
      },
    });
    const a = endOf();
    const answers = ['one', 'two'].map((key) => a.copy(key));
    carry(a, b, 'a');
    t.strictSame(
      calls.map(({ requests }) => requests.map(({ key, record }) => [key, String(record)])),
      [
        [
          ['one', 'one'],
          ['two', 'two'],
        ],
      ],
    );
    calls[0]?.settle(1);
    carry(b, a, 'b');
    t.strictSame(
      answers.map((list) => list.length),
      [0, 1],
    );
    calls[0]?.settle(0);
    carry(b, a, 'b');
    t.match(answers, [[{ reply: stored('one') }], [{ reply: stored('two') }]]);
  },
);

t.test('an answer to an earlier use of a slot is dropped', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const late = a.copy('late');
  carry(a, b, 'a');
  const answer = b.wire.leave();
  await a.clock.advance(1_100);
  t.equal(codeOf(late), 'deadline_passed unknown');
  const next = a.copy('next');
  for (const message of answer) a.messenger.receive('b', message);
  t.strictSame(next, [], 'the slot is another request by now');
  t.strictSame(a.numbers, [], 'it may be an answer to an earlier life');
  t.equal(late.length, 1);
});

t.test('whoever was not asked cannot answer, and an answer of another kind is bad', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const [read, copy] = [a.read('k'), a.copy('k')];
  carry(a, b, 'a');
  const [shownMessage, storedMessage] = b.wire.leave() as [HotMessage, HotMessage];
  for (const message of [shownMessage, storedMessage]) a.messenger.receive('c', message);
  t.strictSame([read, copy], [[], []]);
  const { items } = { items: Buffer.from(shownMessage[1]) };
  // The slot of the copy, in an answer to a read.
  items.writeUInt32LE(1, 8);
  t.throws(() => a.messenger.receive('b', [HOT.shown, items]), { code: 'corrupt_bytes' });
  t.strictSame([read, copy], [[], []]);
  const rare: unknown = [1, 2 ** 20 * Buffer.from(shownMessage[1]).readUInt32LE(12), {}];
  t.throws(() => a.messenger.receive('b', rare), { code: 'corrupt_bytes' });
  for (const message of [shownMessage, storedMessage]) a.messenger.receive('b', message);
  t.strictSame([read.length, copy.length], [1, 1]);
});

t.test('a link that closes fails what waits for it, also what has not left', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const asked = a.copy('asked');
  carry(a, b, 'a');
  const waiting = [a.copy('waiting'), a.read('waiting')];
  a.messenger.linkClosed('b');
  for (const answers of [asked, ...waiting]) {
    t.equal(codeOf(answers), 'peer_unreachable unknown');
  }
  const fresh = a.copy('fresh');
  const messages = a.wire.leave();
  t.equal(messages.length, 1, 'nothing stale leaves on the next link');
  b.wire.leave();
  for (const message of messages) b.messenger.receive('a', message);
  carry(b, a, 'b');
  t.match(fresh, [{ reply: stored('fresh') }]);
});

t.test('what cannot leave has done nothing, and the asker hears of it', async (t) => {
  const a = endOf({}, 2);
  a.wire.open = false;
  const away = a.copy('away');
  t.strictSame(away, [], 'not before the call has returned');
  await turn();
  t.equal(codeOf(away), 'peer_unreachable none');
  a.wire.open = true;
  const late = a.read('late', 0);
  const [one, two] = [a.copy('one'), a.copy('two')];
  const over = a.copy('too many');
  await turn();
  t.equal(codeOf(late), 'deadline_passed none');
  t.equal(codeOf(over), 'overloaded none');
  a.wire.room = 0;
  t.strictSame(a.wire.leave(), []);
  t.strictSame([one, two].map(codeOf), ['overloaded none', 'overloaded none']);
  t.equal(a.clock.waiting, 1);
  await a.clock.advance(50);
  t.equal(a.clock.waiting, 0, 'nobody waits');
});

t.test('an answer that cannot leave is refused, since it was done', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const answers = [a.read('r'.repeat(900)), a.copy('k')];
  carry(a, b, 'a');
  b.wire.room = 200;
  t.strictSame(carry(b, a, 'b'), ['stored', 'refused']);
  t.strictSame(answers.map(codeOf), ['overloaded unknown', undefined]);
});

t.test('large records travel beside their items, both ways', async (t) => {
  const large = Buffer.alloc(LARGE_BYTES, 'l');
  const [a, b] = [endOf(), endOf({ read: () => ({ ...shown('k'), record: large }) })];
  const copied: CopyRequest[] = [];
  const c = endOf({ copies: (requests) => copied.push(...requests) });
  const read = a.read('k');
  carry(a, b, 'a');
  carry(b, a, 'b');
  t.match(read, [{ ok: true, reply: { record: large } }]);
  a.copy('k', large);
  carry(a, c, 'a');
  t.equal(copied[0]?.record, large);
});

t.test(
  'a sender that differs, or was not met, is reconciled with before it is served',
  async (t) => {
    for (const differs of [{ epoch: 2 }, { settingsHash: 8 }, { isVerified: () => false }]) {
      const senders: unknown[] = [];
      let refusal: OperatingError | undefined;
      const reconcile = (...sender: unknown[]): Promise<void> => {
        senders.push(sender);
        return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
      };
      const [a, b] = [endOf(), endOf()];
      b.messenger.setMembershipCheck({ ...CHECK, ...differs, reconcile });
      const [read, copy] = [a.read('k'), a.copy('k')];
      carry(a, b, 'a');
      t.strictSame(b.wire.leave(), [], 'not served before');
      await turn();
      carry(b, a, 'b');
      t.match([read, copy], [[{ ok: true }], [{ ok: true }]]);
      t.strictSame(senders, [
        ['a', 1, 7],
        ['a', 1, 7],
      ]);
      refusal = new OperatingError('wrong_epoch', 'no');
      const refused = [a.read('k'), a.copy('k')];
      carry(a, b, 'a');
      await turn();
      carry(b, a, 'b');
      t.strictSame(refused.map(codeOf), ['wrong_epoch none', 'wrong_epoch none']);
    }
  },
);

t.test('late work is not begun; what has time is, beside it', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const reconcile = async (): Promise<void> => b.clock.advance(500);
  b.messenger.setMembershipCheck({ ...CHECK, epoch: 2, reconcile });
  const [short, long] = [a.read('short', 400), a.read('long', 900)];
  carry(a, b, 'a');
  for (let n = 0; n < 5; n += 1) await turn();
  carry(b, a, 'b');
  t.strictSame([short.length, long.length], [0, 1]);
  t.equal(b.observer.counts.get('quorate_late_messages_total coordination.read'), 1);
});

t.test('of a bad message nothing is served', async (t) => {
  const b = endOf({
    copies: () => t.fail('a bad message was served'),
    read: () => {
      throw new Error('a bad message was served');
    },
  });
  const a = endOf();
  for (let n = 0; n < 3; n += 1) {
    a.read(`k${n}`);
    a.copy(`k${n}`);
  }
  for (const [kind, items] of a.wire.leave()) {
    const cut = items.subarray(0, items.length - 1);
    t.throws(() => b.messenger.receive('a', [kind, cut]), { code: 'corrupt_bytes' });
  }
  t.strictSame(b.wire.leave(), []);
});

t.test('a node that serves no replicas says so; a bug in a handler is internal', async (t) => {
  const a = endOf();
  const options = { clock: new ManualClock(), observer: new CountingObserver(), pendingMax: 9 };
  const wire = new Wire();
  const bare = new Messenger({ ...options, transport: wire, random: new SeededRandom(2) });
  bare.setMembershipCheck(CHECK);
  const answers = [a.read('k'), a.copy('k')];
  for (const message of a.wire.leave()) bare.receive('a', message);
  for (const message of wire.leave()) a.messenger.receive('b', message);
  t.strictSame(answers.map(codeOf), ['not_implemented none', 'not_implemented none']);
  const broken = endOf({ read: () => Promise.reject(new TypeError('secret detail')) });
  const failed = a.read('k');
  carry(a, broken, 'a');
  await turn();
  carry(broken, a, 'b');
  t.equal(codeOf(failed), 'internal unknown');
  t.notMatch(failed, [{ error: { message: /secret/ } }]);
  t.throws(() => a.messenger.replicas.serve({} as never), /one part/);
});

t.test('the deadline of each request travels with its item', async (t) => {
  const a = endOf();
  a.read('one', 10);
  a.read('two', 20.5);
  const [message] = a.wire.leave();
  if (message === undefined) throw new Error('they have left');
  const left = decodeReads(message).items.map(({ leftMilliseconds }) => leftMilliseconds);
  t.strictSame(left, [10, 20.5]);
});
