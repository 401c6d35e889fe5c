/** The versions of a key: what it holds now, and what is kept of the past. */
import type { VersionsAnswer } from '../../coordination/request/request.js';
import { dotText, parseDot } from '../../versioning/dot.js';
import { millisecondsOf } from '../../versioning/hybrid-clock.js';
import { nodeOf } from '../../versioning/writer.js';
import { dataHeaders } from './answer-headers.js';
import { neverWritten } from './conflicts-answer.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { byteText, type HttpReply } from './reply.js';
import { timeText } from './version-text.js';

/** The current ones first, then the latest written. Values are asked for one by one. */
export function versionsAnswer(answer: VersionsAnswer, key: string, requestId: string): HttpReply {
  const { siblings, kept, context, receipt, recorded } = answer;
  if (!recorded && kept.length === 0) return neverWritten(answer, key, requestId);
  const current = siblings.map(({ dot, contentType, value, writtenAt }) => {
    return { version: dotText(dot), contentType, bytes: value.length, writtenAt };
  });
  const versions = [
    ...current.map((row) => ({ row, state: 'current' })),
    ...kept.map((row) => ({ row, state: 'kept' })),
  ].map(({ row: { version, contentType, bytes, writtenAt }, state }) => ({
    version,
    state,
    written_at: timeText(millisecondsOf(writtenAt)),
    written_by: nodeOf(parseDot(version)?.writer ?? ''),
    content_type: contentType,
    bytes,
  }));
  return {
    status: 200,
    headers: dataHeaders(JSON_TYPE, receipt, context),
    body: byteText(JSON.stringify({ key, context, versions })),
    result: 'ok',
  };
}
