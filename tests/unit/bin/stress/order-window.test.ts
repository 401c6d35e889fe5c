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
  for (let id = 0; id < 1000; id += 1) read(id, undefined);
  t.equal(given, 0);
  for (let id = 1000; id < 3000; id += 1) read(id, 'never written');
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
