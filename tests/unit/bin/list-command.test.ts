/** `quorate list` against a node: keys, pages, and what they hold. */
import t from 'tap';
import { found, versionOf } from '../api/fake-node.js';
import { serve } from '../api/served.js';
import { runWords } from './fake-terminal.js';

t.test('keys, a line each; where there are more the cursor is shown', async (t) => {
  const { node, port } = await serve(t);
  const words = ['list', 'user:', '--endpoint', `http://127.0.0.1:${port}`];
  const items = ['user:1', 'user:2'].map((key) => ({ key, found: undefined }));
  node.keyList = { ...node.keyList, items, cursor: 'TmV4dA' };
  const shown = await runWords([...words, '--limit', '2', '--level', 'one', '-o', 'value']);
  t.equal(shown.status, 0);
  t.equal(shown.out, 'user:1\nuser:2\n');
  t.match(shown.err, '--cursor TmV4dA');
  t.match(node.keyListsAsked.pop(), { prefix: 'user:', limit: 2, level: 'one', values: false });
  const json = await runWords([...words, '--limit', '2', '-o', 'json']);
  t.strictSame(JSON.parse(json.out), { keys: ['user:1', 'user:2'], cursor: 'TmV4dA' });
  t.match((await runWords([...words, '--limit', '2'])).out, /^KEY\nuser:1\nuser:2\n$/);
});

t.test('with what they hold', async (t) => {
  const { node, port } = await serve(t);
  const words = ['list', '--values', '--endpoint', `http://127.0.0.1:${port}`];
  const items = [
    { key: 'a', found: found(versionOf(1, 'application/json', '12345678901234567890')) },
    { key: 'b', found: found(versionOf(1, 'application/json', '1'), versionOf(2, 'a/b', 'x')) },
  ];
  node.keyList = { ...node.keyList, items };
  t.match((await runWords(words)).out, /a +12345678901234567890 +.*\nb +1 \| \(1 bytes of a\/b\)/);
  const json = await runWords([...words, '-o', 'json']);
  t.match(json.out, '12345678901234567890');
  t.match(JSON.parse(json.out), { items: [{ key: 'a' }, { key: 'b', siblings: [{ value: 1 }] }] });
  t.match((await runWords([...words, '-o', 'value'])).out, /^a\t12345678901234567890\nb\t1\nb\t/);
  t.equal((await runWords([...words, '--limit', '0'])).status, 2);
});

t.test(
  'a list is of no session: its file is refused by name, and idle as a variable',
  async (t) => {
    const { port } = await serve(t);
    const words = ['list', '--endpoint', `http://127.0.0.1:${port}`];
    const file = `${t.testdir()}/session`;
    t.equal((await runWords([...words, '--session-file', file])).status, 2);
    t.equal((await runWords(words, { QUORATE_SESSION_FILE: file })).status, 0);
  },
);
