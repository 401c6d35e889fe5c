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
    ...['  required: 2', '  up: n1, n\\u{1b}[31m2', '  replicas: {"n1":"late"}'],
    '  try: --level with a weaker one, or --fallback; quorate levels tells what works',
  ];
  t.equal(err, `quorate: not enough (level_not_reached)\n${lines.join('\n')}\n`);
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
