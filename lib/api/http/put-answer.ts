/** What a write answers: the new version, the context that holds it, and what it superseded. */
import type { PutAnswer } from '../../coordination/request.js';
import { dataHeaders } from './answer-headers.js';
import { JSON_TYPE } from './media-type.js';
import { byteText, type Reply } from './reply.js';

/** `version` and `context` are ASCII without quotes: they are made here and in versioning/. */
export function putAnswer({ version, context, replaced, receipt }: PutAnswer, key: string): Reply {
  const superseded = replaced.length === 0 ? '[]' : `["${replaced.join('","')}"]`;
  return {
    status: 200,
    headers: dataHeaders(JSON_TYPE, receipt, context),
    body:
      `{"key":${byteText(JSON.stringify(key))},"version":"${version}",` +
      `"context":"${context}","replaced":${superseded}}`,
    result: 'ok',
    level: receipt.level,
  };
}
