/** Rings as bytes: a version, then MessagePack, with the ring's own hash at the end. */
import { decode, encode } from '../encoding/codec.js';
import { hash64Text } from '../encoding/hash.js';
import { OperatingError } from '../errors.js';
import { at } from './numbers.js';
import type { Ring, RingMember } from './ring.js';
import { brokenRule, isPlaced } from './ring-rules.js';

/** First byte of every encoded ring. */
const FORMAT_VERSION = 2;

/** Bytes of one owner: an index into the members, high byte first. */
const OWNER_BYTES = 2;

/** A ring before it has its identity. */
export type RingContent = Omit<Ring, 'hash'>;

/** Identity of a ring: 16 hexadecimal digits over all its content. */
export function ringHash(content: RingContent): string {
  return hash64Text(encode(contentRow(content)));
}

/** For disk and wire. The same bytes for the same ring. */
export function encodeRing(ring: Ring): Uint8Array {
  const body = encode([...contentRow(ring), ring.hash]);
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = FORMAT_VERSION;
  bytes.set(body, 1);
  return bytes;
}

/** @throws OperatingError `corrupt_bytes` for whatever `encodeRing` did not make of a valid ring */
export function decodeRing(bytes: Uint8Array): Ring {
  refuseUnless(bytes[0] === FORMAT_VERSION, 'its format is not known');
  const row = decode(bytes.subarray(1));
  refuseUnless(Array.isArray(row) && row.length === CONTENT_FIELDS + 1, 'it is no ring');
  const [cluster, epoch, partitionCount, replicaCount, memberRows, packedOwners, hash] =
    row as unknown[];
  refuseUnless(typeof cluster === 'string' && typeof hash === 'string', 'a field is no text');
  refuseUnless(
    typeof epoch === 'number' &&
      typeof partitionCount === 'number' &&
      typeof replicaCount === 'number',
    'a field is no number',
  );
  refuseUnless(Array.isArray(memberRows), 'it has no members');
  refuseUnless(packedOwners instanceof Uint8Array, 'it has no owners');
  const members = memberRows.map(memberOf);
  const basis = { cluster, partitionCount, replicaCount, members };
  const broken = brokenRule(basis);
  refuseUnless(broken === undefined, `${broken?.field} is not ${broken?.rule}`);
  const copies = Math.min(replicaCount, members.length);
  refuseUnless(
    packedOwners.length === partitionCount * copies * OWNER_BYTES,
    'its owners are not complete',
  );
  const owners = unpackOwners(packedOwners, partitionCount, copies);
  const ring: Ring = { cluster, epoch, partitionCount, replicaCount, members, owners, hash };
  refuseUnless(isPlaced(ring), 'its members or owners are not in order');
  refuseUnless(ringHash(ring) === hash, 'its hash is not that of its content');
  return ring;
}

const CONTENT_FIELDS = 6;

/** The canonical order; the identity of every ring depends on it. */
function contentRow(ring: RingContent): unknown[] {
  const members = ring.members.map(({ id, zone, weight }) => [id, zone, weight]);
  const { cluster, epoch, partitionCount, replicaCount } = ring;
  return [cluster, epoch, partitionCount, replicaCount, members, packOwners(ring.owners)];
}

function packOwners(owners: Ring['owners']): Uint8Array {
  const flat = owners.flat();
  const bytes = new Uint8Array(flat.length * OWNER_BYTES);
  flat.forEach((node, index) => {
    bytes[index * OWNER_BYTES] = node >> 8;
    bytes[index * OWNER_BYTES + 1] = node & 0xff;
  });
  return bytes;
}

function unpackOwners(bytes: Uint8Array, partitionCount: number, copies: number): number[][] {
  return Array.from({ length: partitionCount }, (_, partition) =>
    Array.from({ length: copies }, (_unused, place) => {
      const begin = (partition * copies + place) * OWNER_BYTES;
      return at(bytes, begin) * 0x100 + at(bytes, begin + 1);
    }),
  );
}

function memberOf(row: unknown): RingMember {
  refuseUnless(Array.isArray(row) && row.length === 3, 'a member is no member');
  const [id, zone, weight] = row as unknown[];
  refuseUnless(
    typeof id === 'string' && typeof zone === 'string' && typeof weight === 'number',
    'a member is no member',
  );
  return { id, zone, weight };
}

function refuseUnless(condition: unknown, why: string): asserts condition {
  if (!condition) throw new OperatingError('corrupt_bytes', `a stored or sent ring: ${why}`);
}
