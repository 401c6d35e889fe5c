/** The ring of a cluster, and the names under which namespaces are stored, as one node reports. */
import { type Fields, fieldsOf, textField } from './fields.js';
import type { KnownRing } from './key-owners.js';
import { bodyText } from './read-answer.js';
import type { HttpTransport } from './transport.js';

const HEADERS = { 'x-timeout': '2s' } as const;

/** @returns undefined where it does not answer. Never rejects where the transport does not */
export async function learnRing(
  transport: HttpTransport,
  endpoint: string,
  signal: AbortSignal,
): Promise<KnownRing | undefined> {
  return asked(transport, endpoint, '/api/v1/cluster/ring', signal, (fields) => {
    const { owners } = fields;
    if (!Array.isArray(owners) || !isPowerOfTwo(owners.length)) return undefined;
    if (!owners.every((row) => Array.isArray(row) && row.every(isText))) return undefined;
    return { hash: textField(fields, 'hash'), owners: owners as string[][] };
  });
}

/** The name under which its keys are stored: another one when it was deleted and made anew. */
export async function learnStoredNamespace(
  transport: HttpTransport,
  endpoint: string,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `/api/v1/cluster/locate?key=-&namespace=${encodeURIComponent(namespace)}`;
  return asked(transport, endpoint, path, signal, (fields) =>
    textField(fields, 'stored_namespace'),
  );
}

async function asked<Answer>(
  transport: HttpTransport,
  endpoint: string,
  path: string,
  signal: AbortSignal,
  read: (fields: Fields) => Answer | undefined,
): Promise<Answer | undefined> {
  const answer = await transport.send(endpoint, { method: 'GET', path, headers: HEADERS }, signal);
  if (answer.kind !== 'http' || answer.status !== 200) return undefined;
  try {
    return read(fieldsOf(JSON.parse(bodyText(answer))));
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';

function isPowerOfTwo(count: number): boolean {
  return count > 0 && (count & (count - 1)) === 0;
}
