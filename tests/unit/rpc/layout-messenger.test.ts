/** Messages of declared layouts: many in one, each with its own answer, refusal and deadline. */
import t from 'tap';
import type { LayoutReader, LayoutWriter } from '../../../lib/encoding/layout.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import { OperatingError } from '../../../lib/errors.js';
import { HOT, type HotMessage } from '../../../lib/rpc/hot-messages.js';
import { layoutType } from '../../../lib/rpc/layout-type.js';
import type { MembershipCheck } from '../../../lib/rpc/membership-check.js';
import { Messenger } from '../../../lib/rpc/messenger.js';
import type { PeerAnswer } from '../../../lib/rpc/slots.js';
import { replyMessage } from '../../../lib/rpc/wire.js';
import { CountingObserver, ManualClock, SeededRandom, turn } from '../fakes.js';
import { FakeTransport } from './fake-transport.js';

const TEXT = {
  write: (writer: LayoutWriter, text: string) => {
    if (text === 'cannot be written') throw new Error('not written');
    writer.u8(1);
    writer.bytes(Buffer.from(text));
  },
  read: (reader: LayoutReader) => {
    reader.u8(1);
    return Buffer.from(reader.bytesToKeep()).toString();
  },
};
const LAYOUTS = { request: TEXT, reply: TEXT };
const ECHO = layoutType<string, string>('test.echo', 200, LAYOUTS, true);
const OTHER = layoutType<string, string>('test.other', 201, LAYOUTS);
const NOTHING = Buffer.alloc(0);
const FULL = new OperatingError('overloaded', 'full');

/** What one end sends, until the test hands it on. */
class Wire extends FakeTransport {
  readonly sent: HotMessage[] = [];
  room = Number.POSITIVE_INFINITY;

  send(_to: NodeId, message: unknown): boolean {
    if (!this.open || (message as HotMessage)[1].length > this.room) return false;
    this.sent.push(message as HotMessage);
    return true;
  }

  leave(): HotMessage[] {
    this.endTurn();
    return this.sent.splice(0);
  }
}

function checkOf(changed: Partial<MembershipCheck> = {}): MembershipCheck {
  return {
    ...{ epoch: 1, settingsHash: 7, isVerified: () => true, notice: () => undefined },
    reconcile: () => Promise.resolve(),
    ...changed,
  };
}

type Answer = string | Promise<string>;

function endOf(answerTo: (text: string) => Answer = (text) => `of ${text}`, once = false) {
  const [wire, clock, observer] = [new Wire(), new ManualClock(), new CountingObserver()];
  const random = new SeededRandom(1);
  const messenger = new Messenger({ transport: wire, clock, observer, pendingMax: 100, random });
  messenger.setMembershipCheck(checkOf());
  const served: string[] = [];
  const serve = (text: string): Answer => {
    served.push(text);
    return answerTo(text);
  };
  messenger.handle(ECHO, serve, { once });
  messenger.handle(OTHER, (text) => `other ${text}`);
  const ask = (text: string, type = ECHO, deadline = 1000): PeerAnswer<string>[] => {
    const answers: PeerAnswer<string>[] = [];
    messenger.ask('b', type, text, deadline, (answer) => answers.push(answer));
    return answers;
  };
  return { messenger, wire, clock, observer, served, ask };
}

type End = ReturnType<typeof endOf>;

function carry(from: End, to: End, peer: 'a' | 'b'): HotMessage[] {
  const messages = from.wire.leave();
  for (const message of messages) to.messenger.receive(peer, message);
  return messages;
}

const kindsOf = (messages: readonly HotMessage[]) => messages.map(([kind, [type]]) => [kind, type]);
const codeOf = ([answer]: PeerAnswer<unknown>[]): string | undefined =>
  answer?.ok === false ? `${answer.error.code} ${answer.error.outcome}` : undefined;

t.test('what is asked in one turn is one message a type, and so are the answers', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const texts = Array.from({ length: 20 }, (_, n) => `k${n}`);
  const asked = texts.map((text) => a.ask(text));
  const others = texts.map((text) => a.ask(text, OTHER));
  t.strictSame(kindsOf(carry(a, b, 'a')), [
    [HOT.asked, 200],
    [HOT.asked, 201],
  ]);
  t.strictSame(b.served, texts, 'in order');
  t.strictSame(kindsOf(carry(b, a, 'b')), [
    [HOT.answered, 200],
    [HOT.answered, 201],
  ]);
  for (const [n, text] of texts.entries()) {
    t.strictSame(asked[n], [{ ok: true, reply: `of ${text}` }]);
    t.strictSame(others[n], [{ ok: true, reply: `other ${text}` }]);
  }
  t.equal(b.observer.counts.get('quorate_peer_messages_total test.echo ok'), 20);
});

t.test(
  'whoever listens to the answers of a type hears those in time, before who asked',
  async (t) => {
    const [a, b] = [endOf(), endOf((text) => (text === 'bad' ? Promise.reject(FULL) : text))];
    const heard: string[] = [];
    a.messenger.onReply(ECHO, (peer, reply) => heard.push(`${peer} said ${reply}`));
    a.messenger.ask('b', ECHO, 'x', 1000, () => heard.push('settled'));
    for (const text of ['y', 'bad']) a.ask(text);
    a.ask('other', OTHER);
    const late = a.ask('late', ECHO, 30);
    carry(a, b, 'a');
    await turn();
    await a.clock.advance(60);
    t.equal(codeOf(late), 'deadline_passed unknown');
    carry(b, a, 'b');
    t.strictSame(heard, ['b said x', 'settled', 'b said y']);
  },
);

t.test('one refused item fails none of its neighbours', async (t) => {
  const b = endOf((text) => {
    if (text === 'bad') throw FULL;
    if (text === 'late') return Promise.reject(FULL);
    return text;
  });
  const a = endOf();
  const asked = ['x', 'bad', 'late', 'cannot be read', 'y'].map((text) => a.ask(text));
  carry(a, b, 'a');
  await turn();
  carry(b, a, 'b');
  t.strictSame(asked.map(codeOf), [
    undefined,
    'overloaded none',
    'overloaded none',
    undefined,
    undefined,
  ]);
});

t.test('an answer that cannot be written is a refusal, and the others arrive whole', async (t) => {
  const [a, b] = [endOf(), endOf((text) => (text === 'odd' ? 'cannot be written' : text))];
  const asked = ['x', 'odd', 'y'].map((text) => a.ask(text));
  carry(a, b, 'a');
  await turn();
  carry(b, a, 'b');
  t.strictSame(asked.map(codeOf), [undefined, 'internal unknown', undefined]);
  t.strictSame(asked[2], [{ ok: true, reply: 'y' }]);
});

t.test('a notification is served and not answered, also where it is refused', async (t) => {
  for (const answerTo of [
    () => 'done',
    () => Promise.resolve('done'),
    () => Promise.reject(FULL),
  ]) {
    const [a, b] = [endOf(), endOf(answerTo)];
    a.messenger.notify('b', ECHO, 'x', 1000);
    a.messenger.notify('b', ECHO, 'x', 1000);
    carry(a, b, 'a');
    await turn();
    t.strictSame(b.served, ['x', 'x']);
    t.strictSame(b.wire.leave(), []);
    a.messenger.notify('b', OTHER, 'y', 1000);
    t.throws(() => carry(a, b, 'a'), { code: 'corrupt_bytes' }, 'it must be asked');
  }
});

t.test(
  'a notification that finds no room is lost alone; what is asked beside it is refused',
  async (t) => {
    const [a, b] = [endOf(), endOf()];
    a.wire.room = 5;
    a.messenger.notify('b', ECHO, 'x', 1000);
    const crowded = a.ask('y');
    a.messenger.notify('b', ECHO, 'z', 1000);
    t.strictSame(carry(a, b, 'a'), []);
    t.equal(codeOf(crowded), 'overloaded none');
    a.wire.room = 1000;
    a.messenger.notify('b', ECHO, 'later', 1000);
    carry(a, b, 'a');
    t.strictSame(b.served, ['later']);
    a.wire.open = false;
    a.messenger.notify('b', ECHO, 'nobody', 1000);
    t.strictSame(a.wire.leave(), []);
  },
);

t.test('what is to be served once is, though the transport repeats it', async (t) => {
  for (const once of [true, false]) {
    const [a, b] = [endOf(), endOf(undefined, once)];
    const asked = a.ask('x');
    const [message] = a.wire.leave();
    for (let times = 0; times < 3; times += 1) b.messenger.receive('a', message);
    t.equal(b.served.length, once ? 1 : 3);
    carry(b, a, 'b');
    t.equal(asked.length, 1, 'and it is settled once');
  }
});

t.test('what was refused unserved is not served when it is repeated', async (t) => {
  const [a, b] = [endOf(), endOf(undefined, true)];
  const reconcile = () => Promise.reject(FULL);
  b.messenger.setMembershipCheck(checkOf({ epoch: 2, reconcile }));
  const asked = a.ask('x');
  const [message] = a.wire.leave();
  b.messenger.receive('a', message);
  await turn();
  carry(b, a, 'b');
  t.equal(codeOf(asked), 'overloaded none');
  b.messenger.setMembershipCheck(checkOf());
  b.messenger.receive('a', message);
  t.strictSame(b.served, [], 'whoever asked was told that nothing is done');
});

t.test('late work is not begun; a peer that differs is reconciled with first', async (t) => {
  const [a, b] = [endOf(), endOf()];
  let reconciled: () => void = () => undefined;
  const reconcile = () => new Promise<void>((resolve) => (reconciled = resolve));
  b.messenger.setMembershipCheck(checkOf({ epoch: 2, reconcile }));
  a.ask('short', ECHO, 10);
  const long = a.ask('long', ECHO, 1000);
  carry(a, b, 'a');
  t.strictSame(b.served, []);
  await b.clock.advance(20);
  reconciled();
  await turn();
  t.strictSame(b.served, ['long']);
  carry(b, a, 'b');
  t.match(long, [{ ok: true }]);
});

t.test('no room, no link, too many, no time: each is reported', async (t) => {
  const a = endOf();
  a.wire.room = 5;
  const crowded = [a.ask('x'), a.ask('y')];
  a.wire.leave();
  t.strictSame(crowded.map(codeOf), ['overloaded none', 'overloaded none']);
  a.wire.open = false;
  const unlinked = a.ask('x');
  await turn();
  t.equal(codeOf(unlinked), 'peer_unreachable none');
  a.wire.open = true;
  const late = a.ask('x', ECHO, 0);
  await turn();
  t.equal(codeOf(late), 'deadline_passed none');
  const many = Array.from({ length: 101 }, () => a.ask('x'));
  await turn();
  t.equal(codeOf(many[100] ?? []), 'overloaded none');
  const [c, d] = [endOf(), endOf(() => 'y'.repeat(1000))];
  const asked = c.ask('x');
  carry(c, d, 'a');
  d.wire.room = 300;
  carry(d, c, 'b');
  t.equal(codeOf(asked), 'overloaded unknown', 'it was done, and its answer is too long');
});

t.test('an answer of another kind, or an unknown type, is a bad message', async (t) => {
  const [a, b] = [endOf(), endOf()];
  a.ask('x');
  carry(a, b, 'a');
  const [[kind, items]] = b.wire.leave() as [HotMessage];
  const other = Buffer.from(items);
  const id = other.readUInt32LE(1) + other.readUInt32LE(5) * 2 ** 20;
  other[0] = 201;
  t.throws(() => a.messenger.receive('b', [kind, other]), { code: 'corrupt_bytes' });
  other[0] = 202;
  t.throws(() => a.messenger.receive('b', [kind, other]), { code: 'corrupt_bytes' });
  t.throws(() => b.messenger.receive('a', [HOT.asked, other]), { code: 'corrupt_bytes' });
  t.throws(() => a.messenger.receive('b', replyMessage(id, 'x')), { code: 'corrupt_bytes' });
  t.throws(() => b.messenger.handle(ECHO, () => ''), /one handler/);
});

t.test('of a bad message of answers none counts', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const asked = [a.ask('x'), a.ask('y', OTHER)];
  carry(a, b, 'a');
  const [mine, other] = b.wire.leave().map(([, items]) => Buffer.from(items));
  // The answer to the second as one of the type of the first, behind that.
  const both = Buffer.concat([mine ?? NOTHING, (other ?? NOTHING).subarray(1)]);
  t.throws(() => a.messenger.receive('b', [HOT.answered, both]), { code: 'corrupt_bytes' });
  t.strictSame(asked, [[], []]);
});

t.test('what cannot be written is not asked, and leaves no slot taken', async (t) => {
  const a = endOf();
  for (let times = 0; times < 200; times += 1) {
    t.throws(() => a.ask('cannot be written'), /not written/);
  }
  const b = endOf();
  const asked = a.ask('x');
  carry(a, b, 'a');
  carry(b, a, 'b');
  t.match(asked, [{ ok: true }]);
});

t.test('who asks again when the link has no room is not forgotten', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const again: PeerAnswer<string>[] = [];
  a.ask('first');
  a.wire.leave();
  a.wire.room = 5;
  a.messenger.ask('b', OTHER, 'x', 1000, () => {
    a.wire.room = 1000;
    a.messenger.ask('b', ECHO, 'y', 1000, (answer) => again.push(answer));
  });
  a.wire.leave();
  carry(a, b, 'a');
  carry(b, a, 'b');
  t.match(again, [{ ok: true, reply: 'of y' }]);
});

t.test('the link closes: what waits has an unknown end', async (t) => {
  const [a, b] = [endOf(), endOf()];
  const asked = a.ask('x');
  const [message] = a.wire.leave();
  a.messenger.linkClosed('b');
  t.equal(codeOf(asked), 'peer_unreachable unknown');
  b.messenger.receive('a', message);
  carry(b, a, 'b');
  t.equal(asked.length, 1, 'its answer finds nobody');
});
