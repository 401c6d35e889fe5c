/** Numbers on the command lines of reports and long runs. */

/**
 * @param name of the option or argument, for the error
 * @throws Error where it is none: a loop up to `NaN` runs not once, and finds nothing wrong
 */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw new Error(`${name} is a whole number from ${least}, and not "${text}"`);
}
