/** Namespaces of keys. Each will have its own N; there is one until then. */

/** The namespace of a key for which none is named. */
export const DEFAULT_NAMESPACE = 'default';
