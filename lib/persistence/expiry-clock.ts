/** By which clock a node judges what has expired, if by any (docs/architecture.md, E1). */

/** Membership knows; whoever reads, mints or reaps asks. */
export interface ExpiryClock {
  /** Wall milliseconds; undefined where this node's clock is not sane: then nothing has expired. */
  now(): number | undefined;
}
