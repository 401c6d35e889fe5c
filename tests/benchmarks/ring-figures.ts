/** The figures of one ring: a row of the ring report, and a point of its picture. */

export interface RingFigures {
  readonly nodes: number;
  readonly mean: number;
  readonly fullest: number;
  /** The fullest node cannot own fewer: the mean rounded up. */
  readonly optimum: number;
  /** Fullest over mean with every node at 64 random places of the circle, for comparison. */
  readonly randomPlaces: number;
  readonly joinMoved: number;
  /** What the newcomer must get: its share rounded down. */
  readonly joinLeast: number;
  readonly leaveMoved: number;
  /** What the leaver owned; nothing where too few nodes are left to take it. */
  readonly leaveLeast: number;
  readonly lookupNanoseconds: number;
}
