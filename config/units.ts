/** Units that a person may write after a number, smallest first. */

/** In bytes. */
export const BYTE_UNITS = { b: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** In milliseconds; a bare number is milliseconds too, as in the HTTP headers. */
export const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

export const KIBIBYTE = BYTE_UNITS.KiB;
export const MEBIBYTE = BYTE_UNITS.MiB;

type Units = Readonly<Record<string, number>>;

/** `64MiB`, `5 s`, `250`: the number in the smallest unit, or undefined where it is none. */
export function parseQuantity(text: string, units: Units): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, digits, letters = ''] = found;
  if (letters === '') return Number(digits);
  const unit = Object.entries(units).find(([name]) => name.toLowerCase() === letters.toLowerCase());
  return unit === undefined ? undefined : Number(digits) * unit[1];
}

/** The shortest exact way to write it: 65536 bytes are `64KiB`. */
export function formatQuantity(value: number, units: Units): string {
  const fits = Object.entries(units).filter(([, size]) => value >= size && value % size === 0);
  const largest = fits.at(-1);
  return largest === undefined || largest[1] === 1
    ? String(value)
    : `${value / largest[1]}${largest[0]}`;
}
