/** Keys in addresses: percent-encoded once, in one segment. See docs/http-api.md, Keys. */
import { keyOf, unicodeOf } from './arguments.js';

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
