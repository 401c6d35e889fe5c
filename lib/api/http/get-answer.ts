/** What a read answers: a value, siblings as a conflict or as a list, or nothing (Dynamo 4.1). */
import type { GetAnswer } from '../../coordination/request/request.js';
import { LARGE_BYTES } from '../../encoding/large.js';
import { OperatingError } from '../../errors.js';
import type { Rendering } from '../../persistence/record-table.js';
import { dotText } from '../../versioning/dot.js';
import type { Version } from '../../versioning/siblings.js';
import { dataHeaders } from './answer-headers.js';
import { bytesTag, jsonTag } from './entity-tag.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { prefersJson } from './media-type.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { byteText, type HttpReply, type HttpReplyBody } from './reply.js';
import { siblingText, timesText, timeText, valueText, writtenAt } from './version-text.js';

export interface GetView {
  readonly key: string;
  /** `?siblings=list` */
  readonly asList: boolean;
  /** `?version=` */
  readonly version: string | undefined;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly requestId: string;
}

export function getAnswer(answer: GetAnswer, view: GetView): HttpReply {
  if (view.asList) return listReply(answer, view);
  const [version] = answer.siblings;
  if (version === undefined) return notFoundReply(answer, view);
  if (answer.siblings.length > 1) return siblingsReply(answer, view);
  const reply = isJsonWanted(version, view)
    ? jsonReply(answer, version, view)
    : bytesReply(answer, version);
  return notModified(reply, view.ifNoneMatch) ?? reply;
}

function isJsonWanted({ contentType }: Version, { accept }: GetView): boolean {
  return contentType === JSON_TYPE || prefersJson(accept, contentType);
}

function jsonReply(answer: GetAnswer, version: Version, { key }: GetView): HttpReply {
  const { context, receipt } = answer;
  const { body, tag } = renderedOf(answer, version, key);
  const headers = dataHeaders(JSON_TYPE, receipt, context);
  headers.push('ETag', tag);
  return { status: 200, headers, body, result: 'ok' };
}

/** A value as JSON, with what does not differ by request: neither by level nor by receipt. */
class RenderedValue implements Rendering {
  readonly body: string;
  readonly tag: string;
  readonly context: string;

  constructor(body: string, tag: string, context: string) {
    this.body = body;
    this.tag = tag;
    this.context = context;
  }

  get memoryBytes(): number {
    return RENDERED_BYTES + this.body.length + this.tag.length + this.context.length;
  }
}

/** Objects and heads of texts. */
const RENDERED_BYTES = 150;
/** Of longer values what is made anew is mostly what must be copied anyway. */
const KEPT_BODY_BYTES_MAX = 4096;

function renderedOf(
  answer: GetAnswer,
  version: Version,
  key: string,
): { readonly body: HttpReplyBody; readonly tag: string } {
  const { context, place } = answer;
  if (place?.rendering instanceof RenderedValue) return place.rendering;
  const dot = dotText(version.dot);
  const tag = jsonTag(dot, context);
  const before = `{"key":${byteText(JSON.stringify(key))},`;
  const after = `,"version":"${dot}",${contextText(context)}${timesText(version)}}`;
  const body = joined(before, version, after);
  if (place === undefined || context === undefined || typeof body !== 'string')
    return { body, tag };
  if (body.length > KEPT_BODY_BYTES_MAX || !place.isReadAgain()) return { body, tag };
  // In one piece: what is joined stays a tree of its parts until somebody needs all of it.
  const whole = Buffer.from(body, 'latin1').toString('latin1');
  const rendered = new RenderedValue(whole, tag, context);
  place.keep(rendered);
  return rendered;
}

/** As bytes a large value is copied once; as a string it would be at each step of its way. */
function joined(before: string, version: Version, after: string): HttpReplyBody {
  const { contentType, value } = version;
  if (contentType !== JSON_TYPE || value.length < LARGE_BYTES) {
    return `${before}${valueText(version)}${after}`;
  }
  return Buffer.concat([
    Buffer.from(`${before}"value":`, 'latin1'),
    value,
    Buffer.from(`${after}\n`, 'latin1'),
  ]);
}

function bytesReply({ context, receipt }: GetAnswer, version: Version): HttpReply {
  const headers = dataHeaders(version.contentType, receipt, undefined);
  // However long: the bytes have it nowhere.
  if (context !== undefined) headers.push('X-Causal-Context', context);
  headers.push('ETag', bytesTag(dotText(version.dot)), 'X-Written-At', writtenAt(version));
  // A stored page must not act in the name of this origin.
  headers.push('Content-Security-Policy', 'sandbox');
  if (version.expiresAt !== undefined) headers.push('X-Expires-At', timeText(version.expiresAt));
  return { status: 200, headers, body: version.value, result: 'ok' };
}

/** The 304 of a reply whose ETag the client named; `*` names any. */
function notModified(reply: HttpReply, ifNoneMatch: string | undefined): HttpReply | undefined {
  if (ifNoneMatch === undefined) return undefined;
  const tag = reply.headers[reply.headers.indexOf('ETag') + 1] as string;
  const named = ifNoneMatch.split(',').map((text) => text.trim().replace(/^W\//, ''));
  if (!named.includes(tag) && !named.includes('*')) return undefined;
  return { ...reply, status: 304, body: '' };
}

function listReply({ siblings, context, receipt }: GetAnswer, { key }: GetView): HttpReply {
  const headers = dataHeaders(JSON_TYPE, receipt, context);
  headers.push('X-Siblings', String(siblings.length));
  return {
    status: 200,
    headers,
    body:
      `{"key":${byteText(JSON.stringify(key))},${contextText(context)}` +
      `"siblings":${siblingsText(siblings)}}`,
    result: 'ok',
  };
}

/** A list, and not 300: some clients take that for success, and others throw away the values. */
function siblingsReply(answer: GetAnswer, { key, requestId }: GetView): HttpReply {
  const { siblings, context, receipt } = answer;
  const problem = new OperatingError('siblings', `the key has ${siblings.length} siblings`, {
    details: { key, ...(context === undefined ? {} : { context }) },
  });
  const members = byteText(JSON.stringify(problemBody(problem, requestId)));
  const headers = dataHeaders(PROBLEM_TYPE, receipt, context);
  headers.push('X-Siblings', String(siblings.length));
  return {
    status: 409,
    headers,
    body: `${members.slice(0, -1)},"siblings":${siblingsText(siblings)}}`,
    result: 'siblings',
  };
}

function notFoundReply({ context, receipt }: GetAnswer, view: GetView): HttpReply {
  const { key, version, requestId } = view;
  const message =
    version === undefined ? 'the key has no value' : 'no replica that answered keeps this version';
  const problem = new OperatingError('not_found', message, {
    details: { key, ...(context === undefined ? {} : { context }) },
  });
  return {
    status: 404,
    headers: dataHeaders(PROBLEM_TYPE, receipt, context),
    body: byteText(JSON.stringify(problemBody(problem, requestId))),
    result: 'not_found',
  };
}

function siblingsText(siblings: readonly Version[]): string {
  return `[${siblings.map((version) => `${siblingText(version)}}`).join(',')}]`;
}

function contextText(context: string | undefined): string {
  return context === undefined ? '' : `"context":"${context}",`;
}
