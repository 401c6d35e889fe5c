/** Frames: what goes in comes out, and hostile bytes get no further. */
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import t from 'tap';
import { decodeFrame, encodeFrame, messageBytesMax } from '../../../lib/encoding/frame.js';
import { isPlainMessagePack } from '../../../lib/encoding/plain-bytes.js';
import { OperatingError } from '../../../lib/errors.js';

const bytes = fc.uint8Array({ maxLength: 40 });
const { message } = fc.letrec((tie) => ({
  message: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    bytes,
    fc.array(tie('message')),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('message'),
      { noNullPrototype: true },
    ),
  ),
}));

/** Byte strings come back as Buffers: compare what they hold. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

t.test('a frame comes back as it was, and within its bound', async (t) => {
  const property = fc.property(fc.array(message), (messages) => {
    const frame = encodeFrame(messages);
    const bound = messages.reduce<number>((sum, each) => sum + messageBytesMax(each), 5);
    return (
      frame.length <= bound &&
      JSON.stringify(plain(decodeFrame(frame))) === JSON.stringify(plain(messages))
    );
  });
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns: 2_000 });
  });
});

t.test('random bytes decode or are refused, quickly', async (t) => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const began = performance.now();
  const valid = encodeFrame([{ a: [1, 'x', new Uint8Array(9)], b: null }, ['y'.repeat(40), 1.5]]);
  const tail = fc.uint8Array({ maxLength: 64 });
  const damaged = fc.tuple(fc.nat({ max: valid.length - 1 }), tail).map(([at, patch]) => {
    const frame = new Uint8Array(Math.max(valid.length, at + patch.length));
    frame.set(valid);
    frame.set(patch, at);
    return frame;
  });
  let refused = 0;
  const property = fc.property(fc.oneof(tail, damaged), (frame) => {
    try {
      return Array.isArray(decodeFrame(frame));
    } catch (error) {
      refused += 1;
      return error instanceof OperatingError && error.code === 'corrupt_bytes';
    }
  });
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns: 20_000 });
  });
  t.ok(refused > 1_000);
  t.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
  t.ok(performance.now() - began < 8_000);
});

t.test('what must never be built is refused before it is decoded', async (t) => {
  const rich = new Packr({ moreTypes: true, structuredClone: true });
  const records = new Packr({ useRecords: true });
  const rows: Record<string, Uint8Array> = {
    'an error': rich.pack([new Error('x')]),
    'a pattern': rich.pack([/x/]),
    'a set': rich.pack([new Set([1])]),
    'a date': rich.pack([new Date(1)]),
    'a huge integer': rich.pack([2n ** 70n]),
    'a typed array': rich.pack([new Float64Array(2)]),
    'a cycle': rich.pack([{ a: 1 }, { a: 1 }].map((each, _, all) => [each, all[0]])),
    'record definitions': records.pack([{ a: 1 }, { a: 2 }]),
    nothing: new Uint8Array(0),
    'a map': encodeFrame([1]).with(0, 0x81),
    'a number': new Uint8Array([7]),
    'two frames': Buffer.concat([encodeFrame([1]), encodeFrame([2])]),
    'an array of four thousand million': new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]),
    'a byte string of as many': new Uint8Array([0x91, 0xc6, 0xff, 0xff, 0xff, 0xff, 1]),
    'nesting without end': new Uint8Array(100_000).fill(0x91),
    'too many values': Buffer.concat([
      new Uint8Array([0xdd, 0x00, 0x30, 0x00, 0x00]),
      new Uint8Array(0x300000),
    ]),
  };
  for (const [name, frame] of Object.entries(rows)) {
    t.throws(() => decodeFrame(frame), { code: 'corrupt_bytes' }, name);
  }
});

t.test('__proto__ as a field sets no prototype', async (t) => {
  const frame = encodeFrame([{ aaaaaaaaa: { polluted: true } }]);
  const text = Buffer.from(frame).toString('latin1').replace('aaaaaaaaa', '__proto__');
  const [decoded] = decodeFrame(Buffer.from(text, 'latin1'));
  t.equal(Reflect.getPrototypeOf(decoded as object), Object.prototype);
  t.notOk('polluted' in (decoded as object));
  t.notOk('polluted' in {});
});

t.test('a small value kept does not keep a large frame', async (t) => {
  const value = new Uint8Array(100).fill(1);
  const large = Buffer.from(encodeFrame([['a', { value }], new Uint8Array(1_000_000)]));
  const [first, second] = decodeFrame(large) as [[string, { value: Uint8Array }], Uint8Array];
  t.ok(first[1].value.buffer.byteLength <= Buffer.poolSize, 'copied');
  t.strictSame([...first[1].value], [...value]);
  t.equal(second.buffer, large.buffer, 'most of the frame: not copied');
  const many = Array.from({ length: 200 }, () => value);
  const copies = decodeFrame(Buffer.from(encodeFrame(many))) as Uint8Array[];
  t.ok(copies.every((copy) => copy.buffer.byteLength <= Buffer.poolSize));
});

t.test('what cannot travel is a programmer error', async (t) => {
  for (const wrong of [undefined, 1n, () => 1, Symbol('x'), [undefined], { a: 1n }]) {
    t.throws(() => messageBytesMax(wrong), /a message holds a/);
  }
});

t.test('plain: every encoding of a length, cut short anywhere, is refused', async (t) => {
  const sizes = [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536];
  for (const size of sizes) {
    const values = ['x'.repeat(size), new Uint8Array(size), new Array(size).fill(1)];
    const map = Object.fromEntries(Array.from({ length: size }, (_, index) => [index, 0]));
    for (const value of [...values, map]) {
      const frame = encodeFrame([value]);
      t.ok(isPlainMessagePack(frame));
      t.notOk(isPlainMessagePack(frame.subarray(0, -1)));
      t.notOk(isPlainMessagePack(Buffer.concat([frame, new Uint8Array(1)])));
    }
  }
});
