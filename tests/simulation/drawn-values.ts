/** The values that clients write: each carries its key and its write (lib/checkers). */
import { shapedValue, type ValueShape } from '../../lib/checkers/checked-value.js';
import type { ClientWrite } from './history-recorder.js';
import type { WriteRequest } from './kv-request.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

export interface DrawnValuesOptions {
  readonly world: World;
  /** What a strategy can resolve; mixed: anything. */
  readonly valueShape: ValueShape | 'mixed';
  /** Some values are so large. */
  readonly largeValueBytes: number;
  readonly frameBytesMax: number;
}

const SHAPES: readonly ValueShape[] = ['text', 'text', 'string', 'array', 'object', 'number'];
const LARGE_SHARE = 0.3;
/** They cost the simulation time. */
const LONG_SHARE = 0.15;

export class DrawnValues {
  readonly #options: DrawnValuesOptions;

  constructor(options: DrawnValuesOptions) {
    this.#options = options;
  }

  shape(random: SeededRandom): ValueShape {
    const { valueShape } = this.#options;
    return valueShape === 'mixed' ? random.pick(SHAPES) : valueShape;
  }

  of(
    random: SeededRandom,
    { id, key }: ClientWrite,
    shape: ValueShape,
  ): NonNullable<WriteRequest['value']> {
    const { largeValueBytes, frameBytesMax, world } = this.#options;
    const share = largeValueBytes > frameBytesMax ? LONG_SHARE : LARGE_SHARE;
    const isLarge = largeValueBytes > 0 && random.chance(share);
    if (isLarge) world.count('large value');
    const length = isLarge ? random.between(0.5, 1) * largeValueBytes : random.below(40);
    if (length > frameBytesMax) world.count('value longer than a frame');
    const text = shapedValue({ key, writeId: id }, shape, 'x'.repeat(Math.floor(length)));
    return { text, isJson: shape !== 'text' };
  }
}
