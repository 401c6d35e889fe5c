/** A key whose context is long can be read, changed and deleted by clients that bound headers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import { GotTransport } from '../../../../bin/got-transport.js';
import { getAnswer } from '../../../../lib/api/http/get-answer.js';
import { problemReply } from '../../../../lib/api/http/problem.js';
import { putAnswer } from '../../../../lib/api/http/put-answer.js';
import type { HttpReply } from '../../../../lib/api/http/reply.js';
import { readGet } from '../../../../lib/client/read-answer.js';
import { FetchTransport, type HttpTransport } from '../../../../lib/client/transport.js';
import { OperatingError } from '../../../../lib/errors.js';
import type { Version } from '../../../../lib/versioning/siblings.js';

/** As much as nine owners at the greatest limit merge into. */
const LONG = 'x'.repeat(9 * 90_000);
const SHORT = 'y'.repeat(4096);
const CONTEXT = 'X-Causal-Context';
const receipt = { level: 'quorum', answered: 3, asked: 3, standIns: 0 } as const;

const version = (n: number, contentType: string): Version => ({
  ...{ dot: { writer: 'n1.1.0123456789ab', n }, state: 'value', contentType },
  ...{ value: Buffer.from('1'), writtenAt: 1.8e15, expiresAt: undefined },
});

const view = {
  ...{ key: 'k', asList: false, version: undefined, accept: undefined },
  ...{ ifNoneMatch: undefined, requestId: 'r' },
};
const read = (siblings: readonly Version[], context: string, fields = {}): HttpReply => {
  const answer = { siblings, recorded: true, context, receipt, sessions: [] };
  return getAnswer(answer as unknown as Parameters<typeof getAnswer>[0], { ...view, ...fields });
};
const json = version(1, 'application/json');
const bytes = version(1, 'text/plain');

/** Each answer of a key that has a context. */
const REPLIES: Readonly<Record<string, (context: string) => HttpReply>> = {
  'a value': (context) => read([json], context),
  siblings: (context) => read([json, version(2, 'text/plain')], context),
  'a list of siblings': (context) => read([json], context, { asList: true }),
  'no value': (context) => read([], context),
  'bytes within JSON': (context) => read([bytes], context, { accept: 'application/json' }),
  'a write': (context) => {
    const answer = { version: 'n1.1.a.1', context, replaced: [], beside: [], receipt };
    return putAnswer(answer as unknown as Parameters<typeof putAnswer>[0], 'k');
  },
  'a condition that does not hold': (context) => {
    const details = { version: 'n1.1.a.1', content_type: 'text/plain', context };
    return problemReply(new OperatingError('precondition_failed', 'no', { details }), 'r');
  },
};

function contextIn({ headers }: HttpReply): unknown {
  const at = headers.indexOf(CONTEXT);
  return at < 0 ? undefined : headers[at + 1];
}

for (const [name, reply] of Object.entries(REPLIES)) {
  t.test(`${name}: where it is long, the body alone has it`, async (t) => {
    t.equal(contextIn(reply(SHORT)), SHORT);
    t.equal(contextIn(reply(LONG)), undefined);
    t.match(JSON.parse(String(reply(LONG).body)), { context: LONG });
    for (const transport of [new FetchTransport(), new GotTransport()]) {
      const answer = await sentBy(t, transport, reply(LONG));
      t.match(answer, { kind: 'http', status: reply(LONG).status });
    }
  });
}

t.test('stored bytes have it in a header, however long; the command line reads that', async (t) => {
  const reply = read([bytes], LONG);
  t.equal(contextIn(reply), LONG);
  const answer = await sentBy(t, new GotTransport(), reply);
  t.match(answer.kind === 'http' && readGet(answer), { kind: 'value', context: LONG });
});

t.test('the client finds the context of what is not there in the body', async (t) => {
  const answer = await sentBy(t, new FetchTransport(), read([], LONG));
  t.match(answer.kind === 'http' && readGet(answer), { kind: 'not-found', context: LONG });
});

async function sentBy(t: Test, transport: HttpTransport, { status, headers, body }: HttpReply) {
  const server = createServer((_, response) => {
    response.writeHead(status, headers as string[]).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const request = { method: 'GET', path: '/', headers: {} } as const;
  return transport.send(`http://127.0.0.1:${port}`, request, AbortSignal.timeout(20_000));
}
