/** The last two scenarios: is a flood stopped and nobody else, and does a dead node come back? */
import type { AssessedCluster } from './assessed-cluster.js';
import { check, scenarioResult, type ScenarioResult } from './check.js';

const USUAL_PER_SECOND = 5;
const USUAL_SECONDS = 3;
const BURST = 25;
const FLOOD = 2000;
const FLOOD_SIDE_BY_SIDE = 50;
/** Nobody waits for longer, at a shop or anywhere. */
const WAIT_SECONDS_MAX = 15;
const CONFIG = '/api/v1/config/consistency';
const KEYS = 50;
const RECOVERY_MILLISECONDS_MAX = 40_000;
const COPIED_MILLISECONDS_MAX = 15_000;

/** One client at one node: first as people use it, then a burst, then a flood. */
export async function rateLimiting(cluster: AssessedCluster): Promise<ScenarioResult> {
  const { rateLimitMax: max, rateLimitWindow: window } = cluster.config;
  const [node = ''] = cluster.ids;
  await setLimit(cluster, max, window);
  const refusedOf = async (requests: number): Promise<number> => {
    let refused = 0;
    let left = requests;
    const ask = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        if ((await cluster.get(node, 'cart')).status === 429) refused += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(requests, FLOOD_SIDE_BY_SIDE) }, ask));
    return refused;
  };
  let usual = 0;
  for (let i = 0; i < USUAL_PER_SECOND * USUAL_SECONDS; i += 1) {
    usual += await refusedOf(1);
    await cluster.pause(1000 / USUAL_PER_SECOND);
  }
  const limit = max === 0 ? 'there is no limit' : `the limit is ${max} in ${window}`;
  const asked = USUAL_PER_SECOND * USUAL_SECONDS;
  const usually = `${usual} of ${asked} were refused; ${limit}`;
  const checks = [check(`${USUAL_PER_SECOND} requests a second pass`, 5, usual === 0, usually)];
  const burst = await refusedOf(BURST);
  const atOnce = `${burst} of ${BURST} at once were refused; ${limit}`;
  checks.push(check(`a burst of ${BURST} passes`, 5, burst === 0, atOnce));
  const flood = await refusedOf(FLOOD);
  const { status, headers } = await cluster.get(node, 'cart');
  const seconds = Number(headers.get('retry-after') ?? 0);
  const found = `${flood} of ${FLOOD} requests of a flood were refused`;
  if (flood === 0 || status !== 429) {
    checks.push(check('a flood is stopped, and may come back', 5, false, `${found}; ${limit}`));
  } else if (seconds > WAIT_SECONDS_MAX) {
    const wait = `${found}; the client must wait for ${seconds} s, above ${WAIT_SECONDS_MAX} s`;
    checks.push(check('a flood is stopped, and may come back', 5, false, wait));
  } else {
    await cluster.pause(1000 * seconds);
    const again = await cluster.get(node, 'cart');
    const wait = `${found}; after the ${seconds} s of Retry-After it was answered ${again.status}`;
    checks.push(check('a flood is stopped, and may come back', 5, again.status !== 429, wait));
  }
  await setLimit(cluster, 0, window);
  return scenarioResult('rate limiting', 15, checks);
}

async function setLimit(cluster: AssessedCluster, max: number, window: string): Promise<void> {
  const [node = ''] = cluster.ids;
  const body = { rate_limit_max: max, rate_limit_window: window };
  await cluster.until(RECOVERY_MILLISECONDS_MAX, async () => {
    return (await cluster.request(node, 'POST', CONFIG, body)).status === 200;
  });
}

/** A node is killed, writes go on, and nobody helps. */
export async function recovery(cluster: AssessedCluster): Promise<ScenarioResult> {
  const { ids, config } = cluster;
  const victim = ids.at(-1) ?? '';
  const [living = victim] = ids.filter((id) => id !== victim);
  const keys = Array.from({ length: KEYS }, (_, i) => `recovery-${i}`);
  cluster.killNode(victim);
  // What the others can take: whether that is enough is another scenario.
  const level = String(Math.max(1, Math.min(config.writeQuorum, ids.length - 1)));
  const written: string[] = [];
  const began = performance.now();
  for (const key of keys) {
    const { status } = await cluster.put(living, key, key, { 'X-Consistency-Level': level });
    if (status === 200) written.push(key);
  }
  const isBack =
    config.autoSpawn &&
    (await cluster.until(RECOVERY_MILLISECONDS_MAX, async () => {
      return cluster.isAlive(victim) && (await cluster.seen([victim], 'up', [living]));
    }));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const why = config.autoSpawn ? `after ${seconds} s it is still dead` : 'auto_spawn is off';
  const seen = isBack ? `${victim} serves again after ${seconds} s` : `${victim} is dead: ${why}`;
  const checks = [check('a dead node comes back by itself', 10, isBack, seen)];
  let whole = 0;
  const copied = async (): Promise<boolean> => {
    const states = await Promise.all(written.map((key) => holds(cluster, living, victim, key)));
    whole = states.filter(Boolean).length;
    return whole === written.length;
  };
  const isWhole =
    isBack && written.length > 0 && (await cluster.until(COPIED_MILLISECONDS_MAX, copied));
  const copies = `${whole} of ${written.length} writes that it missed lie on it again`;
  const nothing = 'nothing could be written meanwhile';
  const missed = !isBack ? 'it is not there' : written.length === 0 ? nothing : copies;
  checks.push(check('it gets what it missed', 10, isWhole, missed));
  await cluster.revive();
  return scenarioResult('recovery', 20, checks);
}

async function holds(
  cluster: AssessedCluster,
  at: string,
  owner: string,
  key: string,
): Promise<boolean> {
  const { json } = await cluster.request(at, 'GET', `/api/v1/cluster/copies/${key}`);
  const copies = (json['copies'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return copies.some((copy) => {
    return copy['node'] === owner && copy['said'] === 'holds' && copy['complete'] === true;
  });
}
