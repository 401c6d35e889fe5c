/** What another build would have stored. */
import { hash64, hash64Bytes } from '../../../lib/encoding/hash.js';

const FORMAT_AT = 8;

/** The same as a build would write it whose format has this number. */
export function asOfFormat(key: string, stored: Uint8Array, format: number): Uint8Array {
  const changed = stored.with(FORMAT_AT, format);
  const hash = hash64Bytes(changed.subarray(FORMAT_AT), hash64(key));
  new DataView(changed.buffer).setBigUint64(0, hash);
  return changed;
}
