/** The outbox: one message a peer, kind and turn, bounded in bytes, and gone with its link. */
import t from 'tap';
import { LARGE_BYTES } from '../../../lib/encoding/large.js';
import type { LayoutWriter } from '../../../lib/encoding/layout.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import { HOT, type HotKind, type HotMessage, type SlotId } from '../../../lib/rpc/hot-messages.js';
import { Outbox } from '../../../lib/rpc/outbox.js';
import { FakeTransport } from './fake-transport.js';

/** A link that opens, fills up and leaves as the test says. */
class Wire extends FakeTransport {
  readonly sent: [to: NodeId, kind: number, items: Buffer, beside?: unknown][] = [];
  /** Bytes that it still takes. */
  room = Number.POSITIVE_INFINITY;

  send(to: NodeId, message: unknown): boolean {
    const [kind, items, ...beside] = message as [number, Buffer];
    if (!this.open || items.length > this.room) return false;
    this.sent.push([to, kind, items, ...beside]);
    this.room -= items.length;
    return true;
  }
}

const ID = { slot: 0, generation: 0 };

function setUp() {
  const wire = new Wire();
  const unsent: [NodeId, HotMessage][] = [];
  let commit = 5;
  const outbox = new Outbox({
    transport: wire,
    commitNumber: () => commit,
    onUnsent: (to, message) => unsent.push([to, message]),
  });
  const write = (writer: LayoutWriter, _: SlotId, body: Uint8Array): void => writer.raw(body);
  const add = (
    text: string,
    { to = 'b', kind = HOT.refused as HotKind, head = [0, 0] as readonly [number, number] } = {},
  ): boolean => {
    const [first, second] = head;
    return outbox.add(to, { kind, first, second, write, id: ID, body: Buffer.from(text) });
  };
  const texts = (): string[] =>
    wire.sent.map(([to, kind, items]) => `${to} ${kind} ${items.toString('latin1')}`);
  const setCommit = (number: number): void => {
    commit = number;
  };
  return { wire, outbox, unsent, add, texts, write, setCommit };
}

t.test('what comes together for a peer leaves as one message a kind', async (t) => {
  const { wire, add, texts } = setUp();
  for (const text of ['one ', 'two ', 'three']) t.ok(add(text));
  t.ok(add('other', { to: 'c' }));
  const head = [0x6463_6261, 0x6867_6665] as const;
  t.ok(add('Ask', { kind: HOT.reads, head }));
  t.strictSame(wire.sent, [], 'not before the turn ends');
  wire.endTurn();
  t.strictSame(texts(), ['b 3 abcdefghAsk', 'b 7 one two three', 'c 7 other']);
  wire.endTurn();
  t.equal(wire.sent.length, 3);
  t.ok(add('next'));
  wire.endTurn();
  t.equal(texts().at(-1), 'b 7 next');
});

t.test('items with another head are another message, in order', async (t) => {
  const { wire, add } = setUp();
  for (const head of [1, 1, 2]) add('x', { kind: HOT.reads, head: [head, 7] });
  wire.endTurn();
  t.strictSame(
    wire.sent.map(([, , items]) => [items.readUInt32LE(0), items.length]),
    [
      [1, 10],
      [2, 9],
    ],
  );
});

t.test('acknowledgements carry what is durable when they leave', async (t) => {
  const { wire, add, setCommit } = setUp();
  add('x', { kind: HOT.stored, head: [3, 0] });
  setCommit(6);
  add('y', { kind: HOT.stored, head: [3, 0] });
  setCommit(7);
  wire.endTurn();
  const [sent] = wire.sent;
  t.strictSame([sent?.[2].readDoubleLE(0), sent?.[2].readDoubleLE(8)], [3, 7]);
});

t.test('a message that is full leaves at once; no more waits than fits one', async (t) => {
  const { wire, add } = setUp();
  const kilobyte = 'k'.repeat(1_000);
  for (let n = 0; n < 200; n += 1) t.ok(add(kilobyte));
  t.equal(wire.sent.length, 3);
  t.ok(wire.sent.every(([, , items]) => items.length <= LARGE_BYTES));
  wire.endTurn();
  t.equal(
    wire.sent.reduce((sum, [, , items]) => sum + items.length, 0),
    200_000,
  );
});

t.test('a link that takes no more refuses the item, and what waited leaves', async (t) => {
  const { wire, add, unsent } = setUp();
  wire.room = 0;
  let taken = 0;
  while (add('k'.repeat(1_000))) taken += 1;
  t.equal(taken, Math.floor(LARGE_BYTES / 1_000));
  t.notOk(add('k'.repeat(1_000)), 'and the next');
  t.ok(add('c', { to: 'c' }), 'others are others');
  wire.room = Number.POSITIVE_INFINITY;
  wire.endTurn();
  t.strictSame(
    wire.sent.map(([to, , items]) => [to, items.length]),
    [
      ['b', taken * 1_000],
      ['c', 1],
    ],
  );
  t.strictSame(unsent, []);
});

t.test('who was promised a place and got none is notified at the end of the turn', async (t) => {
  const { wire, add, unsent, texts } = setUp();
  t.ok(add('lost'));
  wire.room = 3;
  wire.endTurn();
  t.match(unsent, [['b', [HOT.refused, Buffer.from('lost')]]]);
  wire.room = 100;
  t.ok(add('new'));
  wire.endTurn();
  t.strictSame(texts(), ['b 7 new'], 'it is not sent later');
});

t.test('what waits for a link that closes does not leave on the next', async (t) => {
  const { wire, outbox, add, unsent, texts } = setUp();
  t.ok(add('stale'));
  outbox.forget('b');
  outbox.forget('nobody');
  t.ok(add('fresh'));
  wire.endTurn();
  wire.endTurn();
  t.strictSame(texts(), ['b 7 fresh']);
  t.strictSame(unsent, [], 'whoever closed the link knows');
  wire.open = false;
  t.notOk(add('x'));
  wire.open = true;
  wire.endTurn();
  t.equal(wire.sent.length, 1);
});

t.test('what lies beside an item is sent as it is, at once', async (t) => {
  const { wire, outbox, write } = setUp();
  const beside = Buffer.alloc(LARGE_BYTES);
  const large = {
    ...{ kind: HOT.refused, first: 0, second: 0, write, id: ID, body: Buffer.from('i') },
  };
  t.ok(outbox.sendLarge('b', large, beside));
  const [sent] = wire.sent;
  t.equal(sent?.[3], beside);
  wire.room = 0;
  t.notOk(outbox.sendLarge('b', large, beside));
});
