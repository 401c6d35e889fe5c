/** Nodes killed under a checked load: every answer right, no acknowledged write lost. */
import { join } from 'node:path';
import t from 'tap';
import { freeBasePort, RealCluster } from './real-cluster.js';

interface Report {
  readonly requests: number;
  readonly failures: number;
  readonly answers_judged: number;
  readonly answers_correct: number;
  readonly keys_read_back: number;
  readonly keys_lost: number;
  readonly keys_unread: number;
  readonly refused_and_retried: number;
  readonly strict: boolean;
}

/** A longer run: KILL_ROUNDS=4 KILL_RATE=250 (docs/testing.md). */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 1);
const KILLS = Array.from({ length: ROUNDS }, () => ['n2', 'n3', 'n1']).flat();
const KEYS = 200;
const SECONDS = 12 * ROUNDS;
const EACH_PER_SECOND = Number(process.env['KILL_RATE'] ?? 80);
/** How long a node stays dead, and then how long all are well. */
const DEAD_MILLISECONDS = 700;
const WELL_MILLISECONDS = 700;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

t.test('three nodes, each killed in turn', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const cluster = await RealCluster.start(t, dataDir, [
    ...['--base-port', String(await freeBasePort())],
    ...['--partitions', '64'],
  ]);
  const load = cluster.ask(
    ...['stress', '--get-qps', String(EACH_PER_SECOND), '--set-qps', String(EACH_PER_SECOND)],
    ...['--duration', `${SECONDS}s`, '--keys', String(KEYS), '-o', 'json'],
  );
  await pause(WELL_MILLISECONDS);
  for (const id of KILLS) {
    await cluster.kill(id);
    await pause(DEAD_MILLISECONDS);
    t.equal((await cluster.bringBack(id)).status, 0, `${id} is back`);
    await pause(WELL_MILLISECONDS);
  }
  const { status, out, err } = await load;
  t.equal(status, 0, `${out}\n${err}`);
  const report = JSON.parse(out) as Report;
  t.ok(report.strict);
  t.equal(report.requests, 2 * EACH_PER_SECOND * SECONDS);
  t.ok(report.refused_and_retried > 0, 'some requests met a dead node');
  t.ok(report.answers_judged > (EACH_PER_SECOND * SECONDS) / 2);
  t.match(report, { failures: 0, keys_read_back: KEYS, keys_lost: 0, keys_unread: 0 });
  t.equal(report.answers_correct, report.answers_judged);
  t.equal(await cluster.end('SIGTERM'), 0);
});
