/** Explanations are JSON, bounded in bytes, and say of each question whether it was answered. */
import t from 'tap';
import { Explanation } from '../../../../lib/coordination/request/explanation.js';

type Json = Readonly<Record<string, unknown>>;

function explanationAt(clock: { now: number }, bytesMax?: number): Explanation {
  return new Explanation('n1', () => clock.now, bytesMax);
}

const parsed = (explanation: Explanation): Json => JSON.parse(explanation.text) as Json;

t.test('steps have times, and questions their answers, or null', (t) => {
  const clock = { now: 1000 };
  const explanation = explanationAt(clock);
  clock.now = 1001;
  const course = explanation.begin('read', { level: 'quorum' });
  const first = course.ask('ask', 'n2', { want: 'full' });
  course.ask('ask', 'n3');
  clock.now = 1003.5;
  first?.answered({ versions: ['a.1'] });
  first?.answered({ versions: ['a late one'] });
  course.end('answer', { answered: 1 });
  t.strictSame(parsed(explanation), {
    node: 'n1',
    took_ms: 3.5,
    courses: [
      {
        node: 'n1',
        course: 'read',
        level: 'quorum',
        steps: [
          {
            ...{ at_ms: 1, did: 'ask', node: 'n2', want: 'full', took_ms: 2.5 },
            answer: { versions: ['a.1'] },
          },
          { at_ms: 1, did: 'ask', node: 'n3', answer: null },
          { at_ms: 3.5, did: 'answer', answered: 1 },
        ],
      },
    ],
  });
  t.end();
});

t.test('what finds no room is counted, and the end of a course finds some', (t) => {
  const explanation = explanationAt({ now: 0 }, 2000);
  const course = explanation.begin('write', {});
  for (let i = 0; i < 100; i += 1) course.ask('copy', `n${i}`)?.answered({ text: 'x'.repeat(50) });
  course.end('answer', { level: 'quorum' });
  const { text } = explanation;
  t.ok(text.length < 2000 + 2048 + 500, `${text.length} characters`);
  const { left_out, courses } = JSON.parse(text) as { left_out: number; courses: Json[] };
  t.ok(left_out > 50);
  const steps = courses[0]?.['steps'] as Json[];
  t.match(steps.at(-1), { did: 'answer', level: 'quorum' });
  t.end();
});

t.test('what another node tells is taken over, if it is what it should be', (t) => {
  const explanation = explanationAt({ now: 0 });
  explanation.begin('write', {});
  const other = explanationAt({ now: 5 });
  other.begin('write', { passed_on: true });
  explanation.adopt(other.coursesText);
  for (const text of [null, '', 'nothing', '{"a":1}', '[1', `[${'1,'.repeat(40_000)}1]`]) {
    explanation.adopt(text);
  }
  t.match(parsed(explanation), {
    courses: [{ course: 'write' }, { passed_on: true }],
    left_out: 1,
  });
  t.equal((parsed(explanation)['courses'] as Json[]).length, 2);
  explanation.note('compare all afterwards');
  t.match(parsed(explanation), { courses: [{ steps: [{ did: 'compare all afterwards' }] }, {}] });
  t.end();
});
