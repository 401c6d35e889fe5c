/** The nodes of a cluster, as one of them reports: where clients reach them, and in which zone. */
import { type Fields, fieldsOf, optionalText, textField } from './fields.js';
import type { LearntNode } from './endpoints.js';
import { bodyText } from './read-answer.js';
import type { HttpTransport } from './transport.js';

const REQUEST = {
  method: 'GET',
  path: '/api/v1/cluster/status',
  headers: { 'x-timeout': '2s' },
} as const;

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

export interface KnownNodes {
  readonly nodes: readonly LearntNode[];
  /** Of the ring that holds; undefined where it is not known. */
  readonly ringHash: string | undefined;
}

/** @returns undefined where it does not answer. Never rejects where the transport does not */
export async function learnNodes(
  transport: HttpTransport,
  endpoint: string,
  signal: AbortSignal,
): Promise<KnownNodes | undefined> {
  const answer = await transport.send(endpoint, REQUEST, signal);
  if (answer.kind !== 'http' || answer.status !== 200) return undefined;
  try {
    const fields = fieldsOf(JSON.parse(bodyText(answer)));
    const { nodes } = fields;
    if (!Array.isArray(nodes)) return undefined;
    return {
      nodes: reachableFrom(endpoint, nodes.map(fieldsOf)),
      ringHash: optionalText(fields, 'ring_hash'),
    };
  } catch {
    return undefined;
  }
}

/**
 * A loopback address is of the machine that reports it. It is ours only where the node that was
 * asked is reported under the address that we asked; not through a tunnel, for example.
 */
function reachableFrom(endpoint: string, nodes: readonly Fields[]): LearntNode[] {
  const { protocol } = new URL(endpoint);
  const all = nodes.flatMap((node) => nodeOf(node, protocol));
  const asked = hostOf(endpoint);
  const isHere = asked.isLoopback && all.some(({ address }) => isSame(hostOf(address), asked));
  return isHere ? all : all.filter(({ address }) => !hostOf(address).isLoopback);
}

interface Host {
  readonly isLoopback: boolean;
  readonly port: string;
}

function isSame(host: Host, asked: Host): boolean {
  return host.isLoopback && host.port === asked.port;
}

function hostOf(origin: string): Host {
  const { hostname, port } = new URL(origin);
  return { isLoopback: LOOPBACK.test(hostname), port };
}

/** A node that is down has said to nobody where it listens. */
function nodeOf(node: Fields, protocol: string): LearntNode[] {
  const report = node['report'] === undefined ? {} : fieldsOf(node['report']);
  const address = optionalText(report, 'client_address');
  const origin = address === undefined ? undefined : `${protocol}//${address}`;
  if (origin === undefined || !URL.canParse(origin)) return [];
  const id = textField(node, 'id');
  return [{ id, address: new URL(origin).origin, zone: optionalText(node, 'zone') }];
}
