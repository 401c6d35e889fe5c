/** Which ports somebody else listens on, before anything is started. */
import { createServer } from 'node:net';
import { OperatingError } from '../../lib/errors.js';
import { addressOf } from '../node/node-options.js';

/** @throws OperatingError `not_ready`, naming the addresses that are taken */
export async function checkFree(addresses: readonly string[]): Promise<void> {
  const free = await Promise.all(addresses.map(isFree));
  const taken = addresses.filter((_, index) => free[index] === false);
  if (taken.length === 0) return;
  throw new OperatingError(
    'not_ready',
    `taken by another process: ${taken.join(', ')}. Stop that, or choose another --base-port ` +
      'and another --data-dir',
  );
}

function isFree(address: string): Promise<boolean> {
  const { host, port } = addressOf(address);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
