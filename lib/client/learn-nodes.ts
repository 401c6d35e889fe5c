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
    const { protocol } = new URL(endpoint);
    return {
      nodes: nodes.flatMap((node) => nodeOf(fieldsOf(node), protocol)),
      ringHash: optionalText(fields, 'ring_hash'),
    };
  } catch {
    return undefined;
  }
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
