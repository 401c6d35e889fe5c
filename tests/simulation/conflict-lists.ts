/** The keys of a namespace that are in conflict, as a node lists them: all pages. */
import type { Asking } from './asking.js';
import { askedNamespace, prefixOf } from './key-names.js';
import type { Machine } from './machine.js';
import type { World } from './world.js';

interface ConflictPage {
  readonly conflicts: readonly { readonly key: string }[];
  readonly unanswered: readonly string[];
  readonly cursor?: string;
}

/**
 * By their names; undefined where the node does not list them all.
 * @param namespace as it is stored
 */
export async function listConflicts(
  asking: Asking,
  world: World,
  machine: Machine,
  namespace: string,
): Promise<string[] | undefined> {
  const listed: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const more = cursor === '' ? '' : `&cursor=${cursor}`;
    const path = `/api/v1/namespaces/${askedNamespace(namespace)}/conflicts?limit=100${more}`;
    const sent = { method: 'GET', path, headers: {}, body: undefined };
    const answer = await asking.ask('list', machine, { timeoutMilliseconds: 5000 }, sent);
    if (answer?.status !== 200) return undefined;
    const page = JSON.parse(answer.body.toString('utf8')) as ConflictPage;
    if (page.unanswered.length > 0) return undefined;
    listed.push(...page.conflicts.map(({ key }) => `${prefixOf(namespace)}${key}`));
    cursor = page.cursor;
  }
  if (listed.length > 0) world.count('conflicts listed');
  return listed;
}
