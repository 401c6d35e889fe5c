/** One stored version as JSON text: JSON values as they were written, other bytes as base64. */
import { dotText } from '../../versioning/dot.js';
import { millisecondsOf } from '../../versioning/hybrid-clock.js';
import type { Version } from '../../versioning/siblings.js';
import { nodeOf } from '../../versioning/writer.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { bytesAsText } from './reply.js';

const MILLISECONDS = 1000;
/** The second that was written last, and its text: what is written together has it in common. */
let second = Number.NaN;
let secondText = '';

/** RFC 3339, UTC. */
export function timeText(milliseconds: number): string {
  const whole = Math.floor(milliseconds / MILLISECONDS);
  if (whole !== second) {
    secondText = new Date(whole * MILLISECONDS).toISOString().slice(0, -'000Z'.length);
    second = whole;
  }
  const rest = Math.floor(milliseconds - whole * MILLISECONDS);
  return `${secondText}${String(rest).padStart(3, '0')}Z`;
}

export function writtenAt({ writtenAt }: Version): string {
  return timeText(millisecondsOf(writtenAt));
}

/** `"value":...` or `"value_base64":"...","content_type":"..."`, as byte text. */
export function valueText({ contentType, value }: Pick<Version, 'contentType' | 'value'>): string {
  if (contentType === JSON_TYPE) return `"value":${bytesAsText(value)}`;
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return `"value_base64":"${base64}","content_type":${JSON.stringify(contentType)}`;
}

/** `"version":"...","written_at":"..."`, with what else there is. */
export function timesText(version: Version): string {
  const { expiresAt } = version;
  const end = expiresAt === undefined ? '' : `,"expires_at":"${timeText(expiresAt)}"`;
  return `"written_at":"${writtenAt(version)}"${end}`;
}

/** A member of a list of siblings, without its closing brace, as byte text. */
export function siblingText(version: Version): string {
  const { dot } = version;
  return (
    `{${valueText(version)},"version":"${dotText(dot)}",${timesText(version)},` +
    `"written_by":"${nodeOf(dot.writer)}"`
  );
}
