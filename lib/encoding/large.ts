/** When bytes are many: see docs/notebook/performance.md, large values. */

/** From here on copying, hashing or parsing them takes longer than all else of a request. */
export const LARGE_BYTES = 65_536;
