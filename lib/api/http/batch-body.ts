/** What a batch asks for: its operations, read strictly before any is done (docs/http-api.md). */
import { JSON_TYPE, splitArray, splitObject, stringOf } from '../../encoding/json-text.js';
import { OperatingError } from '../../errors.js';
import type { Change } from '../../replica/intent.js';
import type { Precondition } from '../../coordination/request/request.js';
import type { RequestAdmissionLimits } from './admission.js';
import { preconditionOf } from './entity-tag.js';
import { checkKey } from './key-of-path.js';
import { BYTES_TYPE, checkContentType, essenceOf } from './media-type.js';
import { checkMembers, membersOf, objectOf, ttlMember } from './put-body.js';
import { invalid } from './refusals.js';

export const BATCH_OPERATIONS_MAX = 1000;

/** Each counts as a request: there would never be room for a batch of more than may be at once. */
export function batchOperationsMax({ requestsInFlightMax }: RequestAdmissionLimits): number {
  return Math.min(BATCH_OPERATIONS_MAX, requestsInFlightMax);
}

type OperationName = 'get' | 'put' | 'delete';

export interface BatchOperation {
  readonly op: OperationName;
  readonly namespace: string;
  readonly key: string;
  /** As it was written; undefined: what the headers of the batch say. */
  readonly level: string | undefined;
  readonly context: string | undefined;
  /** Undefined: a read. */
  readonly change: Change | undefined;
  readonly precondition: Precondition | undefined;
}

type Members = ReadonlyMap<string, string>;

const COMMON = ['op', 'key', 'namespace', 'level'];
const WRITES = [...COMMON, 'context', 'if_match', 'if_none_match'];
const MEMBERS: Readonly<Record<OperationName, readonly string[]>> = {
  get: COMMON,
  put: [...WRITES, 'value', 'value_base64', 'content_type', 'ttl'],
  delete: WRITES,
};
const NAMES = Object.keys(MEMBERS) as OperationName[];
const BY_TEXT = new Map(NAMES.map((name) => [`"${name}"`, name]));
const TOMBSTONE: Change = { state: 'tombstone' };

/**
 * @param namespace of operations that name none
 * @throws OperatingError `invalid_request`, `invalid_key`, `unsupported_media_type`; of one
 * operation with its `index`. Nothing of such a batch is done.
 */
export function batchBody(
  bytes: Buffer,
  operationsMax: number,
  namespace: string,
): BatchOperation[] {
  const body = membersOf(bytes);
  checkMembers(body, ['operations']);
  const texts = splitArray(body.get('operations') ?? '');
  if (texts === undefined) throw invalid('operations', '"operations" is a list of operations');
  if (texts.length < 1 || texts.length > operationsMax) {
    const message = `a batch has 1 to ${operationsMax} operations`;
    throw invalid('operations', message, texts.length);
  }
  const seen = new Set<string>();
  return texts.map((text, index) => {
    try {
      const operation = operationOf(text, namespace);
      const name = `${operation.namespace}\u0000${operation.key}`;
      if (seen.has(name)) throw invalid('key', 'the key is in the batch twice', operation.key);
      seen.add(name);
      return operation;
    } catch (error) {
      throw ofOperation(error, index);
    }
  });
}

function ofOperation(error: unknown, index: number): unknown {
  if (!(error instanceof OperatingError)) return error;
  const { code, message, details } = error;
  return new OperatingError(code, `operation ${index}: ${message}`, {
    details: { index, ...details },
  });
}

function operationOf(text: string, byDefault: string): BatchOperation {
  const members = objectOf(splitObject(text), 'the operation');
  const op = BY_TEXT.get(members.get('op') ?? '');
  if (op === undefined) {
    throw invalid('op', `"op" is one of ${NAMES.join(', ')}`, members.get('op'));
  }
  checkMembers(members, MEMBERS[op]);
  const key = textMember(members, 'key');
  if (key === undefined) throw invalid('key', 'the member "key" is missing');
  checkKey(key);
  const namespace = textMember(members, 'namespace') ?? byDefault;
  return {
    op,
    namespace,
    key,
    level: levelMember(members.get('level')),
    context: textMember(members, 'context'),
    change: changeOf(op, members),
    precondition: preconditionMember(members),
  };
}

/** As the headers of a single write. */
function preconditionMember(members: Members): Precondition | undefined {
  return preconditionOf(textMember(members, 'if_match'), textMember(members, 'if_none_match'));
}

function textMember(members: Members, name: string): string | undefined {
  const text = members.get(name);
  if (text === undefined) return undefined;
  if (text.startsWith('"')) return stringOf(text);
  throw invalid(name, `"${name}" is a string`);
}

/** A number of primaries may be written as one. */
function levelMember(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const level: unknown = JSON.parse(text);
  if (typeof level === 'string') return level;
  if (Number.isInteger(level)) return String(level);
  throw invalid('level', '"level" is a level, or a number of primaries');
}

function changeOf(op: OperationName, members: Members): Change | undefined {
  if (op !== 'put') return op === 'get' ? undefined : TOMBSTONE;
  const { contentType, value } = valueMember(members);
  return { state: 'value', contentType, value, ttlSeconds: ttlMember(members.get('ttl')) };
}

/** How large a value may be is for the cluster to say, of each operation. */
function valueMember(members: Members): { readonly contentType: string; readonly value: Buffer } {
  const text = members.get('value');
  const base64 = textMember(members, 'value_base64');
  const contentType = textMember(members, 'content_type');
  if ((text === undefined) === (base64 === undefined)) {
    throw invalid('value', 'give a "value", or a "value_base64", and not both');
  }
  if (base64 !== undefined) return bytesValue(base64, contentType ?? BYTES_TYPE);
  if (contentType === undefined) {
    return { contentType: JSON_TYPE, value: Buffer.from(text ?? '', 'utf8') };
  }
  throw invalid('content_type', '"content_type" goes with "value_base64"', contentType);
}

function bytesValue(base64: string, contentType: string): { contentType: string; value: Buffer } {
  checkContentType(contentType);
  if (essenceOf(contentType) === JSON_TYPE) {
    throw invalid('content_type', 'JSON is sent as it is: "value"', contentType);
  }
  const value = Buffer.from(base64, 'base64');
  if (value.toString('base64') === base64) return { contentType, value };
  throw invalid('value_base64', 'the value is not base64, with its padding (RFC 4648, 4)');
}
