/** Frames in parts: together the same bytes, and what is large is not copied. */
import fc from 'fast-check';
import t from 'tap';
import { encodeFrame } from '../../../lib/encoding/frame.js';
import { encodeFrameParts } from '../../../lib/encoding/frame-parts.js';

const LARGE = [65_535, 65_536, 65_537, 200_000];

t.test('the parts are the frame', async (t) => {
  const bytes = fc
    .tuple(fc.constantFrom(0, 100, ...LARGE), fc.nat({ max: 255 }))
    .map(([length, byte]) => new Uint8Array(length).fill(byte));
  const { message } = fc.letrec((tie) => ({
    message: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 7, 'text'),
      bytes,
      fc.array(tie('message'), { maxLength: 4 }),
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        tie('message'),
        { noNullPrototype: true, maxKeys: 4 },
      ),
    ),
  }));
  const property = fc.property(fc.array(message, { maxLength: 4 }), (messages) =>
    Buffer.concat(encodeFrameParts(messages)).equals(encodeFrame(messages)),
  );
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns: 300 });
  });
});

t.test('a large byte string is a part as it lies', async (t) => {
  const [first, second] = [new Uint8Array(70_000).fill(1), new Uint8Array(80_000).fill(2)];
  const parts = encodeFrameParts([['write', { first, small: new Uint8Array(9) }], second, 'end']);
  t.equal(parts.length, 5);
  t.equal(parts[1], first);
  t.equal(parts[3], second);
});

t.test('bytes that look like a mark are no mark', async (t) => {
  const mark = Uint8Array.from([0x51, 0xb3, 0x0e, 0xd7, 0x94, 0x6a, 0xf8, 0x2d]);
  const large = new Uint8Array(70_000);
  for (const messages of [[mark, large], [large, mark], [mark], [{ a: mark, b: [large, large] }]]) {
    t.ok(Buffer.concat(encodeFrameParts(messages)).equals(encodeFrame(messages)));
  }
  t.equal(encodeFrameParts([mark, large]).length, 1, 'sent in one piece');
});
