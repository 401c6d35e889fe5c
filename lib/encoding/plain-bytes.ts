/** Looks over MessagePack from outside before it is decoded: plain values only, no surprises. */

/** What a first byte announces. */
const REFUSED = 0;
const NUMBER = 1;
const BYTES = 2;
const ARRAY = 3;
const MAP = 4;

/** By first byte: the kind; the bytes that follow, where it says so; a length field's width. */
const KINDS = new Uint8Array(256);
const SIZES = new Uint8Array(256);
const WIDTHS = new Uint8Array(256);

const ROWS: readonly (readonly [
  from: number,
  to: number,
  kind: number,
  size: number,
  width: number,
])[] = [
  [0x00, 0x7f, NUMBER, 0, 0],
  [0xc0, 0xc0, NUMBER, 0, 0],
  [0xc2, 0xc3, NUMBER, 0, 0],
  [0xc4, 0xc4, BYTES, 0, 1],
  [0xc5, 0xc5, BYTES, 0, 2],
  [0xc6, 0xc6, BYTES, 0, 4],
  [0xca, 0xca, NUMBER, 4, 0],
  [0xcb, 0xcb, NUMBER, 8, 0],
  [0xcc, 0xcc, NUMBER, 1, 0],
  [0xcd, 0xcd, NUMBER, 2, 0],
  [0xce, 0xce, NUMBER, 4, 0],
  [0xcf, 0xcf, NUMBER, 8, 0],
  [0xd0, 0xd0, NUMBER, 1, 0],
  [0xd1, 0xd1, NUMBER, 2, 0],
  [0xd2, 0xd2, NUMBER, 4, 0],
  [0xd3, 0xd3, NUMBER, 8, 0],
  [0xd9, 0xd9, BYTES, 0, 1],
  [0xda, 0xda, BYTES, 0, 2],
  [0xdb, 0xdb, BYTES, 0, 4],
  [0xdc, 0xdc, ARRAY, 0, 2],
  [0xdd, 0xdd, ARRAY, 0, 4],
  [0xde, 0xde, MAP, 0, 2],
  [0xdf, 0xdf, MAP, 0, 4],
  [0xe0, 0xff, NUMBER, 0, 0],
];

for (const [from, to, kind, size, width] of ROWS) {
  KINDS.fill(kind, from, to + 1);
  SIZES.fill(size, from, to + 1);
  WIDTHS.fill(width, from, to + 1);
}
/** Short maps, arrays and strings hold their length in the first byte. */
for (const [from, to, kind] of [
  [0x80, 0x8f, MAP],
  [0x90, 0x9f, ARRAY],
  [0xa0, 0xbf, BYTES],
] as const) {
  for (let first = from; first <= to; first += 1) {
    KINDS[first] = kind;
    SIZES[first] = first - from;
  }
}

const DEPTH_MAX = 32;
/** Bounds what decoding allocates where each byte is a value of its own. */
const PLAIN_VALUES_MAX = 2_097_152;

/** Values still to come at each level; one call at a time uses it. */
const expected = new Float64Array(DEPTH_MAX + 1);

/**
 * Is this one whole MessagePack value made of null, booleans, numbers, strings, byte strings,
 * arrays and maps? Extensions are refused: a decoder builds code, errors, patterns and huge
 * integers of them. So is what nests deeper than 32, or holds more than 2,097,152 values.
 */
export function isPlainMessagePack(bytes: Uint8Array): boolean {
  let position = 0;
  let values = 0;
  let depth = 0;
  expected[0] = 1;
  while (depth >= 0) {
    const left = expected[depth] ?? 0;
    if (left === 0) {
      depth -= 1;
      continue;
    }
    expected[depth] = left - 1;
    values += 1;
    if (position >= bytes.length || values > PLAIN_VALUES_MAX) return false;
    const first = bytes[position] ?? 0;
    const width = WIDTHS[first] ?? 0;
    const size = width === 0 ? (SIZES[first] ?? 0) : lengthAt(bytes, position + 1, width);
    position += 1 + width;
    const kind = KINDS[first];
    if (kind === NUMBER || kind === BYTES) {
      position += size;
      continue;
    }
    const children = kind === MAP ? 2 * size : size;
    if (kind === REFUSED || depth === DEPTH_MAX || children > bytes.length - position) return false;
    depth += 1;
    expected[depth] = children;
  }
  return position === bytes.length;
}

/** A length of `width` bytes, the highest first; what lies beyond the end counts as zeros. */
function lengthAt(bytes: Uint8Array, position: number, width: number): number {
  let length = 0;
  for (let index = position; index < position + width; index += 1) {
    length = length * 256 + (bytes[index] ?? 0);
  }
  return length;
}
