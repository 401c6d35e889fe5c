/** `A..B` on command lines. */

export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

export function parseSeeds(text: string | undefined): SeedRange | undefined {
  const match = /^(\d+)\.\.(\d+)$/.exec(text ?? '');
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2]) };
}
