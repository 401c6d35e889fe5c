/** Bugs in what runs every request, and in two courses that all requests may take. */
import type { PlantedBug } from './planted-bug.js';

const ENGINE = 'unit/coordination/engine/engine.test.js';

export const ENGINE_BUGS: readonly PlantedBug[] = [
  {
    rule: 'Q7',
    name: 'comparisons that wait begin one within the other',
    file: 'coordination/read/comparisons.js',
    right: 'if (this.#isBeginning)',
    wrong: 'if (false)',
    test: 'unit/coordination/comparisons.test.js',
  },
  {
    rule: 'Q7',
    name: 'after a sweep the next one is not planned',
    file: 'coordination/engine/engine.js',
    right: 'this.planSweep(next);',
    wrong: ';',
    test: ENGINE,
  },
  {
    rule: 'Q7',
    name: 'an operation that ends takes another one with it',
    file: 'coordination/engine/engine.js',
    right: 'this.#open[place] = last;',
    wrong: ';',
    test: ENGINE,
  },
  {
    rule: 'Q7',
    name: 'an operation that is over is given events',
    file: 'coordination/engine/engine.js',
    right: 'dispatch(event) {\n        if (this.place < 0)',
    wrong: 'dispatch(event) {\n        if (false)',
    test: ENGINE,
  },
  {
    rule: 'Q7',
    name: 'a later result of a request takes the place of the first',
    file: 'coordination/engine/deferred.js',
    right: 'this.#value ??= { ok: true, value };',
    wrong: 'this.#value = { ok: true, value };',
    test: 'unit/coordination/engine/deferred.test.js',
  },
  {
    rule: 'Q7',
    name: 'a gathering waits for the silent to its deadline, though enough have answered',
    file: 'coordination/engine/gather-core.js',
    right: 'this.#endsAt = Math.min(timeoutMilliseconds, this.now + graceMilliseconds);',
    wrong: ';',
    test: 'unit/coordination/gather-core.test.js',
  },
  {
    rule: 'R2',
    name: 'nobody is told which replica was silent to a background repair',
    file: 'coordination/read/comparison-core.js',
    right: "return [...open.map((node) => ({ do: 'repair failed', node, merged })), ...done];",
    wrong: 'return done;',
    test: 'unit/coordination/comparison-core.test.js',
  },
  {
    rule: 'R2',
    name: 'a silent replica keeps the others from a background repair',
    file: 'coordination/read/comparison-core.js',
    right: 'this.#rounds[number]?.giveUp();',
    wrong: ';',
    test: 'unit/coordination/comparison-core.test.js',
  },
  {
    rule: 'R2',
    name: 'a promised repair forgets who did not say what it holds',
    file: 'coordination/read/comparison-core.js',
    right: '[...this.#unheard(merged), ...this.#writes(repair, repair.begin())]',
    wrong: 'this.#writes(repair, repair.begin())',
    test: 'unit/coordination/comparison-core.test.js',
  },
];
