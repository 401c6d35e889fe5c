/** Slots: each request is settled once, and an answer to an earlier use of a slot finds nothing. */
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { type PeerAnswer, type Slot, Slots } from '../../../lib/rpc/slots.js';
import { ManualClock, SeededRandom } from '../fakes.js';

function slotsOf(seed = 1, pendingMax = 100) {
  const clock = new ManualClock();
  return { clock, slots: new Slots(clock, new SeededRandom(seed), pendingMax) };
}

/** The slot of a request that left. */
function asked(
  slots: Slots,
  settle: (answer: PeerAnswer<unknown>) => void,
  { to = 'b', deadline = 100 } = {},
): Slot {
  const sent: Slot[] = [];
  slots.ask({ to, deadline, awaits: 'kind', settle }, (slot) => sent.push(slot) > 0);
  const [slot] = sent;
  if (slot === undefined) throw new Error('it was not sent');
  return slot;
}

const fails = new OperatingError('not_ready', 'x');

t.test('an answer to an earlier use of a slot finds nothing', async (t) => {
  const { slots } = slotsOf();
  const settled: unknown[] = [];
  const first = asked(slots, (answer) => settled.push(['first', answer]));
  const { slot, generation, id } = first;
  t.equal(slots.find('b', slot, generation), first);
  t.equal(slots.findById('b', id), first);
  t.equal(slots.find('c', slot, generation), undefined, 'another peer was not asked');
  slots.settle(first, { ok: true, reply: 1 });
  t.equal(slots.find('b', slot, generation), undefined);
  const second = asked(slots, (answer) => settled.push(['second', answer]));
  t.equal(second.slot, slot, 'the slot is used again');
  t.equal(slots.find('b', slot, generation), undefined);
  t.equal(slots.findById('b', id), undefined);
  slots.settle(second, { ok: true, reply: 2 });
  t.strictSame(settled, [
    ['first', { ok: true, reply: 1 }],
    ['second', { ok: true, reply: 2 }],
  ]);
  t.equal(slots.countOf('b'), 0);
  t.throws(() => slots.settle(second, { ok: true, reply: 3 }), /released once/);
});

t.test('ids are of one life, and whole', async (t) => {
  const [one, other] = [slotsOf(1), slotsOf(2)].map(({ slots }) => asked(slots, () => undefined));
  t.not(one?.id, other?.id);
  t.ok(Number.isSafeInteger(one?.id));
  const { slots } = slotsOf();
  for (const odd of [-1, 0.5, 2 ** 60, Number.MAX_SAFE_INTEGER]) {
    t.equal(slots.findById('b', odd), undefined);
  }
});

/** What a test does with the slots, and what must come of it. */
type Step = readonly [what: 'take' | 'answer' | 'close' | 'time', n: number];
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('take', 'take', 'answer', 'close', 'time'),
  fc.nat({ max: 20 }),
);

t.test('whatever happens, each use is settled once, by its own answer', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, slots } = slotsOf();
      const uses: { to: string; slot: number; generation: number; answers: unknown[] }[] = [];
      const take = (n: number): void => {
        const to = n % 2 === 0 ? 'b' : 'c';
        const answers: unknown[] = [];
        const deadline = clock.monotonicMilliseconds() + 50 * (1 + (n % 5));
        // One that is settled may ask again at once, in this very slot.
        const settle = (answer: { ok: boolean }): void => {
          answers.push(answer);
          if (!answer.ok && n % 7 === 0) take(n + 1);
        };
        const { slot, generation } = asked(slots, settle, { to, deadline });
        uses.push({ to, slot, generation, answers });
      };
      const answer = (n: number): void => {
        const use = uses[n % Math.max(1, uses.length)];
        const found = use && slots.find(use.to, use.slot, use.generation);
        if (found !== undefined) slots.settle(found, { ok: true, reply: use?.generation });
      };
      const happen: Record<Step[0], (n: number) => unknown> = {
        ...{ take, answer, close: () => slots.fail(fails, 'b') },
        time: (n) => clock.advance(10 * n),
      };
      for (const [what, n] of steps) await happen[what](n);
      slots.fail(fails);
      slots.fail(fails);
      const waiting = uses.filter(({ to, slot, generation }) => slots.find(to, slot, generation));
      for (const use of uses) t.equal(use.answers.length, waiting.includes(use) ? 0 : 1);
      await clock.advance(1_000);
      slots.fail(fails);
      const pairs = uses.map(({ slot, generation }) => `${slot} ${generation}`);
      t.equal(new Set(pairs).size, uses.length, 'no use is taken for another');
    }),
    { numRuns: 300 },
  );
});

t.test('a request that nobody answers is settled shortly after its deadline', async (t) => {
  const { clock, slots } = slotsOf();
  const codes: string[] = [];
  for (const deadline of [30, 500]) {
    const settle = (answer: PeerAnswer<unknown>): void => {
      codes.push(answer.ok ? 'ok' : `${answer.error.code} ${answer.error.outcome}`);
    };
    asked(slots, settle, { deadline });
  }
  t.equal(clock.waiting, 1, 'one timer for all');
  await clock.advance(60);
  t.strictSame(codes, ['deadline_passed unknown']);
  await clock.advance(500);
  t.equal(codes.length, 2);
  t.equal(clock.waiting, 0, 'and none for nobody');
});

t.test('what does not leave is refused with its reason, later, and takes no slot', async (t) => {
  const { slots } = slotsOf(1, 1);
  const codes: string[] = [];
  const settle = (answer: PeerAnswer<unknown>): void => {
    codes.push(answer.ok ? 'ok' : `${answer.error.code} ${answer.error.outcome}`);
  };
  const question = { to: 'b', deadline: 100, awaits: 'kind', settle };
  const never = (): boolean => t.fail('it is not sent');
  slots.ask({ ...question, deadline: 0 }, never);
  slots.ask(question, () => false);
  t.throws(() => {
    slots.ask(question, () => {
      throw new RangeError('too long for a message');
    });
  }, /too long/);
  t.equal(slots.countOf('b'), 0, 'also where sending threw');
  asked(slots, settle);
  slots.ask(question, never);
  t.strictSame(codes, [], 'never before the call has returned');
  await Promise.resolve();
  t.strictSame(codes, ['deadline_passed none', 'peer_unreachable none', 'overloaded none']);
  t.equal(slots.countOf('b'), 1);
});
