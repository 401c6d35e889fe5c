/** `A..B` on command lines, A not above B: of none nothing is proven. */

export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

export function parseSeeds(text: string | undefined): SeedRange | undefined {
  const match = /^(\d+)\.\.(\d+)$/.exec(text ?? '');
  if (match === null) return undefined;
  const range = { from: Number(match[1]), to: Number(match[2]) };
  return range.from <= range.to ? range : undefined;
}
