/** Batches of the client and of the command, against the API over a node that answers as told. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rawJson, QuorateClient } from '../../../lib/client/client.js';
import { OperatingError } from '../../../lib/errors.js';
import type { FakeNode } from '../api/fake-node.js';
import { ABSENT, found, versionOf, WRITER, WRITTEN } from '../api/fake-node.js';
import { serve } from '../api/served.js';
import { runWords } from '../bin/fake-terminal.js';

const JSON_TYPE = 'application/json';

function prepare(node: FakeNode): void {
  node.answerGet = ({ key }) => {
    if (key === 'absent') return ABSENT;
    if (key === 'bytes') return found(versionOf(2, 'a/b', new Uint8Array([0, 1, 255])));
    const one = versionOf(1, JSON_TYPE, '12345678901234567890');
    return key === 'torn' ? found(one, versionOf(3, JSON_TYPE, '2')) : found(one);
  };
  node.answerPut = ({ key }) => {
    if (key === 'unknown') throw new OperatingError('outcome_unknown', 'too few answered');
    if (key === 'unread') throw new OperatingError('siblings', 'nobody has read them');
    return WRITTEN;
  };
}

t.test('each operation of a batch has the result that it would have had alone', async (t) => {
  const { node, port } = await serve(t);
  prepare(node);
  const client = new QuorateClient({ endpoints: [`http://127.0.0.1:${port}`], discover: false });
  const text = '12345678901234567890';
  const batch = await client.batch(
    [
      { kind: 'get', key: 'k' },
      { kind: 'get', key: 'bytes', level: 'one' },
      { kind: 'get', key: 'absent' },
      { kind: 'get', key: 'torn' },
      { kind: 'put', key: 'p', value: rawJson(text), ttl: 60, context: 'abc' },
      { kind: 'put', key: 'q', value: new Uint8Array([0, 255]), contentType: 'a/b' },
      { kind: 'delete', key: 'd' },
      { kind: 'put', key: 'unknown', value: 12345678901234567890n },
      { kind: 'delete', key: 'unread' },
    ],
    { level: 'two', durability: 'os', timeoutMilliseconds: 3000 },
  );
  t.equal(batch.failed, 4);
  const receipt = { level: 'quorum', replicas: '2/3' };
  t.match(batch.results, [
    {
      kind: 'value',
      stored: { kind: 'json', text },
      version: `${WRITER}.1`,
      context: 'Q29udGV4dA',
      receipt,
    },
    { kind: 'value', stored: { kind: 'bytes', contentType: 'a/b' }, version: `${WRITER}.2` },
    { kind: 'not-found', receipt },
    { kind: 'siblings', siblings: [{ stored: { kind: 'json', text } }, { value: 2 }], receipt },
    { kind: 'written', version: WRITTEN.version, replaced: WRITTEN.replaced, receipt },
    { kind: 'written' },
    { kind: 'written' },
    { kind: 'problem', code: 'outcome_unknown', outcome: 'unknown' },
    { kind: 'problem', status: 409, code: 'siblings', outcome: 'none' },
  ]);
  const [, second] = batch.results;
  t.same(second?.kind === 'value' && second.value, new Uint8Array([0, 1, 255]));
  t.match(node.gets, [{ level: 'two' }, { level: 'one' }]);
  t.match(node.puts[0], {
    ...{ durability: 'os', context: 'abc', level: 'two' },
    change: { ttlSeconds: 60, contentType: JSON_TYPE },
  });
  await t.rejects(client.batch([]), { code: 'invalid_request' });
});

t.test('the command takes a document or lines, and its status tells what failed', async (t) => {
  const { node, port } = await serve(t);
  prepare(node);
  const run = async (text: string, ...more: string[]) => {
    const file = join(t.testdir(), 'batch');
    writeFileSync(file, text);
    return runWords(['batch', file, '--endpoint', `http://127.0.0.1:${port}`, ...more]);
  };
  const good = '{"op":"put","key":"p","value":1}\n\n{"op":"get","key":"k"}\n';
  const table = await run(good);
  t.equal(table.status, 0, table.err);
  t.match(table.out, /#\s+STATUS\s+KEY/);
  t.match(table.out, /0\s+200\s+p\s+/);
  const json = await run('{"operations":[{"op":"get","key":"k"}]}', '-o', 'json');
  t.match(json.out, '"value": 12345678901234567890');
  const rows: readonly (readonly [text: string, status: number])[] = [
    ['{"op":"get","key":"k"}\n{"op":"get","key":"absent"}', 1],
    ['{"op":"get","key":"torn"}', 3],
    ['{"op":"get","key":"absent"}\n{"op":"put","key":"unknown","value":1}', 6],
    ['{"op":"got","key":"k"}', 2],
    ['{"op":"get",', 2],
    ['', 2],
  ];
  for (const [text, status] of rows) t.equal((await run(text)).status, status, text);
  const refused = await run('{"op":"get","key":"k"}\nno', '-o', 'json');
  t.match(refused.err, /line 2 is not JSON/);
  t.equal(refused.out, '');
});
