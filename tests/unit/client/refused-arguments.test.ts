/** What callers hand in wrong is refused with its name and place, before anything is sent. */
import type { Test } from 'tap';
import t from 'tap';
import { z } from 'zod';
import {
  ArgumentError,
  FetchTransport,
  QuorateClient,
  rawJson,
} from '../../../lib/client/client.js';
import { answerOf, FakeTransport } from './fake-transport.js';

const ENDPOINT = 'http://a:1';
const WRITTEN = { key: 'k', version: 'v', context: 'c', replaced: [] };
const transport = new FakeTransport({ [ENDPOINT]: () => answerOf(200, WRITTEN) });
const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });

type Row = readonly [call: () => Promise<unknown>, says: RegExp];

const one = 1;
const putOne = { kind: 'put', key: 'k', value: 1 };
const strategy = { kind: 'strategy', strategy: 'union' } as const;
const add = (count: unknown) => [count];
const put = (value: unknown, options = {}, key: unknown = 'k') =>
  client.put(key as string, value as never, options);
const resolve = (resolution: unknown) => client.resolve('k', resolution as never, { context: 'c' });

const values: readonly Row[] = [
  [() => put(undefined), /the value is not JSON: undefined/],
  [() => put(() => 1), /not JSON: a function/],
  [() => put({ apples: undefined }), /the value\.apples is not JSON: undefined/],
  [() => put({ at: new Date(0) }), /the value\.at is not JSON: an object of class Date/],
  [() => put({ [Symbol('x')]: 1 }), /a name in the value is not JSON: Symbol\(x\)/],
  [() => put(['\ud800']), /the value\[0\] holds half of a surrogate pair/],
  [() => put(Number.NaN), /not JSON: NaN/],
  [() => put({ a: 1 }, { contentType: 'a/b' }), /a contentType is of bytes/],
  [async () => put(rawJson('1,"ttl":1')), /not one JSON text/],
  [async () => put(rawJson('1} {')), /not one JSON text/],
  [async () => put(rawJson('')), /not one JSON text/],
  [async () => put(rawJson('"\ud800"')), /half of a surrogate pair/],
  [() => put(new Uint8Array(1), { contentType: '' }), /contentType is printable ASCII/],
  [() => put(new Uint8Array(1), { contentType: 'application/JSON; a=b' }), /JSON is given as/],
  [() => put(one, {}, ''), /a key has at least one character/],
  [() => put(one, {}, 'a\ud800'), /a key holds half of a surrogate pair/],
  [() => put(one, {}, 7), /a key is a string, not 7/],
  [() => put(one, { level: 'größte' }), /level is printable ASCII/],
  [() => put(one, { level: 'one\r\nx-ttl: 1' }), /level is printable ASCII/],
  [() => put(one, { context: '' }), /context is printable ASCII, at least one character/],
  [() => put(one, { timeoutMilliseconds: Number.NaN }), /timeoutMilliseconds.*not NaN/],
  [() => put(one, { timeoutMilliseconds: -1 }), /timeoutMilliseconds is a number above 0/],
  [() => client.get('\udc00'), /half of a surrogate pair/],
  [() => client.get('k', { version: '\udc00' }), /version holds half/],
  [() => client.delete(''), /a key has at least one character/],
  [async () => resolve({ kind: 'value', value: rawJson('1,"a":2') }), /not one JSON text/],
  [() => resolve({ kind: 'value', value: undefined }), /not JSON: undefined/],
  [() => resolve({ kind: 'strategy', strategy: 7 }), /a strategy is a string/],
  [() => client.batch([{ kind: 'get', key: '' }]), /a key has at least one character/],
  [
    () => client.batch([{ kind: 'put', key: 'k', value: { a: 1n, b: add as unknown } }]),
    /value\.b is/,
  ],
  [() => client.batch([{ kind: 'drop' as 'get', key: 'k' }]), /of kind get, put or delete/],
  [() => client.batch(7 as never), /a list of operations/],
];

const options: readonly Row[] = [
  [() => client.batch([null as never]), /of kind get, put or delete/],
  [() => client.batch([{ ...putOne, ttlSeconds: 1 } as never]), /no option "ttlSeconds"/],
  [() => put(one, { ttlSeconds: 60 }), /put has no option "ttlSeconds"; there are .*ttl/],
  [() => put(one, { levle: 'one' }), /put has no option "levle"; there are level/],
  [() => put(one, { level: ['one'] }), /level is the name of a level.*, not an array/],
  [() => put(one, { level: 0 }), /level is the name of a level, or a number/],
  [() => put(one, { fallbacks: 'one' }), /fallbacks is a list, not "one"/],
  [() => put(one, { fallbacks: [['one']] }), /a level of fallbacks is/],
  [() => put(one, { ttl: '60' }), /ttl is whole seconds/],
  [() => put(one, { durability: 'disk' }), /durability is "sync" or "os" or "memory"/],
  [() => put(one, { explain: 'yes' }), /explain is true or false/],
  [() => put(one, { signal: {} }), /signal is an AbortSignal/],
  [() => put(one, { timeoutMilliseconds: 2 ** 31 }), /timeoutMilliseconds.*at most/],
  [() => put(one, 'one' as never), /the options of put are an object, not "one"/],
  [() => put(one, null as never), /the options of put are an object, not null/],
  [() => put(one, new Map()), /the options of put are an object/],
  [() => client.session().put('k', 1, null as never), /the options of put/],
  [() => client.session().put('k', 1, 'one' as never), /the options of put/],
  [() => client.session().get('k', null as never), /the options of get/],
  [() => client.get('k', { ttl: 1 } as never), /get has no option "ttl"/],
  [() => client.get('k', { readRepair: true as never }), /readRepair is "await" or/],
  [() => client.get('k', { parse: 'json' as never }), /parse is a function/],
  [() => client.delete('k', { readRepair: 'none' } as never), /delete has no option/],
  [() => client.listPage({ limit: 0 }), /limit is a whole number from 1 on/],
  [() => client.list({ prefx: 'a' } as never).next(), /list has no option "prefx"/],
  [() => client.resolve('cart', undefined as never, { context: 'c' }), /a resolution is of kind/],
  [() => resolve({ kind: 'drop' }), /a resolution is of kind strategy or value/],
  [() => client.resolve('k', strategy, undefined as never), /the options of resolve/],
  [() => client.resolve('k', strategy, {} as never), /a context is a string, not undefined/],
  [() => client.update('k', add, undefined as never), /the merge of an update is a function/],
  [() => client.update('k', 7 as never, add as never), /the change of an update is a function/],
  [() => client.update('k', add, add as never, { tries: 2 } as never), /no option "tries"/],
  [() => client.updateStrong('k', add, add as never), /the options of updateStrong are/],
  [() => client.control('GET', '/x', undefined as never), /the parse of a shape is a function/],
  [() => client.control('GET', 7 as never, z.unknown()), /a path is a string/],
];

const clients: readonly (readonly [options: object, says: RegExp])[] = [
  [{ retries: -1 }, /retries is a whole number from 0 on, not -1/],
  [{ retries: 'x' }, /retries is a whole number/],
  [{ hedgeAfterMilliseconds: 'x' }, /hedgeAfterMilliseconds is a number from 0 on, not "x"/],
  [{ zone: 5 }, /zone is a string, not 5/],
  [{ discover: 'x' }, /discover is true or false/],
  [{ namespace: 7 }, /namespace is a string/],
  [{ timeout: 5 }, /a QuorateClient has no option "timeout"; there are namespace, endpoints/],
  [{ transport: {} }, /transport is an object with the method send/],
];

async function refused(t: Test, rows: readonly Row[]): Promise<void> {
  for (const [call, says] of rows) {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    t.ok(error instanceof TypeError && error instanceof ArgumentError, String(says));
    t.match(String((error as Error | undefined)?.message), says);
  }
  t.same(transport.sent, []);
}

t.test('what cannot be sent as it is meant is a TypeError, and nothing is sent', (t) =>
  refused(t, values),
);

t.test('and so is an option that there is not, or that is of another kind', (t) =>
  refused(t, options),
);

t.test('a client, a session and a transport are refused as they are made', async (t) => {
  for (const endpoints of [[], ['ftp://x'], ['127.0.0.1:80'], [7], 'http://x', undefined]) {
    t.throws(() => new QuorateClient({ endpoints: endpoints as never }), ArgumentError);
  }
  for (const [wrong, says] of clients) {
    const made = () => new QuorateClient({ endpoints: [ENDPOINT], ...wrong });
    t.throws(made, { name: 'ArgumentError', message: says });
  }
  const refusals: readonly (() => unknown)[] = [
    () => new QuorateClient(undefined as never),
    () => new FetchTransport('fetch' as never),
    () => client.namespace(7 as never),
    () => client.session({ token: 'x' } as never),
    () => client.session(null as never),
    () => client.session({ tokens: 'x' as never }),
    () => client.session({ onTokens: 1 as never }),
  ];
  for (const refusal of refusals) t.throws(refusal, ArgumentError);
});
