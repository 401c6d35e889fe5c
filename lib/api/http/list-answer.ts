/** A page of keys, with or without what they hold (docs/http-api.md, Lists). */
import type { KeyList, KeyListItem } from '../../coordination/request/request.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { dotText } from '../../versioning/dot.js';
import { dataHeaders } from './answer-headers.js';
import { byteText, type HttpReply } from './reply.js';
import { siblingText, timesText, valueText } from './version-text.js';

/** @param values was it asked for what they hold? */
export function listAnswer({ items, cursor, receipt }: KeyList, values: boolean): HttpReply {
  const rows = values
    ? `"items":[${items.map(itemText).join(',')}]`
    : byteText(`"keys":${JSON.stringify(items.map(({ key }) => key))}`);
  const next = cursor === undefined ? '' : `,"cursor":"${cursor}"`;
  return {
    status: 200,
    headers: dataHeaders(JSON_TYPE, receipt, undefined),
    body: `{${rows}${next}}`,
    result: 'ok',
  };
}

/** As a read of the key answers it: a value, or siblings. */
function itemText({ key, found }: KeyListItem): string {
  const { siblings = [], context } = found ?? {};
  const [version] = siblings;
  const head = `{"key":${byteText(JSON.stringify(key))},`;
  const last = context === undefined ? '' : `"context":"${context}",`;
  if (version === undefined || siblings.length > 1) {
    const all = siblings.map((sibling) => `${siblingText(sibling)}}`);
    return `${head}${last}"siblings":[${all.join(',')}]}`;
  }
  const named = `"version":"${dotText(version.dot)}",`;
  return `${head}${valueText(version)},${named}${last}${timesText(version)}}`;
}
