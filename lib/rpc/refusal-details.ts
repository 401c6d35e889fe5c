/** What a refusal tells beside its reason (`OperatingError.details`), as it travels: JSON. */
import { corruptLayout } from '../encoding/layout.js';
import type { OperatingError } from '../errors.js';

type Details = OperatingError['details'];

/** Of UTF-8. Details are some numbers and names; longer ones do not travel. */
const DETAILS_BYTES_MAX = 512;
const NONE: Details = {};

/** Empty: there are none, or they are too long. */
export function detailsText(details: Details): string {
  if (Object.keys(details).length === 0) return '';
  const text = JSON.stringify(details);
  return Buffer.byteLength(text) > DETAILS_BYTES_MAX ? '' : text;
}

/**
 * They may be shown to a client as they are: nothing but plain values of JSON, and few.
 * @throws OperatingError `corrupt_bytes`
 */
export function detailsFrom(text: string): Details {
  if (text === '') return NONE;
  if (Buffer.byteLength(text) > DETAILS_BYTES_MAX) throw corruptLayout();
  const plain = parsed(text);
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) throw corruptLayout();
  return plain as Details;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corruptLayout();
  }
}
