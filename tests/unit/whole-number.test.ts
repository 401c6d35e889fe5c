/** Numbers of command lines: a word that is none ends a long run before it begins. */
import t from 'tap';
import { parseSeeds } from '../simulation/seed-range.js';
import { wholeNumber } from '../whole-number.js';

t.test('whole numbers from a least one', async (t) => {
  t.equal(wholeNumber('--rounds', '100'), 100);
  t.equal(wholeNumber('--keys', '0', 0), 0);
  for (const text of ['', '0', '-1', '1.5', '1e3', 'many', ' 5', '9'.repeat(20)]) {
    t.throws(() => wholeNumber('--rounds', text), /--rounds is a whole number from 1/, text);
  }
});

t.test('a range of seeds holds one at least', async (t) => {
  t.strictSame(parseSeeds('3..5'), { from: 3, to: 5 });
  t.strictSame(parseSeeds('3..3'), { from: 3, to: 3 });
  for (const text of [undefined, '5..3', '5', 'a..b', '1..']) {
    t.equal(parseSeeds(text), undefined, `${text}`);
  }
});
