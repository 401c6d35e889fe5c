/** Ports that nobody listens on, found by listening on them. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** All are held until the last is found: the system may give one that was let go again at once. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
