/**
 * Each alert fires once for its cause: a real cluster, a real Prometheus, the rules as they are.
 * Then each query of each dashboard is asked there, and returns data. Takes about four minutes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { NodeProcess, type StartChanges } from '../integration/node-process.js';
import { freeBasePort, QUORATE, until } from '../integration/real-cluster.js';
import { asked, readDashboards } from './dashboards.js';
import { alertNames, MONITORING, Prometheus, promtool } from './prometheus.js';
import { LIMITED_NAMESPACE, steadyRequests } from './steady-requests.js';

const LONG = '0'.repeat(60);
/** Two with names as long as they may be: two writers fill most of the smallest context. */
const IDS = [`n1-${LONG}`, `n2-${LONG}`, 'n3', 'n4'] as const;
const [N1, N2, N3, N4] = IDS;
/** The only node of its zone owns a copy of everything. */
const zoneOf = (id: string): string => (id === N1 ? 'a' : 'b');
const WORDS = [
  ...['--ring-replicas', '2', '--consistency-blind-writes', 'sibling'],
  ...['--requests-context-bytes-max', '256', '--handoff-hints-per-second-max', '1'],
];
const SKEWED_CLOCK = fileURLToPath(new URL('./skewed-clock.js', import.meta.url));
const STALLED_DISK = fileURLToPath(new URL('./stalled-disk.js', import.meta.url));
/** More than any disk has room for. */
const NO_ROOM = ['--storage-reserve-bytes', '1024GiB'];
const ALERT_MILLISECONDS = 180_000;
const DATA_MILLISECONDS = 30_000;
/** Takes a thousand lives of a node, or 10^9 keys: alerts-checks.yml has it. */
const NOT_CAUSED = ['QuorateClockWritersMany'];
const CONFLICTS = 150;
const HINTED = 400;
const DASHBOARDS = ['consistency.json', 'convergence.json', 'node.json', 'overview.json'];

t.setTimeout(900_000);

const PUT_TRIES = 20;

class Cluster {
  readonly nodes: ReadonlyMap<string, NodeProcess>;

  constructor(nodes: ReadonlyMap<string, NodeProcess>) {
    this.nodes = nodes;
  }

  node(id: string): NodeProcess {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`there is no ${id}`);
    return node;
  }

  start(id: string, { words = [], flags = [] }: StartChanges = {}): Promise<void> {
    return this.node(id).start(QUORATE, { words: [...WORDS, ...words], flags });
  }

  /** A key of which these are the owners. */
  async keyOwnedBy(...owners: readonly string[]): Promise<string> {
    for (let i = 0; ; i += 1) {
      const answer = await fetch(`${this.node(N3).url}/api/v1/cluster/locate?key=wide-${i}`);
      const { primaries } = (await answer.json()) as {
        readonly primaries: readonly { readonly node: string }[];
      };
      if (owners.every((owner) => primaries.some(({ node }) => node === owner))) return `wide-${i}`;
    }
  }

  /** Finds who lags. @returns what was seen */
  async get(id: string, key: string): Promise<string> {
    const headers = { 'X-Read-Repair': 'await' };
    const answer = await fetch(`${this.node(id).url}/api/v1/kv/${key}`, { headers });
    return ((await answer.json()) as { readonly context: string }).context;
  }

  /** @returns the status */
  async resolve(id: string, key: string): Promise<number> {
    const context = await this.get(id, key);
    const answer = await fetch(`${this.node(id).url}/api/v1/kv/${key}/conflicts/resolve`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ strategy: 'last-writer', context }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  async put(id: string, key: string, level: string, more: object = {}): Promise<string> {
    const { url } = this.node(id);
    const headers = { 'Content-Type': 'application/json', 'X-Consistency-Level': level };
    const body = JSON.stringify({ value: Math.random(), ...more });
    // While a node dies a write may be refused: as clients do, it is tried again.
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(`${url}/api/v1/kv/${key}`, { method: 'PUT', headers, body });
      const { context } = (await answer.json()) as { readonly context?: string };
      if (context !== undefined) return context;
      const isFinal = answer.status !== 503 || tries === PUT_TRIES;
      if (isFinal) throw new Error(`${key} was not written: ${answer.status}`);
      await sleep(500);
    }
  }
}

/** Of each client on each node hardly a request of this namespace is served. */
async function limitNamespace({ url }: NodeProcess): Promise<number> {
  const answer = await fetch(`${url}/api/v1/namespaces/${LIMITED_NAMESPACE}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ rate_limit_max: 1, rate_limit_window: '60s' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function clusterFor(owner: Test): Promise<Cluster> {
  const folder = join(owner.testdir(), 'cluster');
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), '0123456789abcdef'.repeat(4), { mode: 0o600 });
  const basePort = await freeBasePort();
  const nodes = IDS.map((id) => {
    return new NodeProcess({ owner, ids: IDS, id, basePort, folder, zoneOf });
  });
  const cluster = new Cluster(new Map(nodes.map((node) => [node.id, node])));
  const flags = ['--import', SKEWED_CLOCK];
  await Promise.all(IDS.map((id) => cluster.start(id, id === N4 ? { flags } : {})));
  return cluster;
}

interface Watched {
  readonly cluster: Cluster;
  readonly prometheus: Prometheus;
  /** Names of alerts that have fired. */
  readonly fired: Set<string>;
  /** Waits until what a query finds is as it should be. */
  untilFound(query: string, holds: (values: readonly number[]) => boolean): Promise<void>;
  /** Waits until each of these has fired. */
  untilFiring(...names: readonly string[]): Promise<void>;
}

async function watch(t: Test): Promise<Watched> {
  const cluster = await clusterFor(t);
  const targets = Object.fromEntries(IDS.map((id) => [id, new URL(cluster.node(id).url).host]));
  const prometheus = await Prometheus.start(t, join(t.testdirName, 'prometheus'), targets);
  const fired = new Set<string>();
  const untilFound: Watched['untilFound'] = (query, holds) =>
    until(query, DATA_MILLISECONDS, async () => {
      return holds((await prometheus.query(query)).map(({ value }) => value));
    });
  const untilFiring: Watched['untilFiring'] = async (...names) => {
    for (const name of names) {
      await until(`${name} to fire`, ALERT_MILLISECONDS, async () => {
        for (const one of await prometheus.firing()) fired.add(one);
        return fired.has(name);
      });
      t.pass(`${name} fires`);
    }
  };
  return { cluster, prometheus, fired, untilFound, untilFiring };
}

/** Each cause, one after the other, where it can be beside those that stay. */
async function causeAll(t: Test, { cluster, untilFound, untilFiring }: Watched): Promise<void> {
  // All nodes are there, and nothing is wrong but what was made so: the ring, and a clock.
  await untilFound('up{job="quorate"} == 1', ({ length }) => length === IDS.length);
  await untilFound('quorate_keys_in_conflict == 0', ({ length }) => length === IDS.length);

  t.equal(await limitNamespace(cluster.node(N3)), 200);

  // Writers that do not read, and a context with two writers.
  for (let i = 0; i < 2 * CONFLICTS; i += 1) await cluster.put(N3, `race-${i % CONFLICTS}`, 'all');
  const wide = await cluster.keyOwnedBy(N1, N2);
  const context = await cluster.put(N1, wide, 'all');
  await cluster.put(N2, wide, 'all', { context });

  // Half of the cluster goes, with both owners of some partitions.
  await Promise.all([cluster.node(N1).kill(), cluster.node(N2).kill()]);
  for (let i = 0; i < HINTED; i += 1) await cluster.put(i % 2 === 0 ? N3 : N4, `away-${i}`, 'any');
  await untilFiring('QuorateClockSkew', 'QuorateRingUnbalanced', 'QuorateConflictsGrowing');
  await untilFiring('QuoratePartitionsWithoutReplicas', 'QuoratePartitionsWithoutQuorum');
  await untilFiring('QuorateFailedRequests', 'QuorateReplicationLag', 'QuorateNodeDown');
  await untilFiring('QuorateClientsLimited');

  // Both return as new writers, and take a hint a second.
  await Promise.all([cluster.start(N1), cluster.start(N2)]);
  const seen = await cluster.get(N3, wide);
  await cluster.put(N1, wide, 'all', { context: seen });
  for (let i = 0; i < HINTED; i += 1) await cluster.get(N4, `away-${i}`);
  t.equal(await cluster.resolve(N4, 'race-1'), 200);
  await untilFiring('QuorateContextNearLimit', 'QuorateHintsNotDraining');

  await cluster.node(N3).stop();
  await cluster.start(N3, { words: NO_ROOM });
  await untilFiring('QuorateDiskNearlyFull');

  await cluster.node(N4).stop();
  await cluster.start(N4, { flags: ['--import', STALLED_DISK] });
  await untilFiring('QuorateDiskStalled');
}

/** Of every query of every dashboard. */
async function checkQueries(t: Test, { prometheus }: Watched): Promise<void> {
  const dashboards = readDashboards(MONITORING);
  t.same([...dashboards.keys()], DASHBOARDS);
  for (const [name, { panels }] of dashboards) {
    for (const { title, targets: queries } of panels) {
      for (const { expr } of queries) {
        const found = await prometheus.query(asked(expr));
        const figures = found.filter(({ value }) => Number.isFinite(value));
        t.ok(figures.length > 0, `${name}: ${title}: ${found.length} series`);
      }
    }
  }
  // The queries of these show a 0, too, where nothing was ever counted.
  for (const metric of ['quorate_fallbacks_total', 'quorate_strong_contention_total']) {
    t.ok(
      (await prometheus.query(metric)).some(({ value }) => value > 0),
      metric,
    );
  }
  t.same(await prometheus.query('quorate_no_such_metric'), [], 'it would be seen');
}

t.test('each alert fires for its cause, and dashboards have data', async (t) => {
  const watched = await watch(t);
  const { cluster, fired } = watched;
  const requests = steadyRequests(t, () => [...cluster.nodes.values()].map(({ url }) => url));
  await causeAll(t, watched);
  t.same(
    alertNames().filter((name) => !fired.has(name)),
    NOT_CAUSED,
    'none was left out',
  );
  await checkQueries(t, watched);
  const text = await (await fetch(`${cluster.node(N4).url}/metrics`)).text();
  t.strictSame(promtool(['check', 'metrics'], text), { status: 0, said: '' });
  await requests.stop();
});
