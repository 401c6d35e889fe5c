/** A body that comes slowly takes from the time that its request has named. */
import { request as httpRequest } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { serve } from '../served.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const REQUESTS: readonly (readonly [method: string, path: string, body: string])[] = [
  ['PUT', '/api/v1/kv/k', '{"value":1}'],
  ['POST', '/api/v1/kv/k/conflicts/resolve', '{"context":"a","strategy":"max"}'],
  ['POST', '/api/v1/batch', '{"operations":[{"op":"put","key":"b","value":1}]}'],
  ['POST', '/api/v1/config/consistency', '{"default_level":"one"}'],
];

/** The body in two parts; the second one comes so many milliseconds later. */
async function sendSlowly(
  port: number,
  [method, path, body]: (typeof REQUESTS)[number],
  more: Readonly<Record<string, string>>,
  milliseconds: number,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const headers = { ...JSON_TYPE, ...more, 'Content-Length': String(body.length) };
  const sent = httpRequest({ port, host: '127.0.0.1', method, path, headers });
  const answered = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
  });
  sent.write(body.slice(0, 5));
  await setTimeout(milliseconds);
  sent.end(body.slice(5));
  return answered;
}

for (const asked of REQUESTS) {
  const [method, path] = asked;
  t.test(`${method} ${path}`, async (t) => {
    const { node, port } = await serve(t);
    const late = await sendSlowly(port, asked, { 'X-Timeout': '40' }, 80);
    t.equal(late.status, 504);
    t.match(JSON.parse(late.text), { code: 'deadline_passed', outcome: 'none' });
    t.equal(node.puts.length, 0);
    const usual = await sendSlowly(port, asked, {}, 80);
    t.not(usual.status, 504, 'who names no time has the usual one from then on');
  });
}
