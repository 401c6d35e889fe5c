/** What a dry run of a resolution answers: the value that would be kept. */
import type { ResolvePreview } from '../../coordination/request/request.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { GUARD_HEADERS } from './problem.js';
import { byteText, type HttpReply } from './reply.js';
import { valueText } from './version-text.js';

export function previewAnswer(preview: ResolvePreview, key: string): HttpReply {
  const { replaced } = preview;
  const superseded = replaced.map((version) => `"${version}"`).join(',');
  return {
    status: 200,
    headers: ['Content-Type', JSON_TYPE, ...GUARD_HEADERS],
    body:
      `{"key":${byteText(JSON.stringify(key))},"dry_run":true,${valueText(preview)},` +
      `"replaced":[${superseded}]}`,
    result: 'ok',
  };
}
