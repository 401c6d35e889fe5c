/** What the page shows of how an answer came about. */
import t from 'tap';
import { explainedRows } from '../../../lib/admin-page/logic/explained-rows.js';

t.test('a row for each course, and one for each step', async (t) => {
  const steps = [
    { at_ms: 0.1, did: 'ask', node: 'n2', want: 'full', took_ms: 2, answer: { versions: ['a.1'] } },
    { at_ms: 0.2, did: 'ask', node: 'n3', want: 'full', answer: null },
    { at_ms: 3, did: 'answer', stand_ins: 1 },
  ];
  const course = { node: 'n1', course: 'read', plan: { partition: 1 }, passed_on: true, steps };
  t.same(explainedRows({ courses: [course] }), [
    ['', '', 'n1', 'read', 'passed on: true', ''],
    ['0.1', '2', 'n2', 'ask', 'want: full', 'versions: ["a.1"]'],
    ['0.2', '', 'n3', 'ask', 'want: full', 'none yet'],
    ['3', '', '', 'answer', 'stand ins: 1', ''],
  ]);
});
