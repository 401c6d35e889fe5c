/** Strangers at the HTTP port of a real cluster: no node ends, and health is answered. */
import { join } from 'node:path';
import t from 'tap';
import { errorsIn } from '../integration/node-logs.js';
import { freeBasePort, RealCluster, until } from '../integration/real-cluster.js';
import { Chance } from './chance.js';
import { httpScript } from './http-scripts.js';
import { playHttp } from './http-stranger.js';

/** HOSTILE_INPUTS=1000000 for the long run; HOSTILE_SEED for another. */
const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 1_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const AT_ONCE = 40;
const ROUND = 500;
const SEEDS_APART = 10_000_019;
const CALM_MILLISECONDS = 60_000;
/** A node of this size, and all that strangers may make it hold. */
const RESIDENT_BYTES_MAX = 600 * 1024 * 1024;

if (INPUTS > 10_000) t.setTimeout(0);

async function metrics(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(rows.map((row) => [row.split(' ')[0] ?? '', Number(row.split(' ')[1])]));
}

t.test(`${String(INPUTS)} strangers from seed ${String(SEED)}`, async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const basePort = String(await freeBasePort());
  const cluster = await RealCluster.start(t, dataDir, ['--base-port', basePort]);
  const pids = cluster.ids.map((id) => cluster.pidOf(id));
  const ports = cluster.ids.map((id) => Number(new URL(cluster.url(id)).port));
  for (let played = 0; played < INPUTS; played += ROUND) {
    let next = played;
    const stranger = async (): Promise<void> => {
      while (next < Math.min(played + ROUND, INPUTS)) {
        // Of its own seed, so that one can be played again alone.
        const chance = new Chance(SEED * SEEDS_APART + next);
        next += 1;
        await playHttp(chance.pick(ports), httpScript(chance));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, stranger));
    for (const id of cluster.ids) {
      const health = await fetch(`${cluster.url(id)}/healthz`);
      if (health.status !== 200) t.fail(`${id} is not well before ${played + ROUND}`);
    }
  }
  t.same(
    cluster.ids.map((id) => cluster.pidOf(id)),
    pids,
    'no node ended',
  );
  for (const id of cluster.ids) {
    await until(`${id} to hold nothing of them`, CALM_MILLISECONDS, async () => {
      const now = await metrics(cluster.url(id));
      // The answer to this very request is one of them.
      return (
        now.get('quorate_http_waiting_bytes') === 0 && (now.get('quorate_answer_bytes') ?? 0) < 4096
      );
    });
    const resident = (await metrics(cluster.url(id))).get('process_resident_memory_bytes') ?? 0;
    t.ok(resident < RESIDENT_BYTES_MAX, `${id} holds ${resident} bytes`);
    t.same(errorsIn(join(dataDir, id, 'log'), 0), [], `${id} met no bug`);
  }
  const json = { 'Content-Type': 'application/json' };
  const write = { method: 'PUT', headers: json, body: '{"value":1}' };
  t.equal((await fetch(`${cluster.url('n1')}/api/v1/kv/after`, write)).status, 200);
  t.equal((await fetch(`${cluster.url('n2')}/api/v1/kv/after`)).status, 200);
});
