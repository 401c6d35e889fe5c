/** A local cluster that is told to stop before it serves. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LocalProcesses } from '../../../bin/cluster/local-processes.js';
import { freePorts } from '../../conformance/free-ports.js';

/** Of one node, that was not started yet. */
async function clusterOn(
  t: Test,
  dataDir: string,
  tell: (text: string) => unknown = (text) => t.fail(text),
): Promise<LocalProcesses> {
  const [basePort = 0, adminPort = 0] = await freePorts('127.0.0.1', 2);
  const cluster = new LocalProcesses({
    dataDir,
    founding: { nodes: 1, basePort, adminPort, replicas: 1, partitions: 16 },
    nodeArguments: [],
    autoSpawnDelayMilliseconds: undefined,
    tell,
  });
  t.teardown(() => cluster.stop());
  return cluster;
}

t.test('told to stop before its nodes start, it starts none and notes nothing', async (t) => {
  const dataDir = t.testdir();
  const cluster = await clusterOn(t, dataDir);
  t.equal(await cluster.start(AbortSignal.abort()), false);
  const pids = cluster.nodes.map(({ pid }) => pid);
  t.same(pids, [undefined]);
  t.notOk(existsSync(join(dataDir, 'running.json')));
});

t.test('told to stop while its nodes start, it does not serve', async (t) => {
  const cluster = await clusterOn(t, t.testdir());
  const controller = new AbortController();
  const starting = cluster.start(controller.signal);
  while (cluster.nodes.every(({ pid }) => pid === undefined)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  controller.abort();
  t.equal(await starting, false);
  await t.rejects(cluster.startNode('n1'), { code: 'not_ready' });
});

t.test('a note that cannot be taken away keeps no node from its stop', async (t) => {
  const dataDir = t.testdir();
  const told: string[] = [];
  const cluster = await clusterOn(t, dataDir, (text) => told.push(text));
  const note = join(dataDir, 'running.json');
  const controller = new AbortController();
  const starting = cluster.start(controller.signal);
  while (!existsSync(note)) await new Promise((resolve) => setTimeout(resolve, 1));
  rmSync(note);
  mkdirSync(note);
  controller.abort();
  await starting;
  await cluster.stop();
  t.ok(
    told.some((text) => text.includes('running.json')),
    told.join(),
  );
  for (const { pid } of cluster.nodes) t.equal(pid, undefined);
});
