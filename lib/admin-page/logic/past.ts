/** What became of the values of a key, by what it holds now: lists of the past come later. */
import type { ConflictSibling, EncodedValue, KeyVersions } from '../key-types.js';
import { valueToText } from './values.js';

type VersionState = KeyVersions['versions'][number]['state'] | 'superseded';

/** @param siblings what the key holds now */
export function stateNow(
  { version, state }: { readonly version: string; readonly state: VersionState },
  siblings: readonly ConflictSibling[],
): VersionState {
  const isHeld = siblings.some((sibling) => sibling.version === version);
  return isHeld ? 'current' : state === 'current' ? 'superseded' : state;
}

/** A resolution writes the value that it keeps anew: under its old version nothing was lost. */
export function isValueNow(
  past: EncodedValue & { readonly value_left_out?: true | undefined },
  siblings: readonly ConflictSibling[],
): boolean {
  if (past.value_left_out === true) return false;
  return siblings.some(
    (now) => kindOf(now) === kindOf(past) && valueToText(now) === valueToText(past),
  );
}

function kindOf({ value_base64: base64, content_type: type }: EncodedValue): string {
  return base64 === undefined ? 'json' : (type ?? '');
}
