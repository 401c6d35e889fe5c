/** Texts of the page: problems with details, the past of a key, lines to paste, time labels. */
import t from 'tap';
import { ApiProblem } from '../../../lib/admin-page/api.js';
import { namespaceLine, requestLine, settingsLine } from '../../../lib/admin-page/logic/lines.js';
import { settingText } from '../../../lib/admin-page/logic/namespace-rules.js';
import { isValueNow, stateNow } from '../../../lib/admin-page/logic/past.js';
import { problemWords } from '../../../lib/admin-page/logic/problems.js';
import { TIME_STEPS, timeOfDay, timeRange } from '../../../lib/admin-page/logic/times.js';

t.test('a problem is told with its code, what it names, and what helps', async (t) => {
  const body = {
    ...{ detail: 'too few replicas answered', code: 'level_not_reached', status: 503 },
    ...{ type: '/docs#x', retryable: true, level: 'quorum', required: 2, up: ['n1', 'n2'] },
  };
  t.equal(
    problemWords(new ApiProblem(503, body)),
    'too few replicas answered (level_not_reached): level quorum, required 2, up n1 and n2. ' +
      'A weaker level may be reached; Now says which, and how nodes come back.',
  );
  t.equal(
    problemWords(new ApiProblem(400, { detail: 'no', code: 'x', up: [] })),
    'no (x): up none.',
  );
  t.equal(problemWords(new Error('lost')), 'lost');
  t.equal(problemWords('lost'), 'lost');
});

t.test('what was superseded is not current, though a list of before says so', async (t) => {
  const sibling = (version: string, value: unknown) => ({
    ...{ version, value, written_at: '2026-01-01T00:00:00Z', written_by: 'n1' },
  });
  const now = [sibling('c', ['a', 'b'])];
  const stateOf = (version: string, state: 'current' | 'kept') => stateNow({ version, state }, now);
  t.strictSame(
    [stateOf('a', 'current'), stateOf('b', 'kept'), stateOf('c', 'current'), stateOf('c', 'kept')],
    ['superseded', 'kept', 'current', 'current'],
  );
  t.equal(isValueNow({ value: ['a', 'b'] }, now), true, 'written anew by the resolution');
  t.equal(isValueNow({ value: ['a'] }, now), false);
  t.equal(isValueNow({ value_left_out: true }, [sibling('c', undefined)]), false);
  const text = {
    value_base64: Buffer.from('["a"]').toString('base64'),
    content_type: 'text/plain',
  };
  t.equal(isValueNow(text, [sibling('c', ['a'])]), false, 'another type is another value');
});

t.test('lines say what is entered, and a shell reads them so', async (t) => {
  const draft = { key: 'a b', value: '{"n":1}', level: 'default', context: '' };
  t.strictSame(
    [
      requestLine({ ...draft, method: 'PUT' }),
      requestLine({ ...draft, method: 'GET', level: 'all', context: 'c' }),
      requestLine({ ...draft, method: 'DELETE', level: '2', context: 'c' }),
    ],
    [
      `quorate put 'a b' '{"n":1}' --json`,
      `quorate get 'a b' --level all`,
      `quorate delete 'a b' --level 2 --context c`,
    ],
  );
  t.equal(settingsLine({}), 'quorate config get');
  t.equal(
    settingsLine({ versions_kept: 3, default_level: 'bounded-staleness;max=5s' }),
    "quorate config set versions_kept=3 'default_level=bounded-staleness;max=5s' --dry-run",
  );
  t.equal(namespaceLine('', 'a=1', true), 'quorate namespace list');
  const rules = ' default_level=one  durability=os';
  t.equal(
    namespaceLine('shop', rules, true),
    'quorate namespace create shop default_level=one durability=os --dry-run',
  );
  t.equal(namespaceLine('shop', '', false), 'quorate namespace change shop --dry-run');
});

t.test('rules of a namespace in a history are words', async (t) => {
  const texts = [{ default_level: 'one', default_ttl_s: 60 }, {}, undefined, null, 7].map(
    settingText,
  );
  t.strictSame(texts, ['default_level=one default_ttl_s=60', 'no rules', 'none', 'none', '7']);
});

t.test('no two labels of a time axis are alike', async (t) => {
  t.ok(TIME_STEPS.every((step) => Number.isInteger(step) && step >= 1));
  t.strictSame(timeRange(1000, 1000), [970, 1000], 'one point');
  t.strictSame(timeRange(1000, 1004), [974, 1004]);
  t.strictSame(timeRange(1000, 1300), [1000, 1300]);
  t.strictSame(timeRange(null, null), [0, 30]);
  t.equal(new Set([0, 1, 2, 3].map(timeOfDay)).size, 4);
});
