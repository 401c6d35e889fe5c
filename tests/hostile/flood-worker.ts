/** A thread that opens connections to one place without end, and says little on them. */
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { Place } from './stranger.js';
import { upgradeRequest } from './web-socket-bytes.js';

interface FloodData extends Place {
  readonly localAddress: string;
}

const { localAddress, ...place } = workerData as FloodData;
/** Each is replaced by a new one when the other side has closed it. */
const AT_ONCE = 1_024;
let opened = 0;
let stopped = false;

function open(): void {
  if (stopped) return;
  opened += 1;
  const socket = connect({ ...place, localAddress });
  socket.on('error', () => undefined).resume();
  // Half of them say nothing at all.
  if (opened % 2 === 0) socket.on('connect', () => socket.write(upgradeRequest()));
  socket.on('close', () => setImmediate(open));
}

for (let n = 0; n < AT_ONCE; n += 1) open();
parentPort?.on('message', () => {
  stopped = true;
  parentPort?.postMessage(opened);
  process.exit(0);
});
