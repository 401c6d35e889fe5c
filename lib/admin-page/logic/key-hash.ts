/** The screen of a key, as the part of the address behind `#`. */
import { USUAL_NAMESPACE, type KeyName } from '../api.js';

/** `#/key/cart`, or `#/key/cart?namespace=shop`. */
export function keyHash({ namespace, key }: KeyName): string {
  const more = namespace === USUAL_NAMESPACE ? '' : `?namespace=${encodeURIComponent(namespace)}`;
  return `#/key/${encodeURIComponent(key)}${more}`;
}

/** @param argument what stands behind `#/key/`; what cannot be decoded is no key */
export function keyInHash(argument: string): KeyName {
  const [text = '', parameters = ''] = argument.split('?');
  const namespace = new URLSearchParams(parameters).get('namespace') ?? USUAL_NAMESPACE;
  try {
    return { namespace, key: decodeURIComponent(text) };
  } catch {
    return { namespace, key: '' };
  }
}
