/** The order of operations on a key, judged piece by piece: when a key is given up. */
import t from 'tap';
import { OrderWindow } from '../../../../bin/stress/order-window.js';

t.test('a key that is never quiet is judged no more, and it is said once', async (t) => {
  const wrong: string[] = [];
  let given = 0;
  const window = new OrderWindow(
    (message) => wrong.push(message),
    () => {
      given += 1;
    },
  );
  const read = (at: number, text: string | undefined): void => {
    window.begin();
    const does = { kind: 'read', found: text === undefined ? [] : [text] } as const;
    window.end({ id: String(at), began: at, ended: at + 0.5, does });
  };
  window.begin();
  for (let id = 0; id < 100_000; id += 1) read(id, undefined);
  t.equal(given, 0);
  for (let id = 100_000; id < 200_002; id += 1) read(id, 'never written');
  t.equal(given, 1);
  window.end(undefined);
  window.judge();
  t.same(wrong, [], 'what came after is not judged');
});

t.test('a key that is quiet at times is judged to the end', async (t) => {
  const wrong: string[] = [];
  const window = new OrderWindow(
    (message) => wrong.push(message),
    () => t.fail('given up'),
  );
  for (let at = 0; at < 3000; at += 1) {
    window.begin();
    const found = at === 2999 ? ['never written'] : [];
    window.end({ id: String(at), began: at, ended: at + 0.5, does: { kind: 'read', found } });
  }
  window.judge();
  t.equal(wrong.length, 1);
});

t.test('a piece that is too long for the search is judged by its zones', async (t) => {
  const wrong: string[] = [];
  const window = new OrderWindow(
    (message) => wrong.push(message),
    () => t.fail('given up'),
  );
  const write = (id: string, began: number, ended: number): void => {
    window.end({ id, began, ended, does: { kind: 'write', isDelete: false } });
  };
  const read = (began: number, ...found: readonly string[]): void => {
    window.begin();
    const does = { kind: 'read', found } as const;
    window.end({ id: `read ${began}`, began, ended: began + 0.5, does });
  };
  window.begin();
  write('1', 0, 1);
  window.begin();
  for (let at = 2; at < 2000; at += 1) read(at, '1');
  // It was under way all the time; nobody may see the old value once somebody saw it.
  for (let at = 2000; at < 3000; at += 1) read(at, '2');
  read(3000, '1');
  t.same(wrong, [], 'nothing is judged before the write has ended');
  write('2', 1.5, 3001);
  t.match(wrong, [/^3001 operations: the zones of 1 and 2 overlap/]);
  window.judge();
  t.equal(wrong.length, 1, 'and it is said once');
});
