/** The file of a session: written whole or not at all, and what is no token is refused. */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { OUTPUT_FAILED } from '../../../bin/exit-code.js';
import { readSession, SessionFile, writeSession } from '../../../bin/session-file.js';
import { runWords } from './fake-terminal.js';

t.test('what was kept is there again, for its owner alone', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'session');
  t.strictSame(readSession(file), [], 'no file is a new session');
  await writeSession(file, ['abc-_1', 'def']);
  t.strictSame(readSession(file), ['abc-_1', 'def']);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  await writeSession(file, ['ghi']);
  t.equal(await readFile(file, 'utf8'), 'ghi\n');
  t.strictSame(await readdir(folder), ['session'], 'nothing else is left');
});

t.test('what is no session is refused, and stays as it is', async (t) => {
  const file = join(t.testdir({ other: 'a line of text\n' }), 'other');
  t.throws(() => readSession(file), { code: 'invalid_request', message: /no session tokens/ });
  t.equal(await readFile(file, 'utf8'), 'a line of text\n');
  const folder = t.testdir({ folder: {} });
  t.throws(() => readSession(join(folder, 'folder')), { code: 'invalid_request' });
  await t.rejects(writeSession(join(folder, 'absent', 'file'), ['a']), { code: 'invalid_request' });
  await writeFile(join(folder, 'empty'), '');
  t.strictSame(readSession(join(folder, 'empty')), []);
});

t.test('commands that use one file at a time lose none of their tokens', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'session');
  await writeSession(file, ['before']);
  const [a, b] = [new SessionFile(file, ['before']), new SessionFile(file, ['before'])];
  await Promise.all([a.keep(['a1']), b.keep(['b1'])]);
  t.strictSame(readSession(file).sort(), ['a1', 'b1']);
  await Promise.all([a.keep(['a1', 'a2']), a.keep(['a3']), b.keep(['b2'])]);
  t.strictSame(readSession(file).sort(), ['a3', 'b2'], 'each its own, in order');
  t.strictSame(await readdir(folder), ['session'], 'nothing else is left');
});

t.test('a lock that a command has left behind is passed by', async (t) => {
  const file = join(t.testdir({}), 'session');
  await writeFile(`${file}.lock`, '');
  const old = new Date(Date.now() - 60_000);
  await utimes(`${file}.lock`, old, old);
  await new SessionFile(file, []).keep(['a']);
  t.strictSame(readSession(file), ['a']);
});

t.test('a file that cannot be written after the answer: the answer is printed', async (t) => {
  const folder = join(t.testdir({ folder: {} }), 'folder');
  const answer = { key: 'k', version: 'a-1', context: 'c'.repeat(24), replaced: [], beside: [] };
  const server = createServer(async (request, response) => {
    await rm(folder, { recursive: true });
    request.resume();
    const headers = { 'Content-Type': 'application/json', 'X-Session-Token': 'token' };
    response.writeHead(200, headers).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const flags = ['--endpoint', `127.0.0.1:${port}`, '--session-file', join(folder, 'session')];
  for (const words of [
    ['put', 'k', 'v'],
    ['delete', 'k'],
  ]) {
    await mkdir(folder, { recursive: true });
    const ran = await runWords([...words, ...flags, '-o', 'json']);
    t.match(ran, { status: OUTPUT_FAILED, err: /^quorate: --session-file .* cannot be written/ });
    t.match(ran.out, /"version": "a-1"/);
    t.match(ran.out, answer.context);
  }
});

t.test('each command goes on with the token of the one before', async (t) => {
  const sent: unknown[] = [];
  const read = { key: 'k', value: 1, version: 'a-1', context: 'c', written_at: 'now' };
  const written = { key: 'k', version: 'a-1', context: 'c'.repeat(24), replaced: [], beside: [] };
  const server = createServer((request, response) => {
    request.resume();
    // Beside it the client asks for the nodes of the cluster.
    if (!String(request.url).includes('/kv/')) {
      response.writeHead(404).end();
      return;
    }
    sent.push([request.method, request.headers['x-session-token']]);
    const headers = { 'Content-Type': 'application/json', 'X-Session-Token': `t${sent.length}` };
    const body = request.method === 'GET' ? read : written;
    response.writeHead(200, headers).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const file = join(t.testdir({}), 'session');
  const flags = ['--endpoint', `127.0.0.1:${port}`, '--session-file', file];
  for (const words of [
    ['put', 'k', 'v'],
    ['get', 'k'],
    ['delete', 'k'],
  ]) {
    t.match(await runWords([...words, ...flags]), { status: 0 });
  }
  t.strictSame(sent, [
    ['PUT', 'new'],
    ['GET', 't1'],
    ['DELETE', 't2'],
  ]);
  t.strictSame(readSession(file), ['t3']);
});
