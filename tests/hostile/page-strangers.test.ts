/** Strangers at the port of the admin page: nothing hidden is done, each gets its own answer. */
import { join } from 'node:path';
import t from 'tap';
import { serveAdminPage } from '../../bin/admin/admin-page.js';
import { errorsIn } from '../integration/node-logs.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { CountingObserver } from '../unit/fakes.js';
import { Chance } from './chance.js';
import { HIDDEN_KEY, pageScript } from './http-scripts.js';
import { playHttp } from './http-stranger.js';

/** HOSTILE_INPUTS=1000000 for the long run; HOSTILE_SEED for another. */
const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 600);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const AT_ONCE = 30;
const ROUND = 300;
const SEEDS_APART = 10_000_019;
const ASKERS = 3;
const PAUSE_MILLISECONDS = 10;

if (INPUTS > 10_000) t.setTimeout(0);

t.test(`${String(INPUTS)} strangers from seed ${String(SEED)}`, async (t) => {
  const dataDir = join(t.testdir({ page: { 'index.html': '<!doctype html>' } }), 'data');
  const words = ['--base-port', String(await freeBasePort())];
  const cluster = await RealCluster.start(t, dataDir, words);
  const pids = cluster.ids.map((id) => cluster.pidOf(id));
  const nodes = cluster.ids.map((id) => ({ id, address: new URL(cluster.url(id)).host }));
  const observer = new CountingObserver();
  const page = await serveAdminPage({
    ...{ listen: '127.0.0.1:0', hostNames: [], nodes, version: '1', program: 'q', observer },
    folder: join(dataDir, '..', 'page'),
  });
  t.teardown(() => page.close());
  const port = Number(new URL(page.url).port);

  let isOver = false;
  let answered = 0;
  const wrong: string[] = [];
  const asker = async (name: string): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const key = `${name}-${String(n)}`;
      const url = `${page.url}nodes/n1/api/v1/cluster/locate/${key}`;
      const told = await fetch(url).then((answer) => (answer.ok ? answer.text() : undefined), none);
      if (told === undefined) continue;
      answered += 1;
      if (!told.includes(`"${key}"`)) wrong.push(told);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
  };
  const askers = Array.from({ length: ASKERS }, (_, n) => asker(`asker-${String(n)}`));
  for (let played = 0; played < INPUTS; played += ROUND) {
    let next = played;
    const stranger = async (): Promise<void> => {
      while (next < Math.min(played + ROUND, INPUTS)) {
        // Of its own seed, so that one can be played again alone.
        const chance = new Chance(SEED * SEEDS_APART + next);
        next += 1;
        await playHttp(port, pageScript(chance));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, stranger));
    t.equal((await fetch(`${page.url}page.json`)).status, 200, 'the page is served');
    for (const id of cluster.ids) t.equal((await fetch(`${cluster.url(id)}/healthz`)).status, 200);
  }
  isOver = true;
  await Promise.all(askers);
  t.ok(answered > 0, `${String(answered)} answers to those who only ask`);
  t.strictSame(wrong.slice(0, 3), [], 'each of them is the answer to its own question');
  const hidden = await fetch(`${cluster.url('n2')}/api/v1/kv/${HIDDEN_KEY}`);
  t.equal(hidden.status, 404, 'what was hidden in a body is not done');
  t.same(
    cluster.ids.map((id) => cluster.pidOf(id)),
    pids,
    'no node ended',
  );
  for (const id of cluster.ids) t.same(errorsIn(join(dataDir, id, 'log'), 0), []);
  const bugs = observer.events.filter((event) => event.includes('unexpectedly'));
  t.strictSame(bugs, [], 'the page met no bug');
});

function none(): undefined {
  return undefined;
}
