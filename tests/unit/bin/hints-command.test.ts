/** `quorate hints` against a node: for people, for programs, and as one number. */
import t from 'tap';
import { serve } from '../api/served.js';
import { runWords } from './fake-terminal.js';

t.test('what waits, for whom and why, and who did not say', async (t) => {
  const { port } = await serve(t);
  const words = ['hints', '--endpoint', `http://127.0.0.1:${port}`];
  const shown = await runWords(words);
  t.equal(shown.status, 0);
  const [head = '', row = '', last = ''] = shown.out.split('\n');
  t.match(head, /^HOLDER +TARGET +HINTS +BYTES +OLDEST +END +WHY$/);
  t.match(row, /^n1 +n2 +1 +10 +2026-01-02T03:04:05.678Z +- +n2 is down$/);
  t.equal(last, '! n3 did not say what it holds');
  const json = await runWords([...words, '-o', 'json']);
  t.match(JSON.parse(json.out), { hints: [{ holder: 'n1', target: 'n2' }], unanswered: ['n3'] });
  t.equal((await runWords([...words, '-o', 'value'])).out, '1\n');
});
