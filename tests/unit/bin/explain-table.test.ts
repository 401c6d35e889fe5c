/** How an answer came about, printed for people and given to programs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { printExplanation, printExplanationIn } from '../../../bin/explain-table.js';
import { type ExplainedAnswer, explanationIn } from '../../../lib/client/explanation.js';
import { fakeTerminal, runWords } from './fake-terminal.js';

const EXPLAIN: ExplainedAnswer = {
  node: 'n1',
  took_ms: 4.5,
  left_out: 2,
  courses: [
    {
      ...{ node: 'n1', course: 'read', levels: [{ level: 'quorum', needs: [{ required: 2 }] }] },
      plan: {
        partition: 7,
        owners: [
          { node: 'n1', up: true },
          { node: 'n2', up: false },
        ],
      },
      steps: [
        {
          ...{ at_ms: 0.1, did: 'ask', node: 'n1', want: 'full', for: 'level', took_ms: 0.2 },
          answer: { versions: ['n1.1.a.1'], context: { vector: { 'n1.1.a': 1 } } },
        },
        { at_ms: 0.2, did: 'ask', node: 'n3', want: 'fingerprint', answer: null },
        { at_ms: 4.4, did: 'answer', level: 'quorum', widened: true },
      ],
    },
  ],
};

t.test('a line for each step', async (t) => {
  const { terminal, out, err } = fakeTerminal();
  printExplanation(terminal, explanationIn({ explain: EXPLAIN }));
  const lines = err()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  t.same(lines, [
    ['asked n1, answered in 4.5 ms'],
    ['MS', 'TOOK', 'NODE', 'DID', 'DETAILS', 'ANSWER'],
    [
      ...['n1', 'read'],
      'partition 7; owners n1, n2 (down); levels (level quorum; needs (required 2))',
    ],
    [
      ...['0.1', '0.2', 'n1', 'ask', 'want full; for level'],
      'versions n1.1.a.1; context (vector (n1.1.a 1))',
    ],
    ['0.2', 'n3', 'ask', 'want fingerprint', 'none yet'],
    ['4.4', 'answer', 'level quorum; widened'],
    ['2 steps are left out'],
    [''],
  ]);
  t.equal(out(), '');
});

t.test('nothing where there is none; what is none of ours is refused', async (t) => {
  const { terminal, err } = fakeTerminal();
  printExplanation(terminal, undefined);
  printExplanationIn(terminal, undefined);
  printExplanationIn(terminal, '{"code":"level_not_reached"}');
  t.equal(err(), '');
  printExplanationIn(terminal, JSON.stringify({ explain: EXPLAIN }));
  t.match(err(), /asked n1/);
  for (const explain of [
    1,
    {},
    { courses: 1 },
    { courses: [{}] },
    { courses: [{ course: 'x' }] },
  ]) {
    t.throws(() => explanationIn({ explain }));
  }
});

t.test('the command asks for it, and prints it beside the answer, or in its JSON', async (t) => {
  const asked: unknown[] = [];
  const server = createServer(({ headers, method }, response) => {
    asked.push(headers['x-explain']);
    const value = { key: 'k', value: 1, version: 'n1.1.a.1', context: 'c', written_at: 'now' };
    const written = { key: 'k', version: 'n1.1.a.1', context: 'c', replaced: [] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...(method === 'GET' ? value : written), explain: EXPLAIN }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const words = ['--endpoint', `127.0.0.1:${(server.address() as AddressInfo).port}`, '--explain'];
  const got = await runWords(['get', 'k', ...words]);
  t.equal(got.out, '1\n');
  t.match(got.err, /^asked n1, answered in 4.5 ms\nMS/);
  const put = await runWords(['put', 'k', 'v', '-o', 'json', ...words]);
  t.same(JSON.parse(put.out).explain, EXPLAIN);
  t.equal(put.err, '');
  t.match((await runWords(['delete', 'k', ...words])).err, /^asked n1/);
  t.same(asked, ['1', '1', '1']);
});
