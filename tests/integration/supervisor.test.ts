/** The process that watches a local cluster: readers that go away, a death without a word, pids. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  childEnvironment,
  freeBasePort,
  isAlive,
  QUORATE,
  quorate,
  RealCluster,
  until,
} from './real-cluster.js';

const MILLISECONDS_MAX = 60_000;

interface Running {
  readonly nodes: readonly { readonly id: string; readonly pid: number }[];
}

t.test('it outlives the readers of its output, and its nodes too', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const basePort = String(await freeBasePort());
  const words = ['cluster', '--data-dir', dataDir, '--base-port', basePort, '--nodes', '2'];
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  // As `2>&1 | head -1` does.
  child.stdout.destroy();
  child.stderr.destroy();
  const file = join(dataDir, 'running.json');
  const pidOf = (id: string) =>
    (JSON.parse(readFileSync(file, 'utf8')) as Running).nodes.find((row) => row.id === id)?.pid;
  const [first = 0, second = 0] = ['n1', 'n2'].map(pidOf);
  // It tells of each death, and nobody hears it.
  for (let i = 0; i < 3; i += 1) {
    const pid = pidOf('n2') ?? 0;
    process.kill(pid, 'SIGKILL');
    await until('the node to be gone', MILLISECONDS_MAX, () => !isAlive(pid));
    const back = await quorate(['cluster', 'start-node', 'n2', '--data-dir', dataDir]);
    t.equal(back.status, 0, back.err);
  }
  t.equal(child.exitCode, null);
  t.equal(pidOf('n1'), first);
  t.not(pidOf('n2'), second);
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null]);
});

t.test('a pid is that of the node, or none is said', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const basePort = String(await freeBasePort());
  const cluster = await RealCluster.start(t, dataDir, ['--base-port', basePort, '--nodes', '2']);
  const pid = (id: string) => quorate(['cluster', 'pid', id, '--data-dir', dataDir]);
  t.match(await pid('n2'), { status: 0, out: `${cluster.pidOf('n2')}\n`, err: '' });
  t.match(await pid('n9'), { status: 1, out: '', err: /no node n9; there are n1, n2/ });
  const file = join(dataDir, 'running.json');
  const kept = readFileSync(file, 'utf8');
  await cluster.kill('n2');
  t.match(await pid('n2'), { status: 5, out: '', err: /n2 does not run/ });
  t.equal((await cluster.bringBack('n2')).status, 0);
  t.match(await pid('n2'), { status: 0, out: `${cluster.pidOf('n2')}\n` });

  // Numbers are given out again: this test process stands for a stranger with the old one.
  const now = readFileSync(file, 'utf8');
  writeFileSync(file, now.replace(`"pid": ${cluster.pidOf('n2')}`, `"pid": ${process.pid}`));
  t.match(await pid('n2'), { status: 5, out: '', err: /n2 does not run/ });
  writeFileSync(file, now);

  const last = ['n1', 'n2'].map((id) => cluster.pidOf(id));
  t.equal(await cluster.end('SIGKILL'), 'SIGKILL');
  await until('the nodes to end with their parent', MILLISECONDS_MAX, () => !last.some(isAlive));
  t.match(await pid('n1'), { status: 5, out: '', err: /n1 does not run.*has ended/ });
  writeFileSync(file, kept);
  t.match(await pid('n2'), { status: 5, out: '' });
  t.match(await quorate(['cluster', 'pid', 'n1', '--data-dir', t.testdirName]), { status: 5 });
});

t.test('a folder that cannot be one ends the start, once and with a reason', async (t) => {
  const folder = t.testdir({ file: 'text' });
  const basePort = String(await freeBasePort());
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'x'.repeat(32), { mode: 0o600 });
  const nobody = ['--initial-cluster', `n1=127.0.0.1:${basePort}`, '--secret-file', secret];
  const places = ['/proc/x/y', '/dev/null/x', join(folder, 'file'), join(folder, 'file', 'x')];
  for (const place of places.filter((path) => !path.startsWith('/proc') || existsSync('/proc'))) {
    const cluster = await quorate(['cluster', '--data-dir', place, '--base-port', basePort]);
    t.match(cluster, { status: 2, out: '', err: /^quorate: .* cannot be used: E/ });
    t.equal(cluster.err.trim().split('\n').length, 1, 'said once, without a stack');
    const node = await quorate(['node', '--id', 'n1', '--data-dir', place, ...nobody]);
    t.match(node, { status: 2, err: /^quorate: --data-dir .* cannot be used: E/m });
  }
});

t.test(
  'a cluster whose node refuses its settings ends with the reason and its status',
  async (t) => {
    const folder = t.testdir({ 'settings.json': '{"requests": {"valueBytesMax": -1}}' });
    const basePort = String(await freeBasePort());
    const words = ['cluster', '--data-dir', join(folder, 'data'), '--base-port', basePort];
    const ran = await quorate([...words, '--config', join(folder, 'settings.json')]);
    t.match(ran, { status: 2, out: '', err: /n\d: .*valueBytesMax/ });
  },
);

t.test('a node that refuses is not spawned again and again, and its reason is shown', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const basePort = String(await freeBasePort());
  const cluster = await RealCluster.start(t, dataDir, [
    ...['--base-port', basePort, '--nodes', '2'],
    ...['--auto-spawn', '--auto-spawn-delay', '0'],
  ]);
  const secret = join(dataDir, 'secret');
  chmodSync(secret, 0o644);
  await cluster.kill('n2');
  const refused = /n2 did not start: n2: secret file .*chmod o-r.*Bring it back/s;
  await until('the refusal', MILLISECONDS_MAX, () => refused.test(cluster.answered));
  t.equal(cluster.answered.match(/did not start/g)?.length, 1);
  const asked = await cluster.bringBack('n2');
  t.match(asked, { status: 2, out: '', err: /chmod o-r/ }, 'the status of the refusal');
  chmodSync(secret, 0o600);
  t.match(await cluster.bringBack('n2'), { status: 0, out: /n2 serves again/ });
  t.equal(await cluster.end('SIGTERM'), 0);
});
