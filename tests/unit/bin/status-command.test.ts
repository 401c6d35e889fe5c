/** `quorate status`: durations as people read them, and beside each trouble what mends it. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import t, { type Test } from 'tap';
import { asTyped, mendingOf } from '../../../lib/admin-page/logic/mending.js';
import { clockAlert, sizeAlerts } from '../../../lib/membership/alerts.js';
import { runWords } from './fake-terminal.js';

const NODE = { id: 'n1', address: 'a:1', zone: 'z', state: 'up' };
const REPORT = { id: 'n1', version: '4.5.6', start: 1, uptime_s: 3725, storage: 'ok' };
const STORED = { keys: 7, keys_in_conflict: 1, disk_used_bytes: 3_000_000, disk_free_bytes: 9e10 };

async function status(
  t: Test,
  alerts: readonly string[],
  words: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
  clock: object = {},
) {
  const answer = {
    nodes: [{ ...NODE, report: { ...REPORT, ...clock, stored: STORED } }],
    alerts,
    verdict: 'degraded',
  };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runWords(['status', '--endpoint', endpoint, ...words], environment);
}

t.test('a table has durations for people, JSON has seconds', async (t) => {
  t.match((await status(t, [])).out, / 1 h 2 min .* 2\.9 MiB +83\.8 GiB +7 +1 /);
  const json = JSON.parse((await status(t, [], ['-o', 'json'])).out);
  t.match(json, { nodes: [{ report: { uptime_s: 3725 } }] });
});

t.test('each node has its version, and how far its clock is off', async (t) => {
  const rowWith = async (clock: object): Promise<string> => {
    const { out } = await status(t, [], [], {}, clock);
    const [head = '', row = ''] = out.split('\n').filter((line) => /^(?:NODE|n1) /.test(line));
    const [version, skew] = ['VERSION', 'SKEW'].map((name) => head.indexOf(name));
    t.match(row.slice(version), /^4\.5\.6 /);
    return row.slice(skew).split('  ')[0] ?? '';
  };
  t.equal(await rowWith({ clock: { sane: true, skew_ms: -12 } }), '-12 ms');
  t.equal(await rowWith({ clock: { sane: false, skew_ms: 9000 } }), '9000 ms !');
  t.equal(await rowWith({ clock: { sane: true } }), '-', 'nobody has told it the time yet');
  t.equal(await rowWith({}), '-');
});

t.test('below each trouble stands what mends it; of an unknown one nothing', async (t) => {
  const { out, status: code } = await status(t, ['n2 is down', 'something new']);
  t.equal(code, 8);
  t.match(
    out,
    '! n2 is down\n    quorate cluster start-node n2   see docs/runbooks.md#quoratenodedown\n',
  );
  t.match(out, /! something new\n$/);
});

const large = (what: 'context' | 'siblings') =>
  sizeAlerts([
    {
      report: { large_keys: [{ what, namespace: 'default', key: 'k', bytes: 9, limit: 10 }] },
    } as never,
  ]);

/** One of each kind that a node tells (lib/membership). */
const ALERTS = [
  ...['n2 is down', 'n2 is suspect', 'the disk of n2 failed'],
  'the disk of n2 is nearly full: it takes no writes',
  'the disk of n2 does not answer: what is written there waits',
  ...[clockAlert('n2', undefined), clockAlert('n2', 9000), ...large('context')],
  ...[...large('siblings'), '256 partitions lack replicas', '8 partitions have no quorum'],
  'with 2 nodes a key has fewer than 3 copies',
  'nodes have different settings; they merge as they talk',
  'two nodes run as n2: at a, which stays, and at b',
  'a node of another cluster (id a, not b) runs as n2, at c',
];

t.test('each kind of trouble has a chapter that exists', async (t) => {
  for (const alert of ALERTS) {
    const [file = '', anchor] = (mendingOf(alert)?.chapter ?? '').split('#');
    t.ok(existsSync(resolve(file)) && file !== '', `${alert}: ${file}`);
    if (anchor === undefined) continue;
    const headings = readFileSync(resolve(file), 'utf8').match(/^#+ .*$/gm) ?? [];
    const anchors = headings.map((line) =>
      line.replace(/^#+ /, '').toLowerCase().replaceAll(' ', '-'),
    );
    t.ok(anchors.includes(anchor), `${alert}: #${anchor}`);
  }
});

t.test('what a dead node makes lacking is mended by its start', async (t) => {
  for (const alert of ['256 partitions lack replicas', '8 partitions have no quorum']) {
    t.equal(mendingOf(alert, 'n2')?.command, 'quorate cluster start-node n2', alert);
    t.equal(mendingOf(alert)?.command, 'quorate events', `${alert}: no node is down`);
  }
});

t.test('a command is called as it can be typed here, and nothing else is touched', async (t) => {
  const line = 'quorate get k && quorate put k v';
  t.equal(asTyped(line, './quorate'), './quorate get k && ./quorate put k v');
  t.equal(asTyped(line, "'/a b$&/quorate'"), "'/a b$&/quorate' get k && '/a b$&/quorate' put k v");
  for (const other of ['quorate: no value', 'journalctl -u quorate -n 50', '/x/quorate get k']) {
    t.equal(asTyped(other, './quorate'), other);
  }
});
