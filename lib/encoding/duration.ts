/** Durations as clients write them: whole numbers with `ms`, `s`, `m` or `h` (docs/http-api.md). */

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof MILLISECONDS;

/** Milliseconds, or undefined where it is no duration. `bare` is the unit of a number alone. */
export function parseDuration(text: string, bare: Unit): number | undefined {
  const found = /^([0-9]{1,12})(ms|s|m|h)?$/.exec(text);
  if (found === null) return undefined;
  const unit = (found[2] ?? bare) as Unit;
  return Number(found[1]) * MILLISECONDS[unit];
}
