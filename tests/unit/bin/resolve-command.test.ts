/** `quorate resolve`: one key or all, for good or as a dry run. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { runWords } from './fake-terminal.js';

interface Asked {
  readonly what: string;
  readonly body: unknown;
}

interface Store {
  readonly words: readonly string[];
  readonly asked: Asked[];
}

const KEYS = ['a', 'b b', 'gone', 'stuck'];

/** Keys in conflict: two pages of them; `gone` was resolved meanwhile, `stuck` cannot be. */
async function store(t: Test): Promise<Store> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? '', 'http://x');
      asked.push({
        what: `${request.method} ${request.url}`,
        body: text === '' ? undefined : JSON.parse(text),
      });
      const [status, answer] = answerTo(url);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { words: ['--endpoint', `http://127.0.0.1:${port}`], asked };
}

function answerTo({ pathname, searchParams }: URL): readonly [status: number, answer: object] {
  if (/\/namespaces\/[a-z]+\/conflicts$/.test(pathname)) {
    const first = searchParams.get('cursor') === null;
    const keys = first ? KEYS.slice(0, 3) : KEYS.slice(3);
    const rows = keys.map((key) => ({ namespace: 'default', key, since: 'then' }));
    return [200, { conflicts: rows, unanswered: ['n3'], ...(first ? { cursor: 'next' } : {}) }];
  }
  const [, name = '', end] = /\/kv\/([^/]+)\/conflicts(\/resolve)?$/.exec(pathname) ?? [];
  const key = decodeURIComponent(name);
  if (end === undefined) {
    const siblings = key === 'gone' ? [] : [{ version: '1-a' }, { version: '1-b' }];
    // As a node does: also where there is no conflict.
    return [200, { in_conflict: key !== 'gone', siblings, context: `of ${key}` }];
  }
  if (key === 'stuck') {
    const more = { outcome: 'none', retryable: false, status: 400, title: 't', type: '/' };
    return [400, { code: 'invalid_request', detail: 'max wants numbers', ...more }];
  }
  if (searchParams.get('dry_run') === '1') {
    return [200, { key, dry_run: true, value: [12345678901234], replaced: ['1-a', '1-b'] }];
  }
  return [200, { version: '2-a', context: 'after', replaced: ['1-a', '1-b'] }];
}

t.test('a dry run shows what would be kept, and writes nothing', async (t) => {
  const { words, asked } = await store(t);
  const run = (format: string) =>
    runWords(['resolve', 'a', '--strategy', 'max', '--dry-run', '-o', format, ...words]);
  const shown = await run('table');
  t.equal(shown.status, 0);
  t.match(shown.out, /^KEY +WOULD BECOME +REPLACES\na +\[12345678901234\] +1-a 1-b\n$/);
  t.equal((await run('value')).out, '[12345678901234]\n');
  t.strictSame(JSON.parse((await run('json')).out), {
    ...{ key: 'a', dry_run: true, value: [12345678901234], replaced: ['1-a', '1-b'] },
  });
  t.strictSame(asked.slice(0, 2), [
    { what: 'GET /api/v1/kv/a/conflicts', body: undefined },
    {
      what: 'POST /api/v1/kv/a/conflicts/resolve?dry_run=1',
      body: { context: 'of a', strategy: 'max' },
    },
  ]);
  const context = 'c'.repeat(24);
  const given = ['resolve', 'a', '--value', 'x', '--context', context, '--dry-run', ...words];
  t.equal((await runWords(given)).status, 0);
  t.strictSame(asked.at(-1)?.body, { context, value: 'x' });
  const gone = await runWords(['resolve', 'gone', '--strategy', 'max', '--dry-run', ...words]);
  t.match(gone, { status: 4, err: /not in conflict/ });
});

t.test('all of a namespace, page after page; a failure stops nobody, and is shown', async (t) => {
  const { words, asked } = await store(t);
  const all = ['resolve', '--all', '--strategy', 'max', ...words];
  const dry = await runWords([...all, '--dry-run']);
  t.equal(dry.status, 2);
  t.match(dry.out, /^KEY +SIBLINGS +OUTCOME\na +2 +would become \[12345678901234\]\n/);
  t.match(
    dry.out,
    /\ngone +0 +in conflict no more\nstuck +2 +invalid_request: max wants numbers\n$/,
  );
  t.match(dry.err, 'no answer from n3');
  const posts = asked.filter(({ what }) => what.startsWith('POST'));
  t.strictSame(
    posts.map(({ what }) => what),
    ['a', 'b%20b', 'stuck'].map((key) => `POST /api/v1/kv/${key}/conflicts/resolve?dry_run=1`),
  );
  t.strictSame(
    posts.map(({ body }) => (body as { readonly context: string }).context),
    ['of a', 'of b b', 'of stuck'],
    'each by the siblings that were read',
  );
  t.ok(asked.some(({ what }) => what.endsWith('cursor=next')));
  const done = await runWords([...all, '-o', 'json', '--limit', '3']);
  t.equal(done.status, 0);
  t.match(done.err, 'there are more');
  t.strictSame(JSON.parse(done.out), {
    keys: [
      { key: 'a', siblings: 2, version: '2-a' },
      { key: 'b b', siblings: 2, version: '2-a' },
      { key: 'gone', siblings: 0 },
    ],
  });
});

t.test('the keys are those of the namespace that is named', async (t) => {
  const { words, asked } = await store(t);
  await runWords(['resolve', '--all', '--strategy', 'max', '--namespace', 'shop', ...words]);
  t.match(asked[0]?.what, /^GET \/api\/v1\/namespaces\/shop\/conflicts\?/);
  t.ok(asked.some(({ what }) => what.startsWith('POST /api/v1/namespaces/shop/kv/a/')));
});

t.test('what does not go together is refused before anything is asked', async (t) => {
  const { words, asked } = await store(t);
  for (const given of [
    ['--strategy', 'max'],
    ['a', '--all', '--strategy', 'max'],
    ['--all', '--value', 'x'],
    ['--all', '--strategy', 'max', '--context', 'c'],
    ['--all', '--strategy', 'max', '--idempotency-key', 'i'],
    ['--all', '--strategy', 'max', '--limit', '0'],
  ]) {
    const ran = await runWords(['resolve', ...given, ...words]);
    t.match(ran, { status: 2, out: '', err: /^quorate: / }, given.join(' '));
  }
  t.strictSame(asked, []);
});
