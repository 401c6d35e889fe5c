/** A key in conflict: its siblings, what each is to the others, how conflicts were resolved. */
import type { ConflictsAnswer, GetAnswer } from '../../coordination/request/request.js';
import { OperatingError } from '../../errors.js';
import type { AuditEntry, DroppedVersion } from '../../resolution/audit-entry.js';
import { parseDot } from '../../versioning/dot.js';
import { millisecondsOf } from '../../versioning/hybrid-clock.js';
import type { Version } from '../../versioning/siblings.js';
import { nodeOf } from '../../versioning/writer.js';
import { dataHeaders } from './answer-headers.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { byteText, type HttpReply } from './reply.js';
import { siblingText, timeText, valueText } from './version-text.js';

/** 404 only where there is no record at all: of a deleted key it says that there is no conflict. */
export function conflictsAnswer(
  answer: ConflictsAnswer,
  key: string,
  requestId: string,
): HttpReply {
  const { siblings, resolutions, context, receipt } = answer;
  if (!answer.recorded) return neverWritten(answer, key, requestId);
  const inConflict = siblings.length > 1;
  const rows = siblings.map((version) => rowText(version, inConflict)).join(',');
  const shown = context === undefined ? '' : `,"context":"${context}"`;
  const headers = dataHeaders(JSON_TYPE, receipt, context);
  headers.push('X-Siblings', String(siblings.length));
  return {
    status: 200,
    headers,
    body:
      `{"key":${byteText(JSON.stringify(key))},"in_conflict":${inConflict}${shown},` +
      `"siblings":[${rows}],"resolutions":[${resolutions.map(entryText).join(',')}]}`,
    result: 'ok',
  };
}

export function neverWritten(
  { context, receipt }: GetAnswer,
  key: string,
  requestId: string,
): HttpReply {
  const problem = new OperatingError('not_found', 'the key was never written', {
    details: { key, ...(context === undefined ? {} : { context }) },
  });
  return {
    status: 404,
    headers: dataHeaders(PROBLEM_TYPE, receipt, context),
    body: byteText(JSON.stringify(problemBody(problem, requestId))),
    result: 'not_found',
  };
}

/** What is held side by side is concurrent: neither writer had seen the other's version. */
function rowText(version: Version, inConflict: boolean): string {
  const { writer, n } = version.dot;
  const relation = inConflict ? 'concurrent' : 'current';
  return `${siblingText(version)},"dot":{"writer":"${writer}","n":${n}},"relation":"${relation}"}`;
}

function entryText({ at, strategy, by, kept, dropped }: AuditEntry): string {
  const head = JSON.stringify({ at: timeText(at), strategy, by, kept });
  return `${byteText(head).slice(0, -1)},"dropped":[${dropped.map(droppedText).join(',')}]}`;
}

function droppedText({ version, contentType, value, bytes, writtenAt }: DroppedVersion): string {
  const shown =
    value === undefined
      ? `"value_left_out":true,"content_type":${JSON.stringify(contentType)}`
      : valueText({ contentType, value });
  const time = timeText(millisecondsOf(writtenAt));
  const by = nodeOf(parseDot(version)?.writer ?? '');
  return (
    `{"version":"${version}",${shown},"bytes":${bytes},` +
    `"written_at":"${time}","written_by":"${by}"}`
  );
}
