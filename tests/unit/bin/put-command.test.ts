/** `quorate put` and `quorate delete`: a write that leaves siblings says what to do about them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { runWords } from './fake-terminal.js';

async function written(t: Test, words: readonly string[], left: readonly string[]) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    const beside = left.length === 0 ? {} : { beside: left };
    response.end(JSON.stringify({ key: 'k', version: 'v', context: 'c', replaced: [], ...beside }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runWords([...words, '--endpoint', endpoint]);
}

t.test('how many values there are now, and the commands that go on', async (t) => {
  t.same((await written(t, ['put', 'k', 'x'], [])).err, '');
  const one = await written(t, ['put', 'a b', 'x'], ['n1.1.a.1']);
  t.match(one, { status: 0, err: /^quorate: the key has 2 siblings now; .*\n/ });
  t.match(one.err, "  quorate get 'a b'\n  quorate resolve 'a b' --strategy last-writer\n");
  t.match((await written(t, ['put', 'k', 'x'], ['v1', 'v2'])).err, /has 3 siblings now/);
});

t.test('a delete of less than all', async (t) => {
  const { err } = await written(t, ['delete', 'k'], ['v1']);
  t.equal(err, 'quorate: one value is left that this did not cover: quorate get k\n');
  t.match((await written(t, ['delete', 'k'], ['v1', 'v2'])).err, /has 2 siblings now/);
});

t.test('-o json names what was left', async (t) => {
  const { out } = await written(t, ['put', 'k', 'x', '-o', 'json'], ['v1']);
  t.match(JSON.parse(out), { beside: ['v1'] });
});
