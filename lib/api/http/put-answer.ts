/** What a write answers: the new version, the context that holds it, and what it superseded. */
import type { PutAnswer } from '../../coordination/request/request.js';
import type { Change } from '../../replica/intent.js';
import { dataHeaders } from './answer-headers.js';
import { bytesTag } from './entity-tag.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { byteText, type HttpReply } from './reply.js';

/** `version` and `context` are ASCII without quotes: they are made here and in versioning/. */
export function putAnswer(answer: PutAnswer, key: string, change?: Change): HttpReply {
  const { version, context, replaced, beside, receipt } = answer;
  const left = beside.length === 0 ? '' : leftText(beside, change);
  const headers = dataHeaders(JSON_TYPE, receipt, context);
  // Of JSON values the body of a GET holds more than what was put, so there is no tag of it yet.
  if (change?.state === 'value' && change.contentType !== JSON_TYPE) {
    headers.push('ETag', bytesTag(version));
  }
  return {
    status: 200,
    headers,
    body:
      `{"key":${byteText(JSON.stringify(key))},"version":"${version}",` +
      `"context":"${context}","replaced":${listOf(replaced)}${left}}`,
    result: 'ok',
  };
}

/** Only there where there is more than this write: what was left, and how many values there are. */
function leftText(beside: readonly string[], change: Change | undefined): string {
  const values = beside.length + (change?.state === 'tombstone' ? 0 : 1);
  const siblings = values === 1 ? '' : `,"siblings":${values}`;
  return `,"beside":${listOf(beside)}${siblings}`;
}

/** Of versions, which are ASCII without quotes. */
function listOf(versions: readonly string[]): string {
  return versions.length === 0 ? '[]' : `["${versions.join('","')}"]`;
}
