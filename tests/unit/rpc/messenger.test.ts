/** The messenger over links in memory: one answer a request, deadlines, refusals, bad frames. */
import fc from 'fast-check';
import t from 'tap';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, OperatingError } from '../../../lib/errors.js';
import { Messenger } from '../../../lib/rpc/messenger.js';
import type { MembershipCheck } from '../../../lib/rpc/membership-check.js';
import { messageType } from '../../../lib/rpc/message.js';
import type { PeerAnswer } from '../../../lib/rpc/slots.js';
import { CountingObserver, ManualClock, SeededRandom, turn } from '../fakes.js';
import { FakeTransport } from './fake-transport.js';

const ECHO = messageType('test.echo', z.object({ n: z.number() }), z.object({ n: z.number() }));
type Echo = PeerAnswer<{ readonly n: number }>;

/** A link whose other end is the test. */
class Wire extends FakeTransport {
  readonly sent: [to: string, message: unknown][] = [];
  longest = Number.POSITIVE_INFINITY;

  send(to: string, message: unknown): boolean {
    if (JSON.stringify(message).length > this.longest) return false;
    if (this.open) this.sent.push([to, structuredClone(message)]);
    return this.open;
  }
}

function messengerOf(clock = new ManualClock(), pendingMax = 100, seed = 1) {
  const transport = new Wire();
  const observer = new CountingObserver();
  const messenger = new Messenger({
    ...{ transport, clock, observer, pendingMax },
    random: new SeededRandom(seed),
  });
  return { messenger, transport, observer, clock };
}

function ask(messenger: Messenger, deadline = 1_000, to = 'b'): Echo[] {
  const answers: Echo[] = [];
  messenger.ask(to, ECHO, { n: 1 }, deadline, (answer) => answers.push(answer));
  return answers;
}

const idOf = (message: unknown): number => (message as [number, number])[1];
const lastId = ({ sent }: Wire): number => idOf(sent.at(-1)?.[1]);
const errorOf = ([answer]: Echo[]): [string, string] | undefined =>
  answer?.ok === false ? [answer.error.code, answer.error.outcome] : undefined;

/** Messages go to and fro as they are sent. */
async function pump(pairs: Record<string, ReturnType<typeof messengerOf>>): Promise<void> {
  for (let moved = true; moved; ) {
    await turn();
    moved = false;
    for (const [from, { transport }] of Object.entries(pairs)) {
      for (const [to, message] of transport.sent.splice(0)) {
        moved = true;
        pairs[to]?.messenger.receive(from, message);
      }
    }
  }
}

t.test('a request is answered by its handler, at once or later', async (t) => {
  const [a, b] = [messengerOf(), messengerOf()];
  b.messenger.handle(ECHO, ({ n }, { from, deadline }) => {
    t.strictSame([from, deadline > 0], ['a', true]);
    return Promise.resolve({ n: n + 1 });
  });
  const answers = ask(a.messenger);
  t.strictSame(answers, [], 'never before the call has returned');
  await pump({ a, b });
  t.strictSame(answers, [{ ok: true, reply: { n: 2 } }]);
  t.strictSame(await Promise.all([a.messenger.request('b', ECHO, { n: 4 }, 900), pump({ a, b })]), [
    { n: 5 },
    undefined,
  ]);
});

t.test('what cannot be sent has done nothing', async (t) => {
  const { messenger, transport } = messengerOf(new ManualClock(), 1);
  transport.open = false;
  const unreachable = ask(messenger);
  transport.open = true;
  const late = ask(messenger, 0);
  t.strictSame([unreachable, late], [[], []], 'not before the call has returned');
  const first = ask(messenger);
  const full = ask(messenger);
  const other = ask(messenger, 1_000, 'c');
  await turn();
  t.strictSame(errorOf(unreachable), ['peer_unreachable', 'none']);
  t.strictSame(errorOf(late), ['deadline_passed', 'none']);
  t.strictSame(errorOf(full), ['overloaded', 'none']);
  t.strictSame([first, other], [[], []], 'who waits for one peer keeps nobody from another');
  t.equal(transport.sent.length, 2);
  messenger.linkClosed('b');
  t.strictSame(errorOf(first), ['peer_unreachable', 'unknown']);
  ask(messenger);
  t.equal(transport.sent.length, 3, 'there is room again');
});

t.test('whatever happens, a request is settled once', async (t) => {
  const event = fc.constantFrom('reply', 'refusal', 'late', 'close', 'other', 'time', 'stop');
  const totals = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 6 }), async (events) => {
      const { messenger, transport, clock } = messengerOf();
      const answers = ask(messenger);
      const id = lastId(transport);
      const happen: Record<string, () => unknown> = {
        reply: () => messenger.receive('b', [1, id, { n: 1 }]),
        refusal: () => messenger.receive('b', [2, id, 'siblings', 'x', 'none', '']),
        late: () => messenger.receive('b', [1, id + 1, { n: 1 }]),
        other: () => messenger.receive('c', [1, id, { n: 9 }]),
        close: () => messenger.linkClosed('b'),
        stop: () => messenger.stop(),
        time: () => clock.advance(600),
      };
      for (const event of events) await happen[event]?.();
      await clock.advance(1_100);
      const kind = errorOf(answers)?.join(' ') ?? 'reply';
      totals.set(kind, (totals.get(kind) ?? 0) + 1);
      return answers.length === 1 && clock.waiting === 0;
    }),
    { numRuns: 2_000 },
  );
  const kinds = ['deadline_passed unknown', 'not_ready unknown', 'peer_unreachable unknown'];
  t.strictSame([...totals.keys()].sort(), [...kinds, 'reply', 'siblings none']);
});

t.test('a request waits however many come and go meanwhile', async (t) => {
  const { messenger, transport } = messengerOf(new ManualClock(), 10_000);
  const patient = Array.from({ length: 700 }, () => ask(messenger));
  const ids = transport.sent.map(([, message]) => idOf(message));
  for (let i = 0; i < 3_000; i += 1) {
    const answers = ask(messenger);
    messenger.receive('b', [1, lastId(transport), { n: i }]);
    if (answers.length !== 1) t.fail(`request ${i} was not answered`);
  }
  ids.forEach((id, n) => {
    messenger.receive('b', [1, id, { n }]);
  });
  t.strictSame(
    patient,
    ids.map((_, n) => [{ ok: true, reply: { n } }]),
  );
});

t.test('after a stop a request is settled at its deadline too', async (t) => {
  const { messenger, clock } = messengerOf();
  void ask(messenger);
  messenger.stop();
  const answers = ask(messenger, 500);
  await clock.advance(600);
  t.equal(answers.length, 1);
});

t.test('an answer that cannot be sent keeps nobody waiting', async (t) => {
  const [a, b] = [messengerOf(), messengerOf()];
  b.transport.longest = 200;
  const long = messageType('test.long', z.object({}), z.object({ text: z.string() }));
  const answers: PeerAnswer<{ readonly text: string }>[] = [];
  for (const later of [false, true]) {
    const name = `test.long ${later}`;
    const reply = { text: 'x'.repeat(300) };
    b.messenger.handle({ ...long, name }, () => (later ? Promise.resolve(reply) : reply));
    a.messenger.ask('b', { ...long, name }, {}, 1_000, (answer) => answers.push(answer));
  }
  await pump({ a, b });
  const codes = answers.map((answer) =>
    answer.ok ? '' : answer.error.code + answer.error.outcome,
  );
  t.strictSame(codes, ['overloadedunknown', 'overloadedunknown'], 'it was done');
});

t.test('a deadline travels as what is left of it; late work is not begun', async (t) => {
  const [a, b] = [messengerOf(), messengerOf()];
  await b.clock.advance(77_000);
  let served = 0;
  b.messenger.handle(ECHO, async (body, { deadline }) => {
    served += 1;
    t.equal(deadline, 77_000 + 900);
    return body;
  });
  await a.clock.advance(100);
  void ask(a.messenger, 1_000);
  await pump({ a, b });
  t.equal(served, 1);
  b.messenger.setMembershipCheck(gossipOf(async () => b.clock.advance(2_000)));
  void ask(a.messenger, 1_000);
  await pump({ a, b });
  t.equal(served, 1);
  t.equal(b.observer.counts.get('quorate_late_messages_total test.echo'), 1);
});

function gossipOf(reconcile: MembershipCheck['reconcile']): MembershipCheck {
  return { epoch: 1, settingsHash: 7, isVerified: () => true, reconcile, notice: () => undefined };
}

t.test('refusals keep code, outcome and details; a programmer error is internal', async (t) => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    for (const outcome of ['none', 'unknown'] as const) {
      const [a, b] = [messengerOf(), messengerOf()];
      b.messenger.handle(ECHO, () => {
        throw new OperatingError(code, 'why', { outcome, details: { limit: 4 } });
      });
      const answers = ask(a.messenger);
      await pump({ a, b });
      t.strictSame(errorOf(answers), [code, outcome]);
      t.match(answers[0], { error: { message: 'why', details: { limit: 4 } } });
    }
  }
  const [a, b] = [messengerOf(), messengerOf()];
  b.messenger.handle(ECHO, () => Promise.reject(new TypeError('secret detail')));
  const answers = ask(a.messenger);
  await pump({ a, b });
  t.strictSame(errorOf(answers), ['internal', 'unknown']);
  t.notMatch(answers[0], { error: { message: /secret/ } });
  a.messenger.receive('b', [1, 0, { n: 1 }]);
  const unknown = ask(a.messenger);
  a.messenger.receive('b', [2, lastId(a.transport), 'code_of_a_later_version', 'x', 'none', '']);
  t.strictSame(errorOf(unknown), ['internal', 'none']);
});

t.test('a message without a handler is refused', async (t) => {
  const [a, b] = [messengerOf(), messengerOf()];
  const answers = ask(a.messenger);
  await pump({ a, b });
  t.strictSame(errorOf(answers), ['not_implemented', 'none']);
});

t.test(
  'a sender that differs is reconciled with first, or refused; anyEpoch is served',
  async (t) => {
    const [a, b] = [messengerOf(), messengerOf()];
    const reported: unknown[] = [];
    let refuse = false;
    a.messenger.setMembershipCheck({ ...gossipOf(() => Promise.resolve()), settingsHash: 5 });
    b.messenger.setMembershipCheck(
      gossipOf((...args) => {
        reported.push(args);
        return refuse ? Promise.reject(new OperatingError('wrong_epoch', 'no')) : Promise.resolve();
      }),
    );
    const ANY = messageType('test.any', z.object({}), z.object({}));
    b.messenger.handle(ECHO, (body) => body);
    b.messenger.handle(ANY, () => ({}), { anyEpoch: true });
    const served = ask(a.messenger);
    await pump({ a, b });
    t.strictSame(reported, [['a', 1, 5]]);
    t.equal(served[0]?.ok, true);
    refuse = true;
    const refused = ask(a.messenger);
    const any = a.messenger.request('b', ANY, {}, 1_000);
    await pump({ a, b });
    t.strictSame(errorOf(refused), ['wrong_epoch', 'none']);
    t.strictSame(await any, {});
    t.equal(reported.length, 2);
    t.throws(() => b.messenger.handle(ANY, () => ({})), /one handler for test.any/);
  },
);

t.test('what a transport repeats is executed once where that is asked', async (t) => {
  const { messenger, transport } = messengerOf();
  let executed = 0;
  const count = (body: { n: number }) => {
    executed += 1;
    return body;
  };
  messenger.handle(ECHO, count, { once: true });
  for (const from of ['a', 'a', 'c', 'a']) {
    messenger.receive(from, [0, 5, 'test.echo', 0, 0, 100, { n: 1 }]);
  }
  t.equal(executed, 2);
  for (let id = 100; id < 10_000; id += 1) {
    messenger.receive('a', [0, id, 'test.echo', 0, 0, 100, { n: 1 }]);
  }
  t.equal(transport.sent.length, executed);
  messenger.receive('a', [0, 8_000, 'test.echo', 0, 0, 100, { n: 1 }]);
  t.equal(executed, 9_902, 'thousands later, too');
  const [first, later] = [
    messengerOf(new ManualClock(), 9, 1),
    messengerOf(new ManualClock(), 9, 2),
  ];
  ask(first.messenger);
  ask(later.messenger);
  t.not(lastId(first.transport), lastId(later.transport), 'ids of another life');
});

/** A reply that nobody waits for is no bad frame: it may be one to an earlier life. */
function isNoReply(message: unknown): boolean {
  return !Array.isArray(message) || message[0] !== 1 || !Number.isFinite(message[1]);
}

t.test('a bad frame throws, and settles and serves nothing', async (t) => {
  const { messenger, transport } = messengerOf();
  messenger.handle(ECHO, () => {
    throw new Error('a bad frame was served');
  });
  const answers = ask(messenger);
  const id = lastId(transport);
  const good: unknown[] = [0, 1, 'test.echo', 0, 0, 100, { n: 1 }];
  const rows: unknown[] = [null, 7, 'x', {}, [], [3], [-1, 1], ['0', 1], [[0], 1], [true, 1]];
  rows.push(...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name) => [name, 1]));
  for (const wrong of ['x', null, Number.NaN, Number.POSITIVE_INFINITY, {}]) {
    for (const place of [1, 3, 4, 5]) rows.push(good.with(place, wrong));
  }
  rows.push(good.with(2, 7), good.with(6, { n: 'x' }), good.with(6, null), good.slice(0, 6));
  rows.push([1, 'x', {}], [1, id, { n: 'x' }], [1, id], [2, id]);
  rows.push([2, id, 'siblings', 'x', 'maybe', {}], [2, id, 'siblings', 7, 'none', {}]);
  for (const row of rows) {
    t.throws(() => messenger.receive('b', row), JSON.stringify(row));
  }
  t.strictSame(answers, []);
  fc.assert(
    fc.property(fc.anything().filter(isNoReply), (message) => {
      try {
        messenger.receive('b', message);
        return false;
      } catch {
        return true;
      }
    }),
    { numRuns: 10_000 },
  );
});

t.test('links are reported', async (t) => {
  const { messenger } = messengerOf();
  const reported: unknown[] = [];
  messenger.onLink((peer, open) => reported.push([peer, open]));
  messenger.linkOpened('b');
  messenger.linkClosed('b');
  t.strictSame(reported, [
    ['b', true],
    ['b', false],
  ]);
});
