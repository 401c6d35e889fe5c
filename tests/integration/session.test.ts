/** A user's session with a local cluster: keys, a node that dies and is brought back, a restart. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { QuorateClient } from '../../lib/client/client.js';
import { freeBasePort, isAlive, quorate, RealCluster, until } from './real-cluster.js';

const CONVERGED_MILLISECONDS = 20_000;

const dataDir = join(t.testdir(), 'data');
const basePort = String(await freeBasePort());
const first = await RealCluster.start(t, dataDir, ['--base-port', basePort]);

const valueAt = async (url: string, key: string): Promise<string> => {
  const { out } = await quorate(['get', key, '--level', 'one', '--endpoint', url]);
  return out.trim();
};

t.test('the nodes are where they said, and their secret is theirs alone', async (t) => {
  t.equal(first.announced.nodes.length, 3);
  t.equal(first.url('n1'), `http://127.0.0.1:${basePort}`);
  t.equal(statSync(join(dataDir, 'secret')).mode & 0o777, 0o600);
  t.match(await first.ask('status', '-o', 'value'), { status: 0, out: 'ok\n' });
  t.match(await first.ask('ring'), { status: 0, out: /^n3 +default +1 +256/m });
  t.match(await first.ask('locate', 'k', '-o', 'value'), { status: 0, out: /^n\d,n\d,n\d\n$/ });
});

t.test('keys are written, read and deleted', async (t) => {
  t.match(await first.ask('put', 'greeting', 'hello'), { status: 0, err: '' });
  t.match(await first.ask('get', 'greeting'), { status: 0, out: 'hello\n', err: '' });
  t.match(await first.ask('get', 'greeting', '--level', 'all'), { status: 0, out: 'hello\n' });
  t.match(await first.ask('get', 'nobody'), { status: 1, out: '' });
  t.match(await first.ask('get', 'greeting', '--level', '4'), { status: 2, out: '' });
  t.match(await first.ask('get', 'greeting', '--level', 'bounded-staleness;max=1s'), {
    ...{ status: 0, out: 'hello\n' },
  });
  t.match(await first.ask('get', 'greeting', '--level', 'bounded-staleness;min=1s'), {
    ...{ status: 2, out: '' },
  });
  const piped = await quorate(['put', '..', '-', '--endpoint', first.endpoints], 'from a pipe');
  t.equal(piped.status, 0);
  t.match(await first.ask('get', '..'), { status: 0, out: 'from a pipe\n' });
  t.match(await first.ask('delete', '..'), { status: 0 });
  t.match(await first.ask('get', '..'), { status: 1 });
});

t.test('two writes with the same context are siblings until somebody resolves them', async (t) => {
  const { context } = JSON.parse((await first.ask('put', 'cart', 'empty', '-o', 'json')).out) as {
    readonly context: string;
  };
  t.equal((await first.ask('put', 'cart', 'apples', '--context', context)).status, 0);
  t.equal((await first.ask('put', 'cart', 'pears', '--context', context)).status, 0);
  const both = await first.ask('get', 'cart', '-o', 'json');
  t.equal(both.status, 3);
  const read = JSON.parse(both.out) as {
    readonly context: string;
    readonly siblings: readonly { readonly value: string }[];
  };
  t.same(read.siblings.map(({ value }) => value).sort(), ['apples', 'pears']);
  t.match(await first.ask('conflicts', 'cart', '-o', 'value'), { status: 0, out: '2\n' });
  const merged = ['put', 'cart', 'apples and pears', '--context', read.context];
  t.equal((await first.ask(...merged)).status, 0);
  t.match(await first.ask('get', 'cart'), { status: 0, out: 'apples and pears\n' });
  t.equal((await first.ask('put', 'cart', 'plums', '--context', context)).status, 0);
  t.equal((await first.ask('get', 'cart')).status, 3);
  const blind = JSON.parse((await first.ask('put', 'cart', 'none', '-o', 'json')).out) as {
    readonly replaced: readonly string[];
  };
  t.equal(blind.replaced.length, 2, 'a write without a context replaces all, and names it');
  t.match(await first.ask('get', 'cart'), { status: 0, out: 'none\n' });
});

t.test('a cluster that takes no write without a context takes first values', async (t) => {
  t.equal((await first.ask('config', 'set', 'blind_writes=refuse')).status, 0);
  t.match(await first.ask('put', 'new', 'x'), { status: 4, err: /context/ });
  const read = await first.ask('get', 'new', '-o', 'json');
  t.equal(read.status, 1);
  const { context } = JSON.parse(read.out) as { readonly context: string };
  t.match(read.err, `--context ${context}`);
  t.equal((await first.ask('put', 'new', 'by command', '--context', context)).status, 0);
  t.match(await first.ask('get', 'new'), { status: 0, out: 'by command\n' });
  const client = new QuorateClient({ endpoints: [first.url('n2')], discover: false });
  const nothing = await client.get('newer');
  if (nothing.kind !== 'not-found') throw new Error(nothing.kind);
  await t.rejects(client.put('newer', 1), { code: 'context_required', outcome: 'none' });
  const { context: seen } = nothing;
  t.match(await client.put('newer', 2, { context: seen }), { kind: 'written' });
  t.match(await client.get('newer'), { kind: 'value', value: 2 });
  t.equal((await first.ask('config', 'set', 'blind_writes=overwrite')).status, 0);
});

t.test('conflicts are listed, resolved and audited; versions are kept', async (t) => {
  t.equal((await first.ask('config', 'set', 'versions_kept=5')).status, 0);
  const { context } = JSON.parse(
    (await first.ask('put', 'set', '[]', '--json', '-o', 'json')).out,
  ) as {
    readonly context: string;
  };
  for (const value of ['["b"]', '[12345678901234567890]']) {
    const words = ['put', 'set', value, '--json', '--context', context];
    t.equal((await first.ask(...words)).status, 0);
  }
  t.match(await first.ask('conflicts', '-o', 'value'), { status: 0, out: 'set\n', err: '' });
  t.match(await first.ask('resolve', 'set', '--strategy', 'max'), { status: 3 });
  t.equal((await first.ask('resolve', 'set', '--strategy', 'set-union')).status, 0);
  t.match(await first.ask('get', 'set'), { status: 0, out: '[12345678901234567890,"b"]\n' });
  t.match(await first.ask('conflicts', '-o', 'value'), { status: 0, out: '' });
  t.match(await first.ask('conflicts', 'set'), { status: 0, out: /"b".*set-union +127\.0\.0\.1/ });
  t.equal((await first.ask('resolve', 'set', '--value', 'x')).status, 4, 'there is no conflict');
  const versions = (await first.ask('versions', 'set', '-o', 'value')).out.trim().split('\n');
  t.equal(versions.length, 4, 'one that is current, three that were');
  const last = ['get', 'set', '--version', versions.at(-1) ?? ''];
  t.match(await first.ask(...last), { status: 0, out: '[]\n' });
  t.equal((await first.ask('config', 'set', 'versions_kept=0')).status, 0);
});

t.test('settings reach every node', async (t) => {
  const changed = await first.ask('config', 'set', 'default_level=one');
  t.match(changed, { status: 0, out: /on n1, n2, n3/ });
  t.match(await first.ask('config', 'get', 'default_level', '-o', 'value'), { out: 'one\n' });
  t.match(await first.ask('config', 'set', 'default_level=none'), { status: 2 });
  t.match(await first.ask('config', 'history'), { out: /default_level: quorum -> one/ });
  const { out } = await first.ask('config', 'set', 'default_level=quorum', '--dry-run');
  t.match(out, /default_level +quorum/);
  t.match(await first.ask('config', 'get', 'default_level', '-o', 'value'), { out: 'one\n' });
  t.equal((await first.ask('config', 'set', 'default_level=quorum')).status, 0);
});

t.test('a node dies, the others go on, and it catches up when it is back', async (t) => {
  await first.kill('n2');
  t.equal((await first.ask('put', 'greeting', 'without n2')).status, 0);
  t.match(await first.ask('get', 'greeting'), { status: 0, out: 'without n2\n' });
  const elsewhere = ['get', 'greeting', '--endpoint', `${first.url('n2')},${first.url('n3')}`];
  t.match(await quorate(elsewhere), { status: 0, out: 'without n2\n' });
  t.match(await first.ask('get', 'greeting', '--level', 'all'), { status: 5 });
  t.match(await first.bringBack('n2'), { status: 0, out: /n2 serves again/ });
  t.match(await first.bringBack('n2'), { status: 0, out: /n2 runs already/ });
  t.match(await first.bringBack('n9'), { status: 2, err: /there is no node n9/ });
  await until('n2 to hold what it missed', CONVERGED_MILLISECONDS, async () => {
    return (await valueAt(first.url('n2'), 'greeting')) === 'without n2';
  });
  await until('the cluster to be well', CONVERGED_MILLISECONDS, async () => {
    return (await first.ask('status', '-o', 'value')).out === 'ok\n';
  });
});

t.test('one folder, one cluster; its ports stay', async (t) => {
  t.match(await quorate(['cluster', '--data-dir', dataDir]), { status: 5, err: /already/ });
  const other = ['cluster', '--data-dir', join(t.testdir(), 'other'), '--base-port', basePort];
  t.match(await quorate(other), { status: 5, err: /taken by another process/ });
  const more = await quorate(['cluster', '--data-dir', dataDir, '--nodes', '5']);
  t.match(more, { status: 2, err: /founded with nodes 3/ });
});

t.test('it stops cleanly, and a second start finds its data', async (t) => {
  const pids = ['n1', 'n2', 'n3'].map((id) => first.pidOf(id));
  t.equal(await first.end('SIGINT'), 0);
  t.same(pids.filter(isAlive), []);
  t.match(await first.bringBack('n1'), { status: 5, err: /no cluster runs/ });
  const spawning = ['--auto-spawn', '--auto-spawn-delay', '200ms'];
  const second = await RealCluster.start(t, dataDir, spawning);
  t.match(await second.ask('get', 'greeting'), { status: 0, out: 'without n2\n' });
  const died = second.pidOf('n3');
  await second.kill('n3');
  await until('n3 to be spawned again', CONVERGED_MILLISECONDS, () => second.pidOf('n3') !== died);
  t.equal((await second.ask('put', 'greeting', 'third life')).status, 0);
  const last = ['n1', 'n2', 'n3'].map((id) => second.pidOf(id));
  t.equal(await second.end('SIGKILL'), 'SIGKILL');
  await until('the nodes to end with their parent', CONVERGED_MILLISECONDS, () => {
    return !last.some(isAlive);
  });
});
