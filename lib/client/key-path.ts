/** Keys in addresses: percent-encoded once, in one segment. See docs/http-api.md, Keys. */
import { ArgumentError, keyOf, unicodeOf } from './arguments.js';

const NAMESPACE = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Below it lie `kv` and `batch`. @throws ArgumentError where it is no name of a namespace */
export function basePathOf(namespace: string | undefined): string {
  if (namespace === undefined || namespace === 'default') return '/api/v1';
  return namespacePathOf(namespace);
}

/** Of what is about a namespace itself. @throws ArgumentError where it is no name of one */
export function namespacePathOf(namespace: string): string {
  if (NAMESPACE.test(unicodeOf(namespace, 'a namespace'))) return `/api/v1/namespaces/${namespace}`;
  throw new ArgumentError('a namespace is 1 to 63 small letters, digits and hyphens');
}

/**
 * The path of a key below `base`, percent-encoded once. Where URLs fold it (`.` and `..`), also
 * with a resource, the key is a parameter. @throws ArgumentError where it is no key
 */
export function pathOf(base: string, key: string, resource = ''): string {
  const encoded = encodeURIComponent(keyOf(key));
  return key === '.' || key === '..'
    ? `${base}${resource}?key=${encoded}`
    : `${base}/${encoded}${resource}`;
}

/** The same with parameters, those left out that are undefined. */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  let whole = path;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    const encoded = encodeURIComponent(unicodeOf(value, name));
    whole += `${whole.includes('?') ? '&' : '?'}${name}=${encoded}`;
  }
  return whole;
}
