/** Versions of what peers say to each other: each link speaks the highest that both sides know. */

/** The lowest and the highest version that a node speaks. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/**
 * `max` is raised when frames or messages change so that older nodes cannot read them; `min` one
 * release later, so that any two adjacent releases understand each other (docs/operations.md,
 * Rolling upgrades).
 */
export const PROTOCOL_VERSIONS: VersionRange = { min: 24, max: 24 };

/** The highest version that both speak. */
export function chosenVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const max = Math.min(ours.max, theirs.max);
  return max < Math.max(ours.min, theirs.min) ? undefined : max;
}

export function mismatch(ours: VersionRange, theirs: VersionRange): string {
  const text = ({ min, max }: VersionRange): string => `${min} to ${max}`;
  return `this node speaks the versions ${text(ours)}, the other one ${text(theirs)}`;
}
