/** The keys of the default namespace in conflict, as a node lists them: all pages. */
import type { KvClient } from './kv-client.js';
import type { Machine } from './machine.js';
import type { World } from './world.js';

interface ConflictPage {
  readonly conflicts: readonly { readonly key: string }[];
  readonly unanswered: readonly string[];
  readonly cursor?: string;
}

/** Undefined where the node does not list them all. */
export async function listConflicts(
  client: KvClient,
  world: World,
  machine: Machine,
): Promise<string[] | undefined> {
  const listed: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const more = cursor === '' ? '' : `&cursor=${cursor}`;
    const path = `/api/v1/namespaces/default/conflicts?limit=100${more}`;
    const sent = { method: 'GET', path, headers: {}, body: undefined };
    const answer = await client.ask('list', machine, { timeoutMilliseconds: 5000 }, sent);
    if (answer?.status !== 200) return undefined;
    const page = JSON.parse(answer.body.toString('utf8')) as ConflictPage;
    if (page.unanswered.length > 0) return undefined;
    listed.push(...page.conflicts.map(({ key }) => key));
    cursor = page.cursor;
  }
  if (listed.length > 0) world.count('conflicts listed');
  return listed;
}
