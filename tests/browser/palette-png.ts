/**
 * Pictures of screens are few colours and flat areas: with a palette a PNG takes a third. Reads
 * what a browser writes: 8 bits a channel, not interlaced (the PNG specification, RFC 2083).
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const COLOURS_MAX = 256;
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };
const PALETTE_TYPE = 3;
/** Squares of distances below it look alike. */
const UNLIKE = 24 ** 2;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xrrggbb, row after row. */
  readonly colours: Uint32Array;
}

/** The same picture in 256 colours; each other becomes the nearest of them. */
export function paletteOf(png: Buffer): Buffer {
  const { width, height, colours } = decoded(png);
  const times = new Map<number, number>();
  for (const colour of colours) times.set(colour, (times.get(colour) ?? 0) + 1);
  const ranked = [...times].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const palette = chosen(ranked);
  const places = new Map(ranked.map((colour) => [colour, nearest(palette, colour)]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows[y * (width + 1) + 1 + x] = places.get(colours[y * width + x] ?? 0) ?? 0;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, PALETTE_TYPE, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => channelsOf(colour)));
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  const chunks = [chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', data)];
  return Buffer.concat([SIGNATURE, ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

/**
 * The most frequent ones that are unlike each other, so that a small coloured word keeps its colour
 * beside many greys; then the most frequent of the rest.
 */
function chosen(ranked: readonly number[]): number[] {
  const palette: number[] = [];
  for (const colour of ranked) {
    if (palette.length === COLOURS_MAX) return palette;
    const isNew = palette.every((one) => apart(one, colour) >= UNLIKE);
    if (isNew) palette.push(colour);
  }
  const rest = ranked.filter((colour) => !palette.includes(colour));
  return [...palette, ...rest.slice(0, COLOURS_MAX - palette.length)];
}

function decoded(png: Buffer): Picture {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = CHANNELS[png[25] ?? 0];
  if (png[24] !== 8 || channels === undefined || png[28] !== 0) {
    throw new Error('not a picture as browsers write it');
  }
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const isData = png.toString('latin1', at + 4, at + 8) === 'IDAT';
    if (isData) parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const bytes = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const colours = new Uint32Array(width * height);
  for (let i = 0; i < colours.length; i += 1) colours[i] = bytes.readUIntBE(i * channels, 3);
  return { width, height, colours };
}

/** Each row begins with the way in which it was filtered. */
function unfiltered(raw: Buffer, rowBytes: number, step: number): Buffer {
  const rows = raw.length / (rowBytes + 1);
  const bytes = Buffer.alloc(rows * rowBytes);
  for (let y = 0; y < rows; y += 1) {
    const filter = raw[y * (rowBytes + 1)] ?? 0;
    for (let x = 0; x < rowBytes; x += 1) {
      const at = y * rowBytes + x;
      const left = x < step ? 0 : (bytes[at - step] ?? 0);
      const above = y === 0 ? 0 : (bytes[at - rowBytes] ?? 0);
      const corner = x < step || y === 0 ? 0 : (bytes[at - rowBytes - step] ?? 0);
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0;
      bytes[at] = (raw[y * (rowBytes + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return bytes;
}

function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs);
  if (a === undefined || b === undefined || c === undefined) return 0;
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

function channelsOf(colour: number): readonly number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [place, one] of palette.entries()) {
    const distance = apart(one, colour);
    if (distance < least) [best, least] = [place, distance];
  }
  return best;
}

/** The square of the distance. */
function apart(one: number, other: number): number {
  const channels = channelsOf(other);
  return channelsOf(one).reduce((sum, c, i) => sum + (c - (channels[i] ?? 0)) ** 2, 0);
}

function chunk(name: string, data: Buffer): Buffer {
  const whole = Buffer.alloc(data.length + 12);
  whole.writeUInt32BE(data.length, 0);
  whole.write(name, 4, 'latin1');
  whole.set(data, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, data.length + 8)), data.length + 8);
  return whole;
}
