/** What reaches a node through the admin page, byte by byte: one request, framed, and no more. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { reached } from '../in-time.js';
import { assertProblem, say } from '../platform/listening.js';
import { pageOf } from './page-of.js';

type Answer = (received: string) => string | undefined;

const answerOf = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n${more}\r\n${body}`;
const HIDDEN = 'PUT /api/v1/kv/victim HTTP/1.1\r\nHost: n\r\nContent-Length: 1\r\n\r\n1';

/** Keeps each byte that a connection brings, and answers once, when `answer` says so. */
class RawNode {
  readonly id = 'n1';
  /** What each connection brought; without those that ask after health. */
  readonly #texts = new Map<Socket, string>();
  readonly #answered = new Set<Socket>();
  readonly #server: Server;

  constructor(answer: Answer) {
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        const text = (this.#texts.get(socket) ?? '') + chunk.toString('latin1');
        this.#texts.set(socket, text);
        const isHealth = text.startsWith('GET /healthz');
        const told = isHealth ? answerOf('') : answer(text);
        if (told === undefined || this.#answered.has(socket)) return;
        this.#answered.add(socket);
        socket.write(told);
      });
    });
  }

  async start(t: Test): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const socket of this.#texts.keys()) socket.destroy();
      this.#server.close();
    });
    return this;
  }

  get address(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** To all that are connected. */
  say(text: string): void {
    for (const socket of this.#texts.keys()) if (!socket.destroyed) socket.write(text);
  }

  get received(): string[] {
    const texts = [...this.#texts.values()];
    // The page learns of further nodes by the way.
    return texts.filter((text) => !/^GET \/(?:healthz|api\/v1\/cluster\/status) /.test(text));
  }
}

const whole: Answer = (text) => (text.includes('\r\n\r\n') ? answerOf('its own') : undefined);

async function between(t: Test, answer: Answer) {
  const node = await new RawNode(answer).start(t);
  const url = new URL(await pageOf(t, [node]));
  const ask = (method: string, lines: readonly string[], body = '', version = '1.1') => {
    const start = `${method} /nodes/n1/api/v1/kv/k HTTP/${version}`;
    const all = [start, `Host: ${url.host}`, 'X-Quorate-Page: 1', 'Connection: close', ...lines];
    return say(Number(url.port), `${all.join('\r\n')}\r\n\r\n${body}`);
  };
  return { node, ask };
}

const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

t.test('with a method that takes no body none is passed on', async (t) => {
  const { node, ask } = await between(t, whole);
  const refused = [
    [['Transfer-Encoding: chunked'], chunked(HIDDEN)],
    [['Transfer-Encoding: chunked', 'Expect: 100-continue'], chunked(HIDDEN)],
    [[`Content-Length: ${String(HIDDEN.length)}`], HIDDEN],
    [['Transfer-Encoding: chunked'], '0\r\nX-TTL: 5\r\n\r\n'],
  ] as const;
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    for (const [lines, body] of refused) {
      const answer = await ask(method, lines, body).answer;
      t.match(
        answer,
        /^(?:HTTP\/1.1 100 Continue\r\n\r\n)?HTTP\/1.1 400 /,
        `${method} ${lines[0]}`,
      );
    }
  }
  t.strictSame(node.received, [], 'no node has heard of it');
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    for (const lines of [['Transfer-Encoding: chunked'], ['Content-Length: 0']]) {
      const answer = await ask(method, lines, lines[0]?.startsWith('T') ? '0\r\n\r\n' : '').answer;
      t.match(answer, /^HTTP\/1.1 200 /, 'an empty one is none');
    }
  }
  for (const text of node.received) {
    t.match(text, /^(?:GET|HEAD|DELETE) \/api\/v1\/kv\/k HTTP\/1.1\r\n/);
    t.notMatch(text.toLowerCase(), /content-length|transfer-encoding|expect/);
    t.equal(text.split('\r\n\r\n')[1], '', 'nothing lies behind it');
  }
  t.equal(node.received.length, 6);
});

t.test('the other ones have a framing that is said', async (t) => {
  const { node, ask } = await between(t, (text) =>
    /END|: 0/.test(text) ? answerOf('') : undefined,
  );
  for (const method of ['PUT', 'POST']) {
    await ask(method, ['Content-Length: 5'], '1 END').answer;
    await ask(method, ['Transfer-Encoding: chunked'], chunked('1 END')).answer;
    await ask(method, [], '').answer;
  }
  t.equal(node.received.length, 6);
  const [known = '', chunks = '', none = ''] = node.received;
  t.match(known, /\r\ncontent-length: 5\r\n/i);
  t.match(chunks, /\r\ntransfer-encoding: chunked\r\n/i);
  t.notMatch(chunks, /content-length/i);
  t.match(none, /\r\ncontent-length: 0\r\n/i);
});

t.test('what two readers may frame differently is refused as a node refuses it', async (t) => {
  const { node, ask } = await between(t, whole);
  for (const [lines, status, version] of [
    [['Content-Length: 5', 'Transfer-Encoding: chunked'], 400],
    [['Transfer-Encoding: chunked', 'Content-Length: 5'], 400],
    [['Content-Length: 5', 'Content-Length: 6'], 400],
    [['Content-Length: 5', 'Content-Length: 5'], 400],
    [['Content-Length: +5'], 400],
    [['Transfer-Encoding : chunked'], 400],
    [['Transfer-Encoding: gzip, chunked'], 501],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 400],
    [['Transfer-Encoding: chunked'], 400, '1.0'],
    [['X-TTL: 1', 'X-TTL: 2'], 400],
    [['X-Consistency-Levle: all'], 400],
  ] as const) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await ask(method, lines, chunked('12345'), version).answer;
      t.match(answer, new RegExp(`^HTTP/1.1 ${String(status)} `), `${method} ${lines.join()}`);
    }
  }
  t.strictSame(node.received, []);
});

t.test('only headers that are known pass, in both directions', async (t) => {
  const told = 'X-Replicas: 2/3\r\nX-Session-Token: s\r\nSet-Cookie: a=b\r\nServer: x\r\n';
  const { node, ask } = await between(t, () => answerOf('', told));
  const known = ['X-Consistency-Level: one', 'If-None-Match: "a"', 'X-Explain: 1'];
  const others = ['Cookie: a=b', 'X-Forwarded-For: 10.0.0.1', 'Forwarded: for=1', 'X-Else: 1'];
  const answer = await ask('GET', [...known, ...others, 'Upgrade: h2c']).answer;
  const [text = ''] = node.received;
  for (const line of known) t.match(text.toLowerCase(), line.toLowerCase());
  t.notMatch(text, /cookie|forwarded|x-else|upgrade|x-quorate-page/i);
  t.match(answer, /\r\nx-replicas: 2\/3\r\n/i);
  t.match(answer, /\r\nx-session-token: s\r\n/i);
  t.notMatch(answer, /set-cookie|server:/i);
});

t.test('what a node says beyond its answer is given to nobody', async (t) => {
  let asked = 0;
  const twice: Answer = (text) => {
    if (!text.includes('\r\n\r\n')) return undefined;
    asked += 1;
    const poison = answerOf(`not asked for ${String(asked)}`);
    return answerOf(`its own ${String(asked)}`) + poison.repeat(3);
  };
  const { ask } = await between(t, twice);
  for (let n = 1; n <= 20; n += 1) {
    const answer = await ask('GET', []).answer;
    t.match(answer, new RegExp(`its own ${String(n)}$`));
  }
});

t.test('who waits to be asked for the body is asked, or refused, by the node', async (t) => {
  const { node, ask } = await between(t, (text) => {
    if (/content-length: 999999/i.test(text)) {
      return 'HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch';
    }
    return text.includes('END') ? answerOf('') : undefined;
  });
  const large = await ask('PUT', ['Expect: 100-continue', 'Content-Length: 999999999']).answer;
  t.match(large, /^HTTP\/1.1 413 [\s\S]*connection: close[\s\S]*much$/i);
  t.match(node.received[0], /expect: 100-continue/i);
  t.match((await ask('PUT', ['Expect: miracles', 'Content-Length: 5']).answer).slice(0, 12), /417/);
});

t.test('who was asked for it sends it, and the node has all of it', async (t) => {
  const { node, ask } = await between(t, (text) =>
    text.includes('END') ? answerOf('done') : undefined,
  );
  const { socket, answer } = ask('PUT', ['Expect: 100-continue', 'Content-Length: 3']);
  await reached('the node to hear of it', () => node.received.length === 1);
  t.notMatch(node.received[0], 'END');
  node.say('HTTP/1.1 100 Continue\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('END');
  t.match(await answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 [\s\S]*done$/);
});

t.test('a broken head names itself as a problem', async (t) => {
  const { ask } = await between(t, whole);
  assertProblem(t, await ask('GET', ['Content-Length: x']).answer, 400, 'invalid_request');
});
