/** Lists cut by bytes: nothing is lost, and nothing is longer than it may be. */
import fc from 'fast-check';
import t from 'tap';
import { firstWithin, groupsWithin } from '../../../lib/encoding/cut-list.js';
import { greatestOf, leastOf } from '../../../lib/encoding/extremes.js';
import { encodeFrame, messageBytesMax } from '../../../lib/encoding/frame.js';
import { hasRoomFor, MESSAGE_FRAMES_MAX } from '../../../lib/encoding/large.js';

t.test('groups hold everything, in order, and fit', async (t) => {
  const lists = fc.array(fc.uint8Array({ maxLength: 60 }));
  const property = fc.property(lists, fc.nat({ max: 200 }), (list, bytesMax) => {
    const groups = groupsWithin(list, messageBytesMax, bytesMax);
    const fits = groups.every(
      (group) =>
        group.length === 1 || (group.length > 1 && encodeFrame(group).length <= bytesMax + 5),
    );
    const [first = []] = groups;
    const alike = JSON.stringify(firstWithin(list, bytesMax)) === JSON.stringify(first);
    return fits && alike && groups.flat().every((one, i) => one === list[i]);
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('one that is too large goes alone', async (t) => {
  const large = new Uint8Array(1_048_576);
  t.same(
    groupsWithin([large, large, new Uint8Array(1)], messageBytesMax, 1_000).map((g) => g.length),
    [1, 1, 1],
  );
  t.equal(firstWithin([large, large], 1_000).length, 1);
  t.same(firstWithin([], 1_000), []);
});

t.test('the greatest of a million', async (t) => {
  const million = Array.from({ length: 1_000_000 }, (_, n) => n - 500_000);
  t.same([leastOf(million), greatestOf(million)], [-500_000, 499_999]);
  t.same([leastOf([]), greatestOf([])], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

t.test('a merge of many sides finds room where little waits', async (t) => {
  const limits = { frameBytesMax: 100, queueBytesMax: 150 };
  const cases: [number, number, boolean][] = [
    [100, 50, true],
    [100, 51, false],
    [101, 75, true],
    [101, 76, false],
    [100 * MESSAGE_FRAMES_MAX, 0, true],
    [100 * MESSAGE_FRAMES_MAX + 1, 0, false],
  ];
  for (const [bytes, waiting, room] of cases) {
    t.equal(hasRoomFor(bytes, waiting, limits), room, `${bytes} behind ${waiting}`);
  }
});
