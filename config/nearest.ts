/** The known name that a misspelt one most likely meant. */

/** Insertions, deletions and replacements that turn one text into the other (Levenshtein 1966). */
export function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const dropped = (above[column] ?? 0) + 1;
      const added = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, dropped, added));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}

/** The nearest of `known`, whatever its case, with its distance. */
export function nearest(
  given: string,
  known: readonly string[],
): { readonly name: string; readonly distance: number } {
  let best = { name: '', distance: Number.POSITIVE_INFINITY };
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < best.distance) best = { name, distance };
  }
  return best;
}
