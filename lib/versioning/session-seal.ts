/** Session tokens as clients carry them: sealed by the cluster, at most 4,096 characters. */
import { decode, encode } from '../encoding/codec.js';
import { greatestOf } from '../encoding/extremes.js';
import { OperatingError } from '../errors.js';
import { differences, type DotSet, NO_DOTS, numbersOf } from './dot-set.js';
import { Seal } from './seal.js';
import {
  bounded,
  type Flag,
  type PartitionFloor,
  isEmptyFloor,
  type SessionToken,
} from './session-token.js';
import type { Writer } from './writer.js';

const FORMAT = 1;
const MAC_BYTES = 16;
export const TOKEN_CHARACTERS_MAX = 4096;
/** A token is for all keys. */
const ALL_KEYS = '';

export class SessionSeal {
  readonly #seal: Seal;

  readonly #bytesMax: number;

  /**
   * @param clusterId known once a node serves
   * @param charactersMax of what it seals
   */
  constructor(
    secret: Uint8Array,
    clusterId: () => string,
    charactersMax: number = TOKEN_CHARACTERS_MAX,
  ) {
    this.#bytesMax = Math.floor((charactersMax * 3) / 4) - MAC_BYTES;
    this.#seal = new Seal(secret, 'quorate session token 1', clusterId, MAC_BYTES);
  }

  /**
   * Base64url text of the token, or of one that asks for more where it finds no room: 16 bytes of
   * HMAC-SHA256, then what `encodeToken` writes.
   */
  seal(token: SessionToken): string {
    const fitting = bounded(token, this.#bytesMax, (one) => encodeToken(one).length);
    return this.#seal.seal(ALL_KEYS, encodeToken(fitting));
  }

  /** @throws OperatingError `invalid_session_token`: forged, damaged, or of another cluster */
  open(text: string): SessionToken {
    const body = text.length > TOKEN_CHARACTERS_MAX ? undefined : this.#seal.open(ALL_KEYS, text);
    if (body === undefined) {
      throw new OperatingError(
        'invalid_session_token',
        'the session token was not issued by this cluster; begin a new session without one',
      );
    }
    return decodeToken(body);
  }
}

/**
 * [format, epoch, writers, floors with dots, bits of the partitions whose flag is `majority`, the
 * same of `all`, marks of flags]. A floor: how far its partition is beyond the one before, `one`,
 * mark, its writers; of each: its place in the table, how many numbers, the first, the differences.
 * Marks of flags that are not 0: partition, mark, ...
 */
export function encodeToken({ epoch, floors }: SessionToken): Uint8Array {
  const writers = new Map<Writer, number>();
  const flat: number[] = [];
  const bits = { majority: new Set<number>(), all: new Set<number>() };
  const marks: number[] = [];
  let before = 0;
  for (const [partition, { dots, flag, one, mark }] of [...floors].sort(([a], [b]) => a - b)) {
    if (flag !== 'none') {
      bits[flag].add(partition);
      if (mark > 0) marks.push(partition, mark);
    }
    if (dots.size === 0) continue;
    flat.push(partition - before, Number(one), mark, dots.size);
    before = partition;
    for (const [writer, ns] of dots) {
      const place = writers.get(writer) ?? writers.size;
      writers.set(writer, place);
      flat.push(place, ns.length);
      for (const step of differences(ns)) flat.push(step);
    }
  }
  const flags = [bitsOf(bits.majority), bitsOf(bits.all)];
  return encode([FORMAT, epoch, [...writers.keys()], flat, ...flags, marks]);
}

/** The seal vouches for its shape: only `encodeToken` writes it. */
export function decodeToken(body: Uint8Array): SessionToken {
  const plain = decode(body);
  if (!Array.isArray(plain) || plain[0] !== FORMAT) {
    throw new OperatingError(
      'invalid_session_token',
      'the session token is of a format that this node does not know',
    );
  }
  const [, epoch, writers, flat, majority, all, marks] = plain as PlainToken;
  const floors = new Map<number, PartitionFloor>();
  const add = (partition: number, floor: Partial<PartitionFloor>): void => {
    const known = floors.get(partition) ?? { dots: NO_DOTS, flag: 'none', one: false, mark: 0 };
    floors.set(partition, { ...known, ...floor });
  };
  const kinds: readonly (readonly [Flag, Uint8Array])[] = [
    ['majority', majority],
    ['all', all],
  ];
  for (const [flag, bits] of kinds) for (const of of partitionsOf(bits)) add(of, { flag });
  for (let i = 0; i + 1 < marks.length; i += 2) add(marks[i] ?? 0, { mark: marks[i + 1] ?? 0 });
  let at = 0;
  const next = (): number => flat[at++] ?? 0;
  for (let partition = 0; at < flat.length; ) {
    partition += next();
    const one = next() === 1;
    const mark = next();
    add(partition, { one, mark, dots: readDots(next, writers) });
  }
  for (const [partition, floor] of floors) if (isEmptyFloor(floor)) floors.delete(partition);
  return { epoch, floors };
}

type PlainToken = [number, number, Writer[], number[], Uint8Array, Uint8Array, number[]];

function readDots(next: () => number, writers: readonly Writer[]): DotSet {
  const dots = new Map<Writer, readonly number[]>();
  for (let left = next(); left > 0; left -= 1) {
    const writer = writers[next()] ?? '';
    dots.set(writer, numbersOf(Array.from({ length: next() }, next)));
  }
  return dots;
}

function bitsOf(partitions: ReadonlySet<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil((greatestOf([...partitions, -1]) + 1) / 8));
  for (const partition of partitions) {
    const byte = partition >> 3;
    bits[byte] = (bits[byte] ?? 0) | (1 << (partition & 7));
  }
  return bits;
}

function partitionsOf(bits: Uint8Array): number[] {
  return [...bits].flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => 8 * i + bit),
  );
}
