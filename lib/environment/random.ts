/** Chance as a port, so that a seed can decide it. */

export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}
