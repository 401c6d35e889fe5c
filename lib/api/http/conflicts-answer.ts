/** A key in conflict: its siblings, what each is to the others, how conflicts were resolved. */
import type { GetAnswer } from '../../coordination/request.js';
import { OperatingError } from '../../errors.js';
import type { Version } from '../../versioning/siblings.js';
import { dataHeaders } from './answer-headers.js';
import { JSON_TYPE } from './media-type.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { byteText, type Reply } from './reply.js';
import { siblingText } from './version-text.js';

/** 404 only where there is no record at all: of a deleted key it says that there is no conflict. */
export function conflictsAnswer(answer: GetAnswer, key: string, requestId: string): Reply {
  const { siblings, context, receipt } = answer;
  if (!answer.recorded) {
    const problem = new OperatingError('not_found', 'the key was never written', {
      details: { key },
    });
    return {
      status: 404,
      headers: dataHeaders(PROBLEM_TYPE, receipt, context),
      body: byteText(JSON.stringify(problemBody(problem, requestId))),
      result: 'not_found',
      level: receipt.level,
    };
  }
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
      `"siblings":[${rows}],"resolutions":[]}`,
    result: 'ok',
    level: receipt.level,
  };
}

/** What is held side by side is concurrent: neither writer had seen the other's version. */
function rowText(version: Version, inConflict: boolean): string {
  const { writer, n } = version.dot;
  const relation = inConflict ? 'concurrent' : 'current';
  return `${siblingText(version)},"dot":{"writer":"${writer}","n":${n}},"relation":"${relation}"}`;
}
