/** Namespaces of keys. All have the N of the ring, until rings change. */

/** The namespace of a key for which none is named: always there, under the rules of the cluster. */
export const DEFAULT_NAMESPACE = 'default';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** 1 to 63 small letters, digits and hyphens. Stored keys rely on it: nothing below U+0001. */
export function isNamespaceName(name: string): boolean {
  return NAME.test(name);
}
