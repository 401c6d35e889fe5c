/** The seeds that ever failed: they are always run, and a new failure joins them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const PATH = 'tests/simulation/known-seeds.json';

const knownSeeds = z.array(z.strictObject({ seed: z.number().int(), was: z.string() }));
export type KnownSeed = z.infer<typeof knownSeeds>[number];

/** From the working folder, as all tests run from the root of the repository. */
export function readKnownSeeds(): KnownSeed[] {
  return knownSeeds.parse(JSON.parse(readFileSync(PATH, 'utf8')));
}

export function addKnownSeed(added: KnownSeed): void {
  const known = readKnownSeeds();
  if (known.some(({ seed }) => seed === added.seed)) return;
  const lines = [...known, added].map(({ seed, was }) => {
    return `  { "seed": ${seed}, "was": ${JSON.stringify(was)} }`;
  });
  writeFileSync(PATH, `[\n${lines.join(',\n')}\n]\n`);
}
