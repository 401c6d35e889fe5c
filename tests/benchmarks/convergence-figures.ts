/** What the convergence report measures: a heal after many writes, and exchanges of many keys. */

/** How many keys differed at one moment; seconds count from the heal, and are negative before. */
export interface Sample {
  readonly seconds: number;
  readonly differing: number;
}

export interface HealFigures {
  readonly keys: number;
  readonly writeSeconds: number;
  /** From the heal until all replicas were identical, with no reads. */
  readonly convergedSeconds: number;
  readonly bytesOnTheWire: number;
  readonly bytesOfRecords: number;
  readonly samples: readonly Sample[];
  /** Keys whose replicas differ once all were said to be identical, compared one by one. */
  readonly different: number;
}

/** One thing that two replicas of many keys did, in both directions together. */
export interface Step {
  readonly name: string;
  readonly bytes: number;
  readonly cpuMilliseconds: number;
  readonly seconds: number;
}

export interface PairFigures {
  readonly keys: number;
  readonly bytesOfRecords: number;
  readonly differing: number;
  readonly found: number;
  readonly identical: boolean;
  readonly steps: readonly Step[];
}
