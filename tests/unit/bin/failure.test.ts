/** What a command says of a refusal, and its status. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import { runWords } from './fake-terminal.js';

/** A node that answers everything alike. */
async function answering(t: Test, status: number, body: object): Promise<string[]> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  return ['--endpoint', `127.0.0.1:${(server.address() as AddressInfo).port}`];
}

const refusal = {
  ...{ type: '/docs#x', title: 'x', status: 503, detail: 'not enough', code: 'level_not_reached' },
  ...{ retryable: true, outcome: 'none', request_id: 'r' },
};

t.test('details of a refusal are shown, and nothing of them commands the terminal', async (t) => {
  const words = await answering(t, 503, {
    ...refusal,
    ...{ required: 2, up: ['n1', 'n\u001b[31m2'], replicas: { n1: 'late' } },
  });
  const { status, err, out } = await runWords(['put', 'k', 'v', ...words]);
  t.equal(status, 5);
  t.equal(out, '');
  const lines = [
    ...['  required: 2', '  up: n1, n\\u{1b}[31m2', '  replicas: n1 late'],
    '  try: --level with a weaker one, or --fallback; quorate levels tells what works',
  ];
  t.equal(err, `quorate: not enough (level_not_reached)\n${lines.join('\n')}\n`);
});

t.test('several fields at fault: each has a line, and none is JSON', async (t) => {
  const problems = [
    { field: 'foo', message: 'is not known here' },
    { field: 'bar', message: 'must be a number' },
    { field: 'body', message: 'name at least one field' },
  ];
  const detail = 'foo: is not known here';
  const body = { ...refusal, status: 400, code: 'invalid_request', detail };
  const words = await answering(t, 400, { ...body, ...{ field: 'foo', problems } });
  const { status, err } = await runWords(['config', 'set', 'foo=1', ...words]);
  t.equal(status, 2);
  t.equal(err, `quorate: ${detail} (invalid_request)\n  bar: must be a number\n`);
});

t.test('a dry run says that nothing was changed', async (t) => {
  const body = { version: '3-x', settings: { default_level: 'one' }, nodes: [], dry_run: true };
  const words = await answering(t, 200, body);
  const { out } = await runWords(['config', 'set', 'default_level=one', '--dry-run', ...words]);
  t.match(out, /^SETTING +WOULD BE\n/);
  t.match(out, /\n\ndry run: nothing was changed\n$/);
  t.notMatch(out, /3-x/);
});

for (const [verdict, status] of [
  ['ok', 0],
  ['degraded', 8],
  ['failing', 5],
] as const) {
  t.test(`quorate status exits with its verdict: ${verdict}`, async (t) => {
    const words = await answering(t, 200, {
      ...{ cluster: 'c', node: 'n1', epoch: 1, partitions: 8, replicas_effective: 3 },
      ...{ partitions_under_replicated: 0, partitions_without_quorum: 0, nodes: [], alerts: [] },
      clients: { rate_limit: { max: 0, window_s: 60, refused: 0 } },
      verdict,
    });
    const ran = await runWords(['status', '-o', 'value', ...words]);
    t.equal(ran.status, status);
    t.equal(ran.out, `${verdict}\n`);
  });
}
