/** The process of parts.ts: does one part again and again, as often as it is told. */
import { LatencyHistogram } from '../../../bin/stress/latency-histogram.js';
import { Store } from '../../../lib/persistence/store.js';
import { openLevelStorage } from '../../../lib/platform/leveldb-storage.js';
import { SocketNetwork } from '../../conformance/socket-network.js';
import { keyOf } from '../keys.js';
import type { Generated } from '../system.js';
import type { Part, PartRequest } from './parts.js';

const MEBIBYTE = 1024 * 1024;
/** About what the record of a value of 100 bytes takes. */
const RECORD = new Uint8Array(250).fill(120);
const QUIET = { log: () => undefined, count: () => undefined, measure: () => undefined };

const [directory = ''] = process.argv.slice(2);
const storage = await openLevelStorage({
  directory,
  cacheBytes: 16 * MEBIBYTE,
  writeBufferBytes: 16 * MEBIBYTE,
});
const store = new Store({ storage, observer: QUIET, queueBytesMax: 64 * MEBIBYTE });

function storagePut(n: number): Promise<void> {
  return store.transact((transaction) => transaction.put(keyOf(n % 3, n), RECORD)).committed;
}

const network = await SocketNetwork.make(['n1', 'n2']);
const waiting = new Map<number, () => void>();
const one = network.create('n1');
const other = network.create('n2');
for (const [transport, peer] of [
  [one, 'n2'],
  [other, 'n1'],
] as const) {
  network.connect(transport, [peer]);
  await network.start(transport, peer === 'n2' ? 'n1' : 'n2', {
    receive: (_, message) => {
      const [n, record] = message as [number, Uint8Array | undefined];
      if (record !== undefined) transport.send(peer, [n]);
      else {
        waiting.get(n)?.();
        waiting.delete(n);
      }
    },
    introduce: () => ({ cluster: '', ring: '', life: '', ran: 0, address: '' }),
    judge: () => Promise.resolve(undefined),
    linkRefused: () => undefined,
    linkOpened: () => undefined,
    linkClosed: () => undefined,
  });
}
await network.until(() => one.isOpen('n2') && other.isOpen('n1'), 'links');

/** A request and its answer, both sides of it in this process. */
function message(n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    waiting.set(n, resolve);
    if (!one.send('n2', [n, RECORD, keyOf(n % 3, n)])) reject(new Error('the link is full'));
  });
}

const DO: Readonly<Record<Part, (n: number) => Promise<void>>> = {
  'storage put': storagePut,
  message,
};

async function repeat({ part, connections, seconds }: PartRequest): Promise<Generated> {
  const latencies = new LatencyHistogram();
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const start = performance.now();
      const n = next;
      next += 1;
      await DO[part](n);
      latencies.record(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return {
    requests: latencies.count,
    seconds: (performance.now() - began) / 1000,
    p50Milliseconds: latencies.quantile(0.5),
    p99Milliseconds: latencies.quantile(0.99),
    failures: 0,
  };
}

process.on('message', (request: PartRequest) => {
  void repeat(request).then((generated) => process.send?.(generated));
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
