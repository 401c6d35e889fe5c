/** How soon a node with many keys serves again after kill -9: `npm run restart-report`. */
import { once } from 'node:events';
import { fillStore } from './filled-store.js';
import { singleNode } from './single-node.js';
import { stop, until } from './systems/process.js';
import { wholeNumber } from '../whole-number.js';

const KEYS = wholeNumber('the number of keys', process.argv[2] ?? '1000000');
const VALUE_BYTES = 100;
const WRITERS = 32;
const LOAD_MILLISECONDS = 3000;
const SECONDS_MAX = 5;

const place = await singleNode('restart');
const url = (n: number): string => `${place.endpoint}/api/v1/kv/key-${n % KEYS}`;
const serves = async (): Promise<boolean> => (await fetch(url(KEYS >> 1))).status === 200;

/** Writes until the node is gone, so that it dies with batches in flight. */
async function writeUntil(deadline: number): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  for (let n = 0; performance.now() < deadline; n += 7919) {
    const body = '{"value":"again"}';
    await fetch(url(n), { method: 'PUT', headers, body }).then((answer) => answer.arrayBuffer());
  }
}

console.log(`node ${process.version}, ${KEYS} keys of ${VALUE_BYTES} bytes`);
const filling = { directory: place.store, keys: KEYS, valueBytes: VALUE_BYTES };
await fillStore({ ...filling, endsAt: undefined });
let node = place.start();
await until('the node', serves);
const deadline = performance.now() + LOAD_MILLISECONDS;
await Promise.all(Array.from({ length: WRITERS }, () => writeUntil(deadline)));
const gone = once(node, 'exit');
node.kill('SIGKILL');
await gone;
const killed = performance.now();
node = place.start();
await until('the node after kill -9', serves);
const seconds = (performance.now() - killed) / 1000;
await stop(node);
await place.remove();
console.log(`serves again ${seconds.toFixed(2)} s after kill -9 (at most ${SECONDS_MAX})`);
process.exitCode = seconds <= SECONDS_MAX ? 0 : 1;
