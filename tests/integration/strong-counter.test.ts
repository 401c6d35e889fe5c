/** A counter that 50 clients add to by comparisons, on real processes, while the proposer dies. */
import t from 'tap';
import { ComparedCluster } from '../../bin/compare/compared-cluster.js';
import { Endpoint } from '../mixed-levels/endpoint.js';
import { readAnswer, writeAnswer } from '../simulation/kv-answer.js';
import { type Condition, getRequest, putRequest } from '../simulation/kv-request.js';
import { freeBasePort } from './real-cluster.js';

const NODES = 3;
const CLIENTS = 50;
const KILL_AFTER = 5;
/** With strong answers missing, after `kill -9` of the proposer's node. */
const SILENCE_MILLISECONDS = 2000;
const PAUSE_MILLISECONDS = 10;
const HOW = {
  ...{ key: 'counter', level: 'strong', fallbacks: [], timeoutMilliseconds: 5000 },
  ...{ inQuery: false, readRepair: undefined, asList: false },
} as const;

interface Seen {
  /** Who has added, in order. */
  readonly added: readonly string[];
  readonly condition: Condition;
}

async function look(endpoint: Endpoint): Promise<Seen | undefined> {
  const answered = await endpoint.ask(getRequest(HOW));
  const answer = answered && readAnswer(answered);
  if (answer?.kind !== 'read') return undefined;
  const [there] = answer.versions;
  if (there === undefined) return { added: [], condition: { is: 'absent' } };
  const added = String(JSON.parse(there.value ?? '""')).split(' ');
  return { added, condition: { is: 'version', version: there.version } };
}

async function write(endpoint: Endpoint, { added, condition }: Seen): Promise<boolean> {
  const value = { text: JSON.stringify(added.join(' ')), isJson: true };
  const plain = { ttl: undefined, context: undefined, durability: 'sync' } as const;
  const answered = await endpoint.ask(putRequest({ ...HOW, ...plain, value, condition }));
  return answered !== undefined && writeAnswer(answered).kind === 'written';
}

/** Again and again, however often another is quicker; through one node after the other. */
async function add(endpoints: readonly Endpoint[], client: number, done: number[]): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const endpoint = endpoints[(client + attempt) % endpoints.length];
    if (endpoint === undefined) throw new Error('there is no endpoint');
    const seen = await look(endpoint);
    // After an unknown outcome: a strong read settles what was before it.
    if (seen?.added.includes(`${client}`) === true) break;
    if (seen !== undefined) {
      const { added, condition } = seen;
      if (await write(endpoint, { added: [...added, `${client}`], condition })) break;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  done.push(performance.now());
}

async function proposerOf(endpoint: Endpoint): Promise<string> {
  const { headers, ...request } = getRequest(HOW);
  const answered = await endpoint.ask({ ...request, headers: { ...headers, 'X-Explain': '1' } });
  const [, proposer] = /"proposer":"(n[0-9])"/.exec(answered?.body.toString('utf8') ?? '') ?? [];
  if (proposer === undefined) throw new Error(`no proposer is named: ${answered?.body.toString()}`);
  return proposer;
}

/** The longest time without an addition. */
function longestGap(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(0, ...sorted.slice(1).map((at, i) => at - (sorted[i] ?? at)));
}

t.test('all finish, the sum is right, and a kill costs at most two seconds', async (t) => {
  const cluster = await ComparedCluster.start(NODES, await freeBasePort());
  const endpoints = cluster.endpoints.map((url) => new Endpoint(url));
  t.teardown(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await cluster.stop();
  });
  const [first] = endpoints;
  if (first === undefined) throw new Error('there is no endpoint');
  t.ok(await write(first, { added: ['begun'], condition: { is: 'absent' } }));
  const proposer = await proposerOf(first);
  const done: number[] = [];
  const began = performance.now();
  const adding = Array.from({ length: CLIENTS }, (_, client) => add(endpoints, client, done));
  while (done.length < KILL_AFTER) await new Promise((resolve) => setTimeout(resolve, 1));
  const killedAt = performance.now();
  // A busy machine is slow without any kill.
  const before = longestGap([began, ...done]);
  await cluster.kill(proposer);
  await Promise.all(adding);
  const after = [killedAt, ...done.filter((at) => at > killedAt)];
  const gap = longestGap(after);
  t.comment(`${proposer} killed: ${Math.round(gap)} ms without an addition, ${before} before`);
  t.ok(after.length > CLIENTS / 2, 'it was killed in the middle');
  t.ok(gap <= SILENCE_MILLISECONDS + 2 * before, `${Math.round(gap)} ms`);
  const alive = endpoints[(cluster.ids.indexOf(proposer) + 1) % NODES];
  const seen = alive && (await look(alive));
  const everyone = Array.from({ length: CLIENTS }, (_, client) => `${client}`);
  t.same([...(seen?.added ?? [])].sort(), ['begun', ...everyone].sort(), 'each once');
});
