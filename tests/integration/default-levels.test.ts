/** Any level may be the default of the cluster; the first lines that anybody tries, as written. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { freeBasePort, RealCluster } from './real-cluster.js';

const basePort = String(await freeBasePort());
const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), ['--base-port', basePort]);
const CONFIG = '/api/v1/config/consistency';
const JSON_HEADERS = { 'Content-Type': 'application/json' };
const run = promisify(execFile);

interface Reported {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

async function ask(node: string, path: string, init: RequestInit = {}): Promise<Reported> {
  const answer = await fetch(`${cluster.url(node)}${path}`, init);
  const json = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, json };
}

const change = (node: string, fields: object): Promise<Reported> =>
  ask(node, CONFIG, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(fields) });
const put = (node: string, key: string, value: string): Promise<Reported> => {
  const body = JSON.stringify({ value });
  return ask(node, `/api/v1/kv/${key}`, { method: 'PUT', headers: JSON_HEADERS, body });
};

/** As the issue that asked for the store has them. */
const AT = 'http://localhost:8090/api/v1';
const AS_JSON = '-H "Content-Type: application/json"';
const LEVEL = 'X-Consistency-Level:';
const DEFAULTS = '{"default_level": "session", "read_repair_probability": 0.1}';
const VALUE = '{"value": "John Doe", "ttl": 3600}';
const FIRST_LINES = [
  `curl -X PUT ${AT}/kv/user:123 ${AS_JSON} -H "${LEVEL} strong" -d '${VALUE}'`,
  `curl -X GET ${AT}/kv/user:123 -H "${LEVEL} eventual"`,
  `curl -X POST ${AT}/config/consistency ${AS_JSON} -d '${DEFAULTS}'`,
  `curl -X GET ${AT}/kv/user:123/conflicts`,
];

t.test('the first four lines of the README work as they are written', async (t) => {
  const readme = readFileSync('README.md', 'utf8');
  const answers: Record<string, unknown>[] = [];
  for (const line of FIRST_LINES) {
    t.ok(readme.includes(`\n${line}\n`), line);
    const here = line.replaceAll('localhost:8090', `localhost:${basePort}`);
    const { stdout } = await run('sh', ['-c', here.replace('curl ', 'curl -sS --fail ')]);
    answers.push(JSON.parse(stdout) as Record<string, unknown>);
  }
  const [written, read, settings, conflicts] = answers;
  t.match(written, { key: 'user:123', replaced: [] });
  t.match(read, { value: 'John Doe', version: written?.['version'] });
  t.ok(typeof read?.['expires_at'] === 'string', 'it ends');
  t.match(settings, { settings: { default_level: 'session', read_repair_probability: 0.1 } });
  t.match(conflicts, { key: 'user:123', in_conflict: false });
});

const READ_LEVELS = [
  ...['one', 'two', 'three', 'quorum', 'all', 'eventual', 'local-one', 'local-quorum'],
  ...['each-quorum', 'session', 'causal', 'bounded-staleness', 'strong', '2'],
  'bounded-staleness;max=5s;scope=quorum',
];

t.test(
  'each level as the default of reads, for a client that names none and has no token',
  async (t) => {
    const { json } = await put('n1', 'shown', 'there');
    for (const [i, level] of READ_LEVELS.entries()) {
      const changed = await change(`n${1 + (i % 3)}`, { default_level: level });
      t.match(changed.json, { settings: { default_level: level } }, `set to ${level}`);
      for (const node of ['n1', 'n2', 'n3']) {
        const read = await ask(node, '/api/v1/kv/shown');
        t.match(read, { status: 200, json: { version: json['version'] } }, `${level} at ${node}`);
        t.equal(read.headers.get('x-consistency-achieved'), level.split(';')[0]);
        const bound = read.headers.get('x-staleness-bound') ?? '';
        t.equal(/^\d+; scope=(all|quorum)$/.test(bound), level.startsWith('bounded'), bound);
        const begins = level === 'session' || level === 'causal';
        t.equal(read.headers.has('x-session-token'), begins, `${level}: a session begins`);
      }
      t.equal((await ask('n2', '/api/v1/kv/never')).status, 404, `nothing is found at ${level}`);
    }
  },
);

t.test('each level as the default of writes', async (t) => {
  for (const [i, level] of [...READ_LEVELS, 'any'].entries()) {
    const changed = await change(`n${1 + (i % 3)}`, { default_write_level: level });
    t.match(changed.json, { settings: { default_write_level: level } }, `set to ${level}`);
    for (const node of ['n1', 'n2', 'n3']) {
      const written = await put(node, `by ${level}`, node);
      t.equal(written.status, 200, `${level} at ${node}`);
      t.equal(written.headers.get('x-consistency-achieved'), level.split(';')[0]);
    }
  }
  t.match(await change('n1', { default_write_level: 'quorum', default_level: 'strong' }), {
    status: 200,
  });
  const read = await ask('n3', '/api/v1/kv/by%20strong');
  t.match(read, { status: 200, json: { value: 'n3' } });
});

t.test('what cannot be a default is refused with the reason, and nothing is changed', async (t) => {
  const before = (await ask('n1', CONFIG)).json;
  const refused: readonly (readonly [fields: object, why: RegExp])[] = [
    [{ default_level: 'any' }, /any/],
    [{ default_level: 'linearizable' }, /linearizable/],
    [{ default_level: 'session;max=5s' }, /parameter|session/],
    [{ default_level: 'bounded-staleness;max=2h' }, /0ms to 1h/],
    [{ default_level: 'bounded-staleness;age=2s' }, /age/],
    [{ default_write_level: 'nearly' }, /nearly/],
    [{ default_level: '0' }, /0/],
    [{ default_level: 'session', default_write_level: 'nobody' }, /nobody/],
    [{ default_level: 7 }, /default_level|string|7/],
    [{ default_read_level: 'one' }, /default_read_level/],
  ];
  for (const [fields, why] of refused) {
    const { status, json } = await change('n2', fields);
    t.equal(status, 400, JSON.stringify(fields));
    t.match(JSON.stringify(json), why, JSON.stringify(fields));
    t.match(json, { outcome: 'none' });
  }
  t.same((await ask('n1', CONFIG)).json, before);
});
