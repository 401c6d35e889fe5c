/** Loaded before a node: after half a minute its disk takes no write any more, without a word. */
import { ClassicLevel } from 'classic-level';

const STALLS_AFTER_MILLISECONDS = 30_000;

interface ChainedBatch {
  write(options: object): Promise<void>;
}

const prototype = ClassicLevel.prototype as unknown as {
  batch(this: unknown, ...words: unknown[]): ChainedBatch;
};
const { batch } = prototype;

prototype.batch = function (...words) {
  const chained = batch.apply(this, words);
  const write = chained.write.bind(chained);
  chained.write = (options) => {
    if (performance.now() < STALLS_AFTER_MILLISECONDS) return write(options);
    return new Promise(() => undefined);
  };
  return chained;
};
