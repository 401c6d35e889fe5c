/** Courses of requests, as the core decides them: events, times, and what comes of them. */
import fc from 'fast-check';
import t from 'tap';
import {
  type CoreEffect,
  type CoreEvent,
  type CoreOptions,
  RequestCore,
} from '../../../lib/client/request-core.js';

const known = (...addresses: string[]) => addresses.map((address) => ({ address, known: true }));
const unknown = (...addresses: string[]) => addresses.map((address) => ({ address, known: false }));

const READ = { repeatable: true, hedgeAfter: 100, retries: 4, deadline: 10_000 };
const WRITE = { repeatable: false, hedgeAfter: undefined, retries: 4, deadline: 10_000 };

function coreOf(options: Partial<CoreOptions>): RequestCore {
  return new RequestCore({ ...READ, endpoints: known('a', 'b'), random: () => 0.5, ...options });
}

function textOf(effect: CoreEffect): string {
  switch (effect.kind) {
    case 'send':
      return `send ${effect.attempt} to ${effect.endpoint}`;
    case 'probe':
      return `probe ${effect.endpoint}`;
    case 'answer':
      return `answer ${effect.attempt}${effect.unknown ? ', others unknown' : ''}`;
    case 'fail': {
      const why = effect.attempt === undefined ? '' : ` as ${effect.attempt}`;
      return `fail${why}${effect.unknown ? ', unknown' : ''}`;
    }
  }
}

const texts = (effects: readonly CoreEffect[]): string => effects.map(textOf).join('; ');

const answered = (attempt: number): CoreEvent => ({ kind: 'answered', attempt, again: undefined });
const again = (attempt: number, after = 0, isUnknown = false): CoreEvent => ({
  kind: 'answered',
  attempt,
  again: { after, unknown: isUnknown },
});
const refused = (attempt: number): CoreEvent => ({
  kind: 'unanswered',
  attempt,
  nothingSent: true,
});
const lost = (attempt: number): CoreEvent => ({ kind: 'unanswered', attempt, nothingSent: false });
const probed = (endpoint: string, answers: boolean): CoreEvent => ({
  kind: 'probed',
  endpoint,
  answers,
});
const time: CoreEvent = { kind: 'time' };

type Step = readonly [at: number, event: CoreEvent, effects: string];

interface Course {
  readonly name: string;
  readonly options: Partial<CoreOptions>;
  readonly begins: string;
  readonly steps: readonly Step[];
}

const courses: readonly Course[] = [
  {
    name: 'a read is asked once where the answer comes in time',
    options: READ,
    begins: 'send 1 to a',
    steps: [[50, answered(1), 'answer 1']],
  },
  {
    name: 'a slow read is asked at a second node too, and the first answer counts',
    options: READ,
    begins: 'send 1 to a',
    steps: [
      [99, time, ''],
      [100, time, 'send 2 to b'],
      [120, answered(2), 'answer 2, others unknown'],
      [130, answered(1), ''],
    ],
  },
  {
    name: 'two silent nodes do not keep the third from being asked; four at once are too many',
    options: { ...READ, endpoints: known('a', 'b', 'c', 'd') },
    begins: 'send 1 to a',
    steps: [
      [100, time, 'send 2 to b'],
      [200, time, 'send 3 to c'],
      [300, time, ''],
      [350, answered(3), 'answer 3, others unknown'],
    ],
  },
  {
    name: 'a read that was lost goes to the next at once, and with none left after a pause',
    options: READ,
    begins: 'send 1 to a',
    steps: [
      [10, lost(1), 'send 2 to b'],
      [20, lost(2), ''],
      [44, time, ''],
      [45, time, 'send 3 to a'],
      [50, answered(3), 'answer 3, others unknown'],
    ],
  },
  {
    name: 'an answer that says so is asked for again, elsewhere, after a pause by chance',
    options: READ,
    begins: 'send 1 to a',
    steps: [
      [10, again(1, 1010), ''],
      [35, time, 'send 2 to b'],
      [40, again(2, 1040), ''],
      [1009, time, ''],
      [1010, time, 'send 3 to a'],
      [1020, answered(3), 'answer 3'],
    ],
  },
  {
    name: 'who wants to be left alone for longer than there is time is not asked again',
    options: { ...READ, endpoints: known('a'), deadline: 1000 },
    begins: 'send 1 to a',
    steps: [[10, again(1, 1010), 'fail as 1']],
  },
  {
    name: 'without retries the first refusal stands, and a dead node still costs nothing',
    options: { ...READ, retries: 0 },
    begins: 'send 1 to a',
    steps: [
      [10, refused(1), 'send 2 to b'],
      [20, again(2), 'fail as 2'],
    ],
  },
  {
    name: 'a write is not sent to a node that is silent: who answers first gets it',
    options: { ...WRITE, endpoints: unknown('a', 'b', 'c') },
    begins: 'probe a',
    steps: [
      [249, time, ''],
      [250, time, 'probe b'],
      [260, probed('b', false), 'probe c'],
      [270, probed('c', true), 'send 1 to c'],
      [280, probed('a', true), ''],
      [290, answered(1), 'answer 1'],
    ],
  },
  {
    name: 'a write whose answer was lost is not sent again',
    options: WRITE,
    begins: 'send 1 to a',
    steps: [[10, lost(1), 'fail, unknown']],
  },
  {
    name: 'a write that may have happened, by its answer, is not sent again',
    options: WRITE,
    begins: 'send 1 to a',
    steps: [[10, again(1, 0, true), 'fail as 1, unknown']],
  },
  {
    name: 'a write of which nothing was sent goes to the next, who is asked first',
    options: { ...WRITE, endpoints: [...known('a'), ...unknown('b')] },
    begins: 'send 1 to a',
    steps: [
      [10, refused(1), 'probe b'],
      [20, probed('b', true), 'send 2 to b'],
      [30, again(2), ''],
      [55, time, 'send 3 to b'],
    ],
  },
  {
    name: 'with a key a lost write is sent again, and stays unknown if that is refused',
    options: { ...WRITE, repeatable: true, retries: 1, hedgeAfter: 2500 },
    begins: 'send 1 to a',
    steps: [
      [10, lost(1), 'send 2 to b'],
      [20, again(2), ''],
      [45, time, 'send 3 to b'],
      [50, again(3), 'fail as 3, unknown'],
    ],
  },
  {
    name: 'with a key a silent node does not eat the time',
    options: { ...WRITE, repeatable: true, hedgeAfter: 2500 },
    begins: 'send 1 to a',
    steps: [
      [2500, time, 'send 2 to b'],
      [2600, answered(2), 'answer 2, others unknown'],
    ],
  },
  {
    name: 'what nobody wants any more may have happened if it was under way',
    options: WRITE,
    begins: 'send 1 to a',
    steps: [[10, { kind: 'given-up' }, 'fail, unknown']],
  },
  {
    name: 'and has not where nothing was sent',
    options: { ...WRITE, endpoints: unknown('a', 'b') },
    begins: 'probe a',
    steps: [[10, { kind: 'given-up' }, 'fail']],
  },
  {
    name: 'near its deadline a read shares what is left with those that were not asked',
    options: { ...READ, endpoints: known('a', 'b', 'c'), deadline: 90 },
    begins: 'send 1 to a',
    steps: [
      [29, time, ''],
      [30, time, 'send 2 to b'],
      [59, time, ''],
      [60, time, 'send 3 to c'],
      [70, answered(3), 'answer 3, others unknown'],
    ],
  },
  {
    name: 'and so does a write that looks for a node that answers',
    options: { ...WRITE, endpoints: unknown('a', 'b'), deadline: 200 },
    begins: 'probe a',
    steps: [
      [99, time, ''],
      [100, time, 'probe b'],
      [110, probed('b', true), 'send 1 to b'],
    ],
  },
  {
    name: 'of many nodes the first ones still get a third each',
    options: { ...READ, endpoints: known(...'abcdefghij'), deadline: 90 },
    begins: 'send 1 to a',
    steps: [
      [29, time, ''],
      [30, time, 'send 2 to b'],
      [50, time, 'send 3 to c'],
    ],
  },
  {
    name: 'with a key: what is answered to a repetition says nothing of the lost attempt',
    options: { ...WRITE, repeatable: true },
    begins: 'send 1 to a',
    steps: [
      [10, lost(1), 'send 2 to b'],
      [20, answered(2), 'answer 2, others unknown'],
    ],
  },
  {
    name: 'a write does not begin after its deadline, though a node answers then',
    options: { ...WRITE, endpoints: unknown('a', 'b'), deadline: 300 },
    begins: 'probe a',
    steps: [
      [150, time, 'probe b'],
      [310, probed('a', true), ''],
      [320, probed('b', true), 'fail'],
    ],
  },
  {
    name: 'after the deadline nothing begins',
    options: { ...READ, deadline: 90 },
    begins: 'send 1 to a',
    steps: [
      [100, time, ''],
      [110, lost(1), 'fail, unknown'],
    ],
  },
];

for (const { name, options, begins, steps } of courses) {
  t.test(name, async (t) => {
    const core = coreOf(options);
    t.equal(texts(core.begin(0)), begins);
    for (const [at, event, effects] of steps) t.equal(texts(core.on(event, at)), effects, `${at}`);
  });
}

const anyOptions = fc.record({
  repeatable: fc.boolean(),
  retries: fc.nat({ max: 5 }),
  endpoints: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
});
const anyAnswers = fc.array(fc.record({ what: fc.nat({ max: 5 }), wait: fc.nat({ max: 400 }) }), {
  maxLength: 60,
});

t.test('it always comes to an end, and a write without a key is never there twice', async () => {
  fc.assert(
    fc.property(anyOptions, anyAnswers, ({ repeatable, retries, endpoints }, answers) => {
      const core = coreOf({
        ...{ repeatable, retries, deadline: 5000, hedgeAfter: repeatable ? 100 : undefined },
        endpoints: endpoints.map((isKnown, i) => ({ address: `${i}`, known: isKnown })),
      });
      const open: CoreEffect[] = [];
      let ends = 0;
      let perhaps = 0;
      let now = 0;
      const take = (effects: readonly CoreEffect[]): void => {
        for (const effect of effects) {
          if (effect.kind === 'send' || effect.kind === 'probe') open.push(effect);
          else ends += 1;
        }
      };
      const settle = (what: number): void => {
        const effect = open.shift();
        if (effect?.kind === 'probe') take(core.on(probed(effect.endpoint, what > 2), now));
        if (effect?.kind !== 'send') return;
        const event = [lost, refused, again, again, again, answered][what] ?? lost;
        if (event === lost || event === answered) perhaps += 1;
        take(core.on(event(effect.attempt), now));
      };
      take(core.begin(now));
      for (const { what, wait } of answers) {
        now += wait;
        if (core.wakeAt !== undefined && core.wakeAt <= now) take(core.on(time, now));
        settle(what);
      }
      now = 20_000;
      for (let i = 0; i < 100 && ends === 0; i += 1) {
        take(core.on(time, now));
        settle(1);
      }
      return ends === 1 && (repeatable || perhaps <= 1);
    }),
    { numRuns: 500 },
  );
});
