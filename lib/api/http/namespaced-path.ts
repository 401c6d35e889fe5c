/** Requests about the keys of a namespace: the paths of keys, below that of the namespace. */

const PREFIX = '/api/v1/namespaces/';
/** Names are plain, so that nothing in them need be decoded. */
const KEYS = /^([a-z0-9][a-z0-9-]{0,62})\/((?:kv|batch)(?:[/?].*)?)$/s;

/** The same request without its namespace; undefined: it is about no keys of one. */
export function namespacedPathOf(
  url: string,
): { readonly namespace: string; readonly url: string } | undefined {
  if (!url.startsWith(PREFIX)) return undefined;
  const [, namespace, rest] = KEYS.exec(url.slice(PREFIX.length)) ?? [];
  if (namespace === undefined || rest === undefined) return undefined;
  return { namespace, url: `/api/v1/${rest}` };
}
