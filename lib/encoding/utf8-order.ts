/** The order of keys in every storage engine: that of their UTF-8 bytes. */

/**
 * JavaScript compares strings by UTF-16 units, where a surrogate pair (beyond U+FFFF) sorts before
 * U+E000 to U+FFFF. In UTF-8 it sorts after them.
 * @returns below, at or above 0, like any comparison
 */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates above everything else that one unit can hold; otherwise as they are. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
