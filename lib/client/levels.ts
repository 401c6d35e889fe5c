/** The consistency levels, as a program names them. See docs/consistency.md. */

/** A level, or a number of primaries. Not every level is for reads and for writes. */
export type Level =
  | 'one'
  | 'two'
  | 'three'
  | 'quorum'
  | 'all'
  | 'any'
  | 'eventual'
  | 'local-one'
  | 'local-quorum'
  | 'each-quorum'
  | 'session'
  | 'causal'
  | 'bounded-staleness'
  /** With the age of what may be read: `bounded-staleness;max=500ms`. */
  | `bounded-staleness;max=${string}`
  | 'strong'
  | number
  | `${number}`;
