/** The first three scenarios: does it work, does it survive a node, does a read see each write? */
import { randomBytes } from 'node:crypto';
import { StressRun } from '../stress/stress-run.js';
import { analyse } from './analysis.js';
import type { Answer, AssessedCluster } from './assessed-cluster.js';
import { type Check, check, scenarioResult, type ScenarioResult } from './check.js';

const LOAD_MILLISECONDS = 3000;
const LOAD_PER_SECOND = 100;
const FAILURE_MILLISECONDS = 3000;
const STEP_MILLISECONDS = 20;
/** Of requests at the nodes that live, while one is dead. */
const AVAILABILITY = 0.999;
const WRITES_GO_ON = 'writes go on while a node is dead';
const READS_GO_ON = 'reads go on while a node is dead';
const NOTHING_LOST = 'what was acknowledged then is read then';

function show({ status, json }: Answer): string {
  return status === 0 ? `no answer: ${String(json['detail'])}` : `${status} ${codeOf(json)}`.trim();
}

function codeOf(json: Answer['json']): string {
  return typeof json['code'] === 'string' ? json['code'] : '';
}

/** A put at one node is read at every other; deletes delete; a list names what there is. */
export async function basicOperations(cluster: AssessedCluster): Promise<ScenarioResult> {
  const [first = ''] = cluster.ids;
  const last = cluster.ids.at(-1) ?? first;
  const put = await cluster.put(first, 'cart', { apples: 3 });
  const checks = [check('a put is acknowledged', 3, put.status === 200, show(put))];
  const gets = await Promise.all(cluster.ids.map((id) => cluster.get(id, 'cart')));
  const same = gets.filter(({ json }) => JSON.stringify(json['value']) === '{"apples":3}').length;
  const seen = `${same} of ${gets.length} nodes answer with it`;
  checks.push(check('every node reads it', 3, same === gets.length, seen));
  const context = String(gets[0]?.json['context']);
  const over = await cluster.put(last, 'cart', { apples: 4 }, { 'X-Causal-Context': context });
  const after = await cluster.get(first, 'cart');
  const isNew = JSON.stringify(after.json['value']) === '{"apples":4}';
  checks.push(check('a put with a context replaces it', 3, isNew, `${show(over)}, ${show(after)}`));
  const listed = await cluster.request(last, 'GET', '/api/v1/kv?prefix=cart');
  const isListed = JSON.stringify(listed.json['keys'] ?? []).includes('"cart"');
  checks.push(check('a list names the key', 3, isListed, show(listed)));
  const level = { 'X-Consistency-Level': String(cluster.config.writeQuorum) };
  const gone = await cluster.request(last, 'DELETE', '/api/v1/kv/cart', undefined, level);
  const missing = await cluster.get(first, 'cart');
  const isGone = gone.status === 200 && missing.status === 404;
  checks.push(check('a delete deletes', 3, isGone, `${show(gone)}, then ${show(missing)}`));
  return scenarioResult('basic operations', 15, checks);
}

interface Counted {
  asked: number;
  answered: number;
  trouble: string | undefined;
}

/** One node is killed while clients ask the others. */
export async function faultTolerance(cluster: AssessedCluster): Promise<ScenarioResult> {
  const victim = cluster.ids.at(-1) ?? '';
  const living = cluster.ids.filter((id) => id !== victim);
  if (living.length === 0) {
    const why = 'there is one node: where it dies, nothing is answered';
    return scenarioResult('fault tolerance', 25, [
      check(WRITES_GO_ON, 10, false, why),
      check(READS_GO_ON, 10, false, why),
      check(NOTHING_LOST, 5, false, why),
    ]);
  }
  await cluster.put(living[0] ?? '', 'before', 'the failure');
  cluster.killNode(victim);
  const writes: Counted = { asked: 0, answered: 0, trouble: undefined };
  const reads: Counted = { asked: 0, answered: 0, trouble: undefined };
  const acknowledged: string[] = [];
  const ends = performance.now() + FAILURE_MILLISECONDS;
  for (let i = 0; performance.now() < ends; i += 1) {
    const id = living[i % living.length] ?? '';
    const key = `fault-${i}`;
    const [written, read] = await Promise.all([cluster.put(id, key, i), cluster.get(id, 'before')]);
    count(writes, written);
    count(reads, read);
    if (written.status === 200) acknowledged.push(key);
    await cluster.pause(STEP_MILLISECONDS);
  }
  const found = await Promise.all(
    acknowledged.map((key, i) => cluster.get(living[i % living.length] ?? '', key)),
  );
  const lost = found.filter(({ status }) => status === 404).length;
  const held = found.filter(({ status }) => status === 200).length;
  const failures = `with ${victim} killed, `;
  const none = acknowledged.length === 0;
  const kept = none
    ? 'nothing was acknowledged'
    : `${held} of ${acknowledged.length} are read without ${victim}, ${lost} are lost`;
  const checks = [
    check(WRITES_GO_ON, 10, isAvailable(writes), failures + share(writes)),
    check(READS_GO_ON, 10, isAvailable(reads), failures + share(reads)),
    check(NOTHING_LOST, 5, !none && held === acknowledged.length, kept),
  ];
  await cluster.revive();
  return scenarioResult('fault tolerance', 25, checks);
}

function count(counted: Counted, answer: Answer): void {
  counted.asked += 1;
  if (answer.status === 200) counted.answered += 1;
  else counted.trouble ??= show(answer);
}

function isAvailable({ asked, answered }: Counted): boolean {
  return asked > 0 && answered / asked >= AVAILABILITY;
}

function share({ asked, answered, trouble }: Counted): string {
  const why = trouble === undefined ? '' : ` (${trouble})`;
  return `${answered} of ${asked} were answered${why}`;
}

/** A load whose every answer is checked, and the worst case that the quorums allow. */
export async function consistency(cluster: AssessedCluster): Promise<ScenarioResult> {
  const { readQuorum, writeQuorum } = cluster.config;
  const run = new StressRun({
    endpoints: cluster.ids.map((id) => cluster.addressOf(id)),
    ...{ getsPerSecond: LOAD_PER_SECOND, putsPerSecond: LOAD_PER_SECOND },
    ...{ durationMilliseconds: LOAD_MILLISECONDS, keyCount: 100, valueBytes: 50, connections: 16 },
    ...{ timeoutMilliseconds: undefined, isStrict: true, run: randomBytes(4).toString('hex') },
    ...{ namespace: undefined, deletesKeys: false },
    ...{ readLevel: String(readQuorum), writeLevel: String(writeQuorum) },
  });
  const onAbort = (): void => run.abort();
  cluster.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await run.run();
  } finally {
    cluster.signal.removeEventListener('abort', onAbort);
  }
  cluster.signal.throwIfAborted();
  const { correct, incorrect, keysLost } = run.tally;
  const judged = correct + incorrect;
  const seen = `${correct} of ${judged} reads were right, ${keysLost} keys lost a write`;
  const isRight = correct > 0 && run.tally.isCorrect && run.tally.keysUnread === 0;
  const checks = [check('every read under load is right', 10, isRight, seen)];
  checks.push(await worstCase(cluster));
  return scenarioResult('consistency', 25, checks);
}

/**
 * Only W replicas take a write, and then only the others can be asked: a cut network does that.
 * Where W + R > N they cannot answer; else they answer with what was there before.
 */
async function worstCase(cluster: AssessedCluster): Promise<Check> {
  const what = 'a read that meets none of the W replicas is refused';
  const { ids, config } = cluster;
  const writers = ids.slice(0, config.writeQuorum);
  const others = ids.slice(config.writeQuorum);
  const [writer = ''] = writers;
  const { quorums } = analyse(config);
  const [other] = others;
  if (other === undefined) return check(what, 15, true, `${quorums}; there is no such read`);
  await cluster.put(writer, 'worst', 'old', { 'X-Consistency-Level': 'all' });
  for (const id of others) cluster.freeze(id);
  await cluster.seen(others, 'down', writers);
  const written = await cluster.put(writer, 'worst', 'new');
  for (const id of writers) cluster.freeze(id);
  for (const id of others) cluster.thaw(id);
  const read = await cluster.get(other, 'worst', { 'X-Timeout': '2s' });
  for (const id of writers) cluster.thaw(id);
  await cluster.seen(ids, 'up');
  const isStale = read.status === 200 && read.json['value'] !== 'new';
  const answered = read.status === 200 ? `${JSON.stringify(read.json['value'])}` : show(read);
  const seen =
    `"new" was acknowledged by ${writers.join(', ')} (${show(written)}); then ${other} answered ` +
    `${answered}${isStale ? ': stale' : ''}. ${quorums}`;
  return check(what, 15, written.status === 200 && !isStale, seen);
}
