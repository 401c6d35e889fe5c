/** Host, origin and framing: what is judged before anybody handles a request. */
import t from 'tap';
import { assertProblem, say, start } from './listening.js';

const CLOSE = 'Connection: close\r\n';

t.test('IP literals, localhost and configured names are served, in any spelling', async (t) => {
  const { listener, requests } = await start(t);
  const get = (host: string, target = '/'): Promise<string> =>
    say(listener.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`).answer;
  for (const host of [
    ...['localhost', 'LOCALHOST', 'localhost.', 'localhost:80', 'localhost:', '127.0.0.1:8090'],
    ...['10.1.2.3', '[::1]', '[::1]:8090', '[::ffff:127.0.0.1]', 'db.example', 'DB.Example.:1'],
  ]) {
    t.match(await get(host), /^HTTP\/1.1 200 /, host);
  }
  t.match(await get('localhost', 'http://127.0.0.1:8090/a'), /\/a:$/);
  t.match(await say(listener.port, 'GET / HTTP/1.0\r\n\r\n').answer, /^HTTP\/1.1 200 /);
  const count = requests.length;
  for (const host of [
    ...[
      'evil.example',
      'evil.example:8090',
      'localhost.evil.example',
      'xdb.example',
      'a.localhost',
    ],
    ...['127.0.0.1.evil.example', '127.1', '2130706433', '0x7f.0.0.1', 'db.example..'],
  ]) {
    assertProblem(t, await get(host), 421, 'misdirected_request');
  }
  assertProblem(t, await get('localhost', 'http://evil.example/a'), 421, 'misdirected_request');
  assertProblem(t, await get('evil.example', 'http://localhost/a'), 421, 'misdirected_request');
  const old = 'GET http://evil.example/ HTTP/1.0\r\n\r\n';
  assertProblem(t, await say(listener.port, old).answer, 421, 'misdirected_request');
  for (const host of [
    ...['', 'localhost:x', 'localhost:99999', 'user@localhost', 'localhost/', 'localhost?', '[::1'],
    ...['[localhost]', '[::1]x', 'local host', 'localhost, localhost', 'localhost:80:80', '[v1.a]'],
  ]) {
    assertProblem(t, await get(host), 400, 'invalid_request');
  }
  for (const target of ['http://a@localhost/', 'http://', 'ftp://localhost/', 'HTTP://[::1/']) {
    assertProblem(t, await get('localhost', target), 400, 'invalid_request');
  }
  t.equal(requests.length, count, 'none of them was served');
});

t.test('a target that is a whole address is its path, wherever it is looked at', async (t) => {
  const { listener, requests } = await start(t);
  const get = (target: string, method = 'GET'): Promise<string> =>
    say(listener.port, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`).answer;
  for (const [target, path] of [
    ['http://127.0.0.1:8090/a', '/a'],
    ['HTTP://localhost/a?b=http://x/y', '/a?b=http://x/y'],
    ['http://[::1]', '/'],
    ['http://localhost?a', '/?a'],
    ['http://localhost//a', '//a'],
  ] as const) {
    t.equal((await get(target)).split('\r\n\r\n')[1], `${path}:`, target);
  }
  const served = requests.length;
  for (const target of ['https://localhost/a', 'HTTPS://127.0.0.1:8090/a', 'https://[::1]']) {
    for (const method of ['GET', 'PUT', 'OPTIONS']) {
      assertProblem(t, await get(target, method), 421, 'misdirected_request');
    }
  }
  for (const target of ['httpss://localhost/', 'ws://localhost/', 'http:/localhost/', '**']) {
    assertProblem(t, await get(target), 400, 'invalid_request');
  }
  t.equal(requests.length, served, 'none of them was served');
});

t.test('HTTP is that of 1.1 and 1.0', async (t) => {
  const { listener, requests } = await start(t);
  for (const version of ['2.0', '0.9']) {
    for (const lines of ['', 'Host: localhost\r\n', 'Transfer-Encoding: chunked\r\n']) {
      const answer = await say(listener.port, `PUT / HTTP/${version}\r\n${lines}\r\n`).answer;
      assertProblem(t, answer, 505, 'http_version_unsupported');
    }
  }
  for (const version of ['1.2', '3.0', '1.10', '11']) {
    const answer = await say(listener.port, `GET / HTTP/${version}\r\n\r\n`).answer;
    assertProblem(t, answer, 400, 'invalid_request');
  }
  t.equal(requests.length, 0);
});

t.test('two hosts are none', async (t) => {
  const { listener, requests } = await start(t);
  for (const lines of [
    'Host: localhost\r\nHost: localhost\r\n',
    'Host: localhost\r\nhost: evil.example\r\n',
    'HOST: evil.example\r\nHost: localhost\r\n',
  ]) {
    for (const version of ['1.0', '1.1']) {
      const text = `GET / HTTP/${version}\r\n${lines}\r\n`;
      assertProblem(t, await say(listener.port, text).answer, 400, 'invalid_request');
    }
  }
  t.equal(requests.length, 0);
});

t.test('a page of another origin changes nothing', async (t) => {
  const { listener, requests } = await start(t);
  const ask = (method: string, host: string, ...origins: string[]): Promise<string> => {
    const lines = origins.map((origin) => `Origin: ${origin}\r\n`).join('');
    const head = `${method} / HTTP/1.1\r\nHost: ${host}\r\n${lines}${CLOSE}`;
    return say(listener.port, `${head}Content-Length: 0\r\n\r\n`).answer;
  };
  const own = [
    ['localhost:8090', 'http://localhost:8090'],
    ['LocalHost.:8090', 'http://localhost:8090'],
    ['[::1]:8090', 'http://[::1]:8090'],
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['db.example', 'https://DB.example'],
  ] as const;
  for (const [host, origin] of own) t.match(await ask('PUT', host, origin), /^HTTP\/1.1 200 /);
  t.match(await ask('GET', 'localhost', 'http://evil.example'), /^HTTP\/1.1 200 /, 'it reads');
  const served = requests.length;
  for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
    for (const origin of [
      ...['http://evil.example', 'null', '', 'http://localhost:8093', 'http://localhost:8090.evil'],
      ...['http://localhost:8090/', 'file://', 'http://127.0.0.1:8090', 'localhost:8090'],
    ]) {
      const answer = await ask(method, 'localhost:8090', origin);
      assertProblem(t, answer, 403, 'forbidden_origin');
    }
    const two = ['http://localhost:8090', 'http://localhost:8090'];
    assertProblem(t, await ask(method, 'localhost:8090', ...two), 403, 'forbidden_origin');
  }
  const text = `PUT / HTTP/1.0\r\nOrigin: http://localhost\r\nContent-Length: 0\r\n\r\n`;
  assertProblem(t, await say(listener.port, text).answer, 403, 'forbidden_origin');
  t.equal(requests.length, served);
});

t.test('a body in a framing that is not understood is not read', async (t) => {
  const { listener, requests } = await start(t);
  const send = (lines: string, version = '1.1'): Promise<string> => {
    const head = `PUT / HTTP/${version}\r\nHost: localhost\r\n${lines}\r\n`;
    return say(listener.port, `${head}3\r\nabc\r\n0\r\n\r\n`).answer;
  };
  for (const coding of ['gzip, chunked', 'identity, chunked', 'gzip,chunked', 'x-y;q=1, chunked']) {
    const answer = await send(`Transfer-Encoding: ${coding}\r\n`);
    assertProblem(t, answer, 501, 'not_implemented');
  }
  const twice = 'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n';
  assertProblem(t, await send(twice), 501, 'not_implemented');
  for (const lines of [
    ...['Transfer-Encoding: gzip\r\n', 'Transfer-Encoding: chunked, gzip\r\n'],
    ...['Transfer-Encoding: xchunked\r\n', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n'],
    ...['Content-Length: 3\r\nTransfer-Encoding: gzip, chunked\r\n', 'Content-Length: +3\r\n'],
    ...['Content-Length: 3, 3\r\n', 'Content-Length: -1\r\n', 'Content-Length: 0x3\r\n'],
  ]) {
    t.match(await send(lines), /^HTTP\/1.1 (400|501) /, lines);
  }
  assertProblem(t, await send('Transfer-Encoding: chunked\r\n', '1.0'), 400, 'invalid_request');
  t.equal(requests.length, 0, 'none of them was served');
  t.match(await send(`Transfer-Encoding: Chunked\r\n${CLOSE}`), /abc$/);
});

t.test('expectations: one is known', async (t) => {
  const { listener, requests } = await start(t);
  const send = (expect: string): Promise<string> =>
    say(
      listener.port,
      `PUT / HTTP/1.1\r\nHost: localhost\r\n${expect}${CLOSE}Content-Length: 3\r\n\r\nabc`,
    ).answer;
  for (const expect of [
    ...['Expect: miracles\r\n', 'Expect: 100-continue, miracles\r\n', 'Expect: x-100-continue\r\n'],
    'Expect: 100-continue\r\nExpect: 100-continue\r\n',
  ]) {
    assertProblem(t, await send(expect), 417, 'expectation_failed');
  }
  t.equal(requests.length, 0);
  t.match(await send('Expect: 100-Continue\r\n'), /abc$/);
});

t.test('what asks for another protocol is answered in this one', async (t) => {
  const { listener } = await start(t);
  const head = 'GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n';
  const next = `GET /b HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`;
  for (const upgrade of ['h2c', 'websocket', 'TLS/1.0, HTTP/1.1']) {
    const answer = await say(listener.port, `${head}Upgrade: ${upgrade}\r\n\r\n${next}`).answer;
    t.match(answer, /connection: close[\s\S]*\/a:$/i, upgrade);
  }
  const preface = await say(listener.port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').answer;
  t.match(preface, /^HTTP\/1.1 400 |^$/);
  for (const line of ['OPTIONS *', 'TRACE /', 'OPTIONS /']) {
    const text = `${line} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`;
    t.match(await say(listener.port, text).answer, /^HTTP\/1.1 200 /, 'they are for the handler');
  }
});
