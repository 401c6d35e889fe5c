/** Conditions of writes as clients write them (RFC 9110, 13.1). */
import t from 'tap';
import { preconditionOf, tagOf } from '../../../../lib/api/http/entity-tag.js';
import { serve } from '../served.js';

const PATH = '/api/v1/kv/a';
const VERSION = 'n1.1.0123456789ab.7';

t.test('a tag stands for its version, whatever the representation', async (t) => {
  const json = tagOf(VERSION, 'application/json', 'sealed--context');
  const bytes = tagOf(VERSION, 'text/plain', 'sealed--context');
  t.not(json, bytes);
  for (const tag of [json, bytes]) {
    t.same(preconditionOf(tag, undefined), { is: 'version', versions: [VERSION] });
  }
  t.same(preconditionOf('"a", "b:c"', undefined), { is: 'version', versions: ['a', 'b'] });
  t.same(preconditionOf(' * ', undefined), { is: 'present' });
  t.same(preconditionOf('W/"a"', undefined), { is: 'version', versions: [] }, 'weak: of none');
  t.same(preconditionOf(undefined, '*'), { is: 'absent' });
  t.equal(preconditionOf(undefined, undefined), undefined);
});

t.test('the headers of a write become its condition', async (t) => {
  const { node, send } = await serve(t);
  await send('DELETE', PATH, { headers: { 'If-Match': `"${VERSION}"` } });
  await send('PUT', PATH, {
    headers: { 'If-None-Match': '*', 'Content-Type': 'application/json' },
    body: '{"value":1}',
  });
  t.same(
    node.puts.map(({ precondition }) => precondition),
    [{ is: 'version', versions: [VERSION] }, { is: 'absent' }],
  );
});

t.test('what is no condition is refused', async (t) => {
  const { node, send } = await serve(t);
  const rows = [
    ['DELETE', { 'If-Match': 'x' }, 'if-match'],
    ['DELETE', { 'If-Match': '"x' }, 'if-match'],
    ['DELETE', { 'If-None-Match': '"x"' }, 'if-none-match'],
    ['DELETE', { 'If-Match': '"x"', 'If-None-Match': '*' }, 'if-match'],
    ['GET', { 'If-Match': '"x"' }, 'if-match'],
  ] as const;
  for (const [method, headers, field] of rows) {
    const answer = await send(method, PATH, { headers });
    t.match(answer.json, { status: 400, code: 'invalid_request', field }, JSON.stringify(headers));
  }
  t.equal(node.gets.length + node.puts.length, 0);
});
