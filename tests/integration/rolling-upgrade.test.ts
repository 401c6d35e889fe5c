/** Two adjacent builds side by side: nodes are replaced one by one, and clients do not notice. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { PROTOCOL_VERSIONS, type VersionRange } from '../../lib/platform/peer-protocol.js';
import { NodeProcess } from './node-process.js';
import { otherBuild } from './other-build.js';
import { freeBasePort, QUORATE, until } from './real-cluster.js';
import { SteadyWrites } from './steady-writes.js';

const WAIT_MILLISECONDS = 20_000;
/** So long clients go on in each state of the cluster. */
const STEP_MILLISECONDS = 300;
const NOW = PROTOCOL_VERSIONS;
const NEXT: VersionRange = { min: NOW.max, max: NOW.max + 1 };
const FAR: VersionRange = { min: NOW.max + 2, max: NOW.max + 3 };
const IDS = ['n1', 'n2', 'n3'];

interface Status {
  readonly verdict: string;
  readonly nodes: readonly { readonly id: string; readonly protocol?: number }[];
}

const textOf = ({ min, max }: VersionRange): string => `{ min: ${min}, max: ${max} }`;
const named = ({ min, max }: VersionRange): string => `${min} to ${max}`;
/** As the log of a node has it. */
const refusal = (ours: VersionRange, theirs: VersionRange): string =>
  'another version of the peer protocol: this node speaks the versions ' +
  `${named(ours)}, the other one ${named(theirs)}`;

function buildThatSpeaks(folder: string, range: VersionRange): string {
  return otherBuild(folder, {
    file: 'lib/platform/peer-protocol.js',
    constant: `PROTOCOL_VERSIONS = ${textOf(NOW)};`,
    instead: `PROTOCOL_VERSIONS = ${textOf(range)};`,
  });
}

async function statusOf({ url }: NodeProcess): Promise<Status | undefined> {
  const answer = await fetch(`${url}/api/v1/cluster/status`).catch(() => undefined);
  return answer?.ok === true ? ((await answer.json()) as Status) : undefined;
}

/** `quorate status` is well at each node, and each link speaks the newest that both ends know. */
async function untilWell(
  nodes: readonly NodeProcess[],
  upgraded: readonly string[],
): Promise<void> {
  let seen = '';
  const isWell = async (): Promise<boolean> => {
    const all = await Promise.all(nodes.map(statusOf));
    seen = JSON.stringify(all.map((status) => [status?.verdict, status?.nodes]));
    return all.every((status, at) => {
      const self = nodes[at]?.id ?? '';
      return (
        status?.verdict === 'ok' &&
        status.nodes.every(({ id, protocol }) => {
          const both = upgraded.includes(id) && upgraded.includes(self);
          return id === self || protocol === (both ? NEXT.max : NOW.max);
        })
      );
    });
  };
  await until(`${upgraded.join()} upgraded`, WAIT_MILLISECONDS, isWell).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${seen}`);
  });
}

t.test('nodes are replaced one by one under load', async (t) => {
  const folder = t.testdir();
  const basePort = await freeBasePort();
  mkdirSync(join(folder, 'cluster'));
  writeFileSync(join(folder, 'cluster', 'secret'), randomBytes(32).toString('hex'), {
    mode: 0o600,
  });
  const next = buildThatSpeaks(join(folder, 'next'), NEXT);
  const far = buildThatSpeaks(join(folder, 'far'), FAR);
  const nodes = IDS.map((id) => {
    return new NodeProcess({ owner: t, ids: IDS, id, basePort, folder: join(folder, 'cluster') });
  });
  await Promise.all(nodes.map((node) => node.start(QUORATE)));
  await untilWell(nodes, []);
  const writes = new SteadyWrites(nodes);
  const load = writes.run();
  const goOn = async (what: string): Promise<void> => {
    const before = writes.acknowledged.size;
    await sleep(STEP_MILLISECONDS);
    await until(what, WAIT_MILLISECONDS, () => writes.acknowledged.size > before);
  };

  await goOn('writes before the upgrade');
  for (const [index, node] of nodes.entries()) {
    t.equal(await node.stop(), 0, `${node.id} stops`);
    await goOn(`writes without ${node.id}`);
    await node.start(next);
    await untilWell(nodes, IDS.slice(0, index + 1));
    await goOn(`writes with ${node.id} upgraded`);
  }

  // The last node is replaced by a build that is two releases ahead.
  const [one, , last] = nodes;
  if (one === undefined || last === undefined) throw new Error('there are three nodes');
  await last.stop();
  last.launch(far);
  const answered = (): boolean =>
    one.log.includes(refusal(NEXT, FAR)) && last.log.includes(refusal(FAR, NEXT));
  await until('both to say which versions they speak', WAIT_MILLISECONDS, answered);
  await goOn('writes beside a node that is refused');
  const linked = (await statusOf(one))?.nodes.find(({ id }) => id === last.id)?.protocol;
  t.equal(linked, undefined, 'it has no link');
  t.equal(await last.stop(), 0, 'it stops');
  await last.start(next);
  await untilWell(nodes, IDS);

  writes.stop();
  await load;
  t.same(writes.failures, [], 'some node took each request');
  t.same(await writes.lost(), [], 'what was acknowledged is there, at every node');
  t.comment(`${writes.acknowledged.size} writes, ${writes.elsewhere} requests taken elsewhere`);
  t.ok(writes.elsewhere > 0, 'clients had to try another node');
  for (const node of nodes) t.equal(await node.stop(), 0, `${node.id} stops`);
});
