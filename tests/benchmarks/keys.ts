/** The keys of a benchmark and what they hold: 100 bytes of JSON that name their key and round. */

/** Of each generator: more than it has connections, so that no key is written twice at once. */
export const KEYS_A_GENERATOR = 4_000;
export const GENERATORS = 3;
const VALUE_CHARACTERS = 98;
/** Coprime to the number of keys: neighbours in time are no neighbours in name. */
const STRIDE = 1_667;

/** The i-th key that a generator uses, i = 0, 1, 2, ...; all of them, then from the start again. */
export function keyOf(generator: number, i: number): string {
  return `key-${generator}-${(i * STRIDE) % KEYS_A_GENERATOR}`;
}

/** All keys, in an order of each generator's own. */
export function keysFrom(generator: number): string[] {
  const keys: string[] = [];
  for (let i = 0; i < KEYS_A_GENERATOR; i += 1) {
    for (let step = 0; step < GENERATORS; step += 1) {
      keys.push(keyOf((generator + step) % GENERATORS, i + generator));
    }
  }
  return keys;
}

/** A string of 98 characters, 100 bytes as JSON. */
export function valueFor(key: string, stamp: string): string {
  return `${key}/${stamp}/`.padEnd(VALUE_CHARACTERS, '.');
}
