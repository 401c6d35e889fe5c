/** Types of bodies: what a Content-Type is, what an Accept header prefers (RFC 9110, 12.5.1). */
import { JSON_TYPE } from '../../encoding/json-text.js';
import { OperatingError } from '../../errors.js';

export const BYTES_TYPE = 'application/octet-stream';

const CONTENT_TYPE =
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+ *(;[\t\x20-\x7e]*)?$/;
const CONTENT_TYPE_CHARACTERS_MAX = 255;

/** The essence of a Content-Type: `text/html` of `Text/HTML; charset=utf-8`. */
export function essenceOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** @throws OperatingError `unsupported_media_type` */
export function checkContentType(contentType: string): void {
  if (contentType.length <= CONTENT_TYPE_CHARACTERS_MAX && CONTENT_TYPE.test(contentType)) return;
  throw unsupported('the Content-Type is not a media type', contentType);
}

/** JSON in another encoding than UTF-8 cannot be kept as it was written. */
export function checkCharset(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return;
  throw unsupported('JSON is UTF-8', contentType);
}

/** A page of another origin cannot send this type unasked. */
export function checkJsonType(contentType = ''): void {
  if (essenceOf(contentType) !== JSON_TYPE) {
    throw unsupported("send it with -H 'Content-Type: application/json'", contentType);
  }
  checkCharset(contentType);
}

export function unsupported(message: string, received: string): OperatingError {
  return new OperatingError('unsupported_media_type', message, {
    details: { received: received.slice(0, CONTENT_TYPE_CHARACTERS_MAX) },
  });
}

/**
 * Does this Accept header want JSON rather than the bytes of a value of `type`? Bytes win where
 * both are wanted alike, because that is how they were stored.
 */
export function prefersJson(accept: string | undefined, type: string): boolean {
  if (accept === undefined || !accept.toLowerCase().includes('json')) return false;
  return quality(accept, JSON_TYPE) > quality(accept, essenceOf(type));
}

/** The weight of the most specific range that fits; 0 where none does. */
function quality(accept: string, type: string): number {
  let best = { specific: -1, weight: 0 };
  for (const range of accept.split(',')) {
    const specific = closeness(essenceOf(range), type);
    if (specific <= best.specific) continue;
    const weight = Number(/;\s*q\s*=\s*([0-9.]+)/i.exec(range)?.[1] ?? 1);
    best = { specific, weight: Number.isNaN(weight) ? 0 : weight };
  }
  return best.weight;
}

/** How closely a range fits: 2 the type, 1 its group, 0 anything, -1 not. */
function closeness(range: string, type: string): number {
  if (range === type) return 2;
  if (range === '*/*') return 0;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 1 : -1;
}
