/** `json-merge`: JSON objects member by member, to the leaves; there the later writer wins. */
import type { JsonObject, JsonTree } from '../encoding/json-tree.js';
import type { Version } from '../versioning/siblings.js';
import { jsonSiblings } from './json-siblings.js';
import type { Resolved } from './strategy.js';
import { byTime, jsonResolved } from './strategy.js';

/**
 * Members of any of them are kept: that one lacks a member does not say that it was removed. Arrays
 * are leaves. What is the same in all stays as it was written.
 */
export function jsonMerge(siblings: readonly Version[]): Resolved | undefined {
  const objects = jsonSiblings(byTime(siblings), 'object');
  if (objects === undefined || objects.length === 0) return undefined;
  return jsonResolved(mergedText(objects), siblings);
}

/** @param trees at least one; the later writer's behind the earlier's */
function mergedText(trees: readonly JsonTree[]): string {
  const last = trees.at(-1);
  const objects = trees.filter((tree): tree is JsonObject => tree.kind === 'object');
  const alike = trees.every(({ text }) => text === last?.text);
  if (alike || objects.length < trees.length) return last?.text ?? '';
  const names = new Set(objects.flatMap(({ members }) => [...members.keys()]));
  const members = [...names].sort().map((name) => {
    const values = objects.flatMap((object) => object.members.get(name) ?? []);
    return `${JSON.stringify(name)}:${mergedText(values)}`;
  });
  return `{${members.join(',')}}`;
}
