/** `custom`: a function of the operator's own, behind a contract that it can be held to. */
import { dotText } from '../versioning/dot.js';
import { millisecondsOf } from '../versioning/hybrid-clock.js';
import { latestEnd, type Version } from '../versioning/siblings.js';
import type { Resolved, Strategy } from './strategy.js';
import { JSON_TYPE } from '../encoding/json-text.js';

/** A sibling as the function gets it. The bytes are a copy: nothing done to them is stored. */
export interface CustomSibling {
  readonly version: string;
  /** Wall milliseconds of the writer. */
  readonly writtenAt: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The bytes as UTF-8; of JSON values the text as it was written. */
  readonly text: string;
}

export interface CustomValue {
  readonly contentType: string;
  readonly value: string | Uint8Array;
}

/**
 * Must be a function of the siblings alone, whatever their order, and leave its own result alone.
 * Undefined: it does not resolve these.
 */
export type CustomResolver = (siblings: readonly CustomSibling[]) => CustomValue | undefined;

/** @throws TypeError where the function returns something else */
export function customStrategy(resolver: CustomResolver): Strategy {
  return (siblings) => {
    const result: unknown = resolver(siblings.map(shown));
    return result === undefined || result === null ? undefined : resolved(result, siblings);
  };
}

function shown({ dot, writtenAt, contentType, value }: Version): CustomSibling {
  const bytes = Uint8Array.from(value);
  return {
    version: dotText(dot),
    writtenAt: millisecondsOf(writtenAt),
    contentType,
    bytes,
    text: Buffer.from(bytes).toString('utf8'),
  };
}

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *;[\t\x20-\x7e]*)?$/;
const MEDIA_TYPE_CHARACTERS_MAX = 255;

function resolved(result: object, siblings: readonly Version[]): Resolved {
  const { contentType, value } = result as Partial<CustomValue>;
  const isType =
    typeof contentType === 'string' &&
    contentType.length <= MEDIA_TYPE_CHARACTERS_MAX &&
    MEDIA_TYPE.test(contentType);
  if (!isType) throw new TypeError('it returned no media type as contentType');
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw new TypeError('it returned neither a string nor bytes as value');
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Uint8Array.from(value);
  if (contentType === JSON_TYPE) JSON.parse(Buffer.from(bytes).toString('utf8'));
  return { contentType, value: bytes, expiresAt: latestEnd(siblings) };
}
