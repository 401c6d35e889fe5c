/** Namespaces of keys. All have the N of the ring, until rings change. */

/** The namespace of a key for which none is named: always there, under the rules of the cluster. */
export const DEFAULT_NAMESPACE = 'default';

/** Where records of operations lie: no client can name it. */
export const OPERATIONS_NAMESPACE = '~operations';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** No name holds it. */
const SEPARATOR = '~';

/** 1 to 63 small letters, digits and hyphens. Stored keys rely on it: nothing below U+0001. */
export function isNamespaceName(name: string): boolean {
  return NAME.test(name);
}

/**
 * As its keys are stored (N2). What is deleted and made again is another generation, so that no
 * replica that slept meanwhile brings a key of the former back.
 * @param generation 1 for the first
 */
export function storedNamespace(name: string, generation: number): string {
  return name === DEFAULT_NAMESPACE ? name : `${name}${SEPARATOR}${generation}`;
}

/** Of what `storedNamespace` gave. The default one has no generations. */
export function parseStoredNamespace(stored: string): {
  readonly name: string;
  readonly generation: number;
} {
  const [name = stored, digits = '0'] = stored.split(SEPARATOR);
  return { name, generation: Number(digits) };
}

/** Keys are stored under the namespace of any generation between the two. */
export function generationsOf(name: string): { readonly from: string; readonly before: string } {
  const next = String.fromCharCode(SEPARATOR.charCodeAt(0) + 1);
  return { from: `${name}${SEPARATOR}`, before: `${name}${next}` };
}
