/** What the compiler says of values that programs hand in: each line is checked by the build. */
import t from 'tap';
import {
  ArgumentError,
  type JsonOf,
  QuorateClient,
  rawJson,
  type Storable,
  type StorableOf,
} from '../../../lib/client/client.js';
import { answerOf, FakeTransport } from './fake-transport.js';

const ENDPOINT = 'http://a:1';
const WRITTEN = { key: 'k', version: 'v', context: 'c', replaced: [] };
const transport = new FakeTransport({ [ENDPOINT]: () => answerOf(200, WRITTEN) });
const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
const session = client.session();

interface Item {
  readonly name: string;
  readonly pieces: number;
}

/** No index signature, an optional member. */
interface Cart {
  items: Item[];
  note?: string;
}

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

declare const marked: unique symbol;
type CartId = string & { readonly [marked]: 'cart' };
type Checked = Cart & { readonly [marked]: true };

enum Colour {
  Red = 'red',
}

const cart: Cart = { items: [{ name: 'milk', pieces: 1 }] };
const tree: Tree = { name: 'root', children: [{ name: 'leaf', children: [] }] };
const json: Json = { a: [1, { b: null }] };
const id = 'cart:17' as CartId;
const either = cart as Cart | readonly string[] | null;
const parsed: Record<string, unknown> = { a: 1 };
const some = { ...cart } as object;
const union = (carts: readonly Cart[]): Cart => ({ items: carts.flatMap(({ items }) => items) });

/** A program's own function for values of any type. */
const save = <Value extends Storable>(key: string, value: StorableOf<Value>) =>
  client.put<Value>(key, value);

t.test('what can be stored compiles', async (t) => {
  const calls: readonly (() => Promise<unknown>)[] = [
    () => client.put('k', cart),
    () => client.put<Cart>('k', { items: [], note: 'x' }),
    () => client.put('k', { items: ['milk'] } satisfies JsonOf<object>),
    () => client.put('k', { id, at: 1, of: { deep: [[true], [null]] }, big: 1n }),
    () => client.put('k', id),
    () => client.put('k', { ...cart } as Checked),
    () => client.put('k', tree),
    () => client.put('k', json),
    () => client.put('k', either),
    () => client.put('k', parsed),
    () => client.put('k', some),
    () => client.put('k', [1, 'a', null]),
    () => client.put('k', [1, ['a']] as const),
    () => client.put('k', new Map([['a', 1]]).size),
    () => client.put('k', Object.fromEntries(new Map([['a', 1]]))),
    () => client.put('k', { colour: Colour.Red, price: rawJson('1.10') }),
    () => client.put('k', rawJson('1.10')),
    () => client.put('k', new Uint8Array(1), { contentType: 'image/png' }),
    () => client.put('k', Buffer.from('a')),
    () => save('k', cart),
    () => session.put('k', cart),
    () => client.resolve('k', { kind: 'value', value: cart }, { context: 'c' }),
    () => client.batch([{ kind: 'put', key: 'k', value: cart }]),
    () =>
      client.batch([
        { kind: 'put', key: 'k', value: 1 },
        { kind: 'put', key: 'k', value: new Uint8Array(1) },
        { kind: 'get', key: 'k' },
        { kind: 'delete', key: 'k' },
      ]),
  ];
  for (const call of calls) await call().catch((error: unknown) => t.notOk(isRefusal(error)));
});

const isRefusal = (error: unknown): boolean => error instanceof ArgumentError;
const get = { ok: true };
const later = Promise.resolve(1);
const NO_ITEMS = { items: [] };

/** Has a method, as most classes have. */
class Account {
  readonly owner = 'a';
  close(): void {}
}

t.test('what is refused when it is sent does not compile', async (t) => {
  const calls: readonly (() => Promise<unknown>)[] = [
    // @ts-expect-error a function
    () => client.put('k', () => 1),
    // @ts-expect-error a class
    () => client.put('k', Account),
    // @ts-expect-error
    () => client.put('k', undefined),
    // @ts-expect-error
    () => client.put('k', Symbol('a')),
    // @ts-expect-error a member that is there, though it has no value
    () => client.put('k', { a: undefined }),
    // @ts-expect-error an item, the same
    () => client.put('k', [undefined]),
    // @ts-expect-error a member of a member
    () => client.put('k', { a: { at: new Date(0) } }),
    // @ts-expect-error
    () => client.put('k', new Date(0)),
    // @ts-expect-error
    () => client.put('k', [new Map([['a', 1]])]),
    // @ts-expect-error
    () => client.put('k', { all: new Set([1]) }),
    // @ts-expect-error bytes are a value, no member
    () => client.put('k', { face: new Uint8Array(1) }),
    // @ts-expect-error an await was forgotten
    () => client.put('k', later),
    // @ts-expect-error a member that is a function
    () => client.put('k', { get: () => get }),
    // @ts-expect-error a class with a method
    () => client.put('k', new Account()),
    // @ts-expect-error
    () => save('k', { at: new Date(0) }),
    // @ts-expect-error
    () => session.put('k', { at: new Date(0) }),
    // @ts-expect-error
    () => client.resolve('k', { kind: 'value', value: { at: new Date(0) } }, { context: 'c' }),
    // @ts-expect-error
    () => client.batch([{ kind: 'put', key: 'k', value: { at: new Date(0) } }]),
    // @ts-expect-error
    () => client.batch([{ kind: 'put', key: 'k', value: undefined }]),
  ];
  const before = transport.sent.length;
  for (const call of calls) await t.rejects(call(), ArgumentError, String(call));
  t.equal(transport.sent.length, before, 'and nothing is sent');
});

t.test('changes and merges give what can be stored', async (t) => {
  const calls: readonly (() => Promise<unknown>)[] = [
    () => client.update<Cart>('k', (now) => now ?? NO_ITEMS, union),
    () => client.update('k', (now: Cart | undefined) => now ?? NO_ITEMS, union),
    () => client.update<Cart>('k', async (now) => now ?? NO_ITEMS, union),
    () => client.updateStrong<number>('k', (now) => (now ?? 0) + 1),
    () => client.updateStrong('k', (now?: Cart) => now ?? NO_ITEMS, { merge: union }),
    // @ts-expect-error the member is a Date
    () => client.update<{ at: Date }>('k', () => ({ at: new Date(0) }), union),
    // @ts-expect-error
    () => client.updateStrong<Date>('k', () => new Date(0)),
    // @ts-expect-error
    () => session.updateStrong<() => number>('k', () => () => 1),
  ];
  for (const call of calls) t.type(call, 'function');
});

t.test('what is left out stays optional; unknown is for the run', async (t) => {
  const same: StorableOf<Cart> = cart;
  const anything: JsonOf<unknown> = same;
  t.equal(anything, cart);
  await t.rejects(client.put('k', { a: get.ok ? later : 1 } as { a: unknown }), ArgumentError);
});
