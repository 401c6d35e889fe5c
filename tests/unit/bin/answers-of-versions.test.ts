/**
 * Nodes of other versions answer too, in a rolling upgrade: whatever member of an answer is not
 * there, or is not known here, each command shows the rest.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { runWords } from './fake-terminal.js';

const AT = '2026-01-02T03:04:05.678Z';

interface Row {
  readonly words: readonly string[];
  readonly answer: unknown;
  /** Paths of members without which there is nothing to show, or which must not be guessed. */
  readonly needed: readonly string[];
}

const REPORT = {
  ...{ id: 'n1', version: '0.1.0', start: 1, uptime_s: 5, partitions_owned: 4, storage: 'ok' },
  clock: { sane: true, skew_ms: 1 },
  stored: { keys: 1, keys_in_conflict: 0, disk_used_bytes: 10, disk_free_bytes: 20 },
  hints: { n2: { count: 3, bytes: 30 } },
};
const VERSION = { version: '1-a', written_at: AT, written_by: 'n1', value: 1 };

const ROWS: readonly Row[] = [
  {
    words: ['status'],
    answer: {
      ...{ cluster: 'c', node: 'n1', epoch: 1, partitions: 8, replicas_effective: 3 },
      nodes: [{ id: 'n1', address: 'a:1', zone: 'z', state: 'up', report: REPORT }],
      ...{ alerts: ['look'], verdict: 'ok' },
      clients: { rate_limit: { max: 5, window_s: 60, refused: 2 } },
    },
    needed: ['nodes', 'nodes.0.id', 'nodes.0.state', 'verdict'],
  },
  {
    words: ['ring'],
    answer: {
      hash: 'aa',
      members: [
        {
          ...{ id: 'n1', address: 'a:1', zone: 'z', weight: 1 },
          ...{ partitions_owned: 4, partitions_first: 2 },
        },
      ],
    },
    needed: ['members', 'members.0.id'],
  },
  {
    words: ['locate', 'k'],
    answer: {
      ...{ partition: 3, primaries: [{ node: 'n1', zone: 'z', up: true }], stand_ins: ['n2'] },
    },
    needed: ['primaries', 'primaries.0.node'],
  },
  {
    words: ['copies', 'k'],
    answer: {
      copies: [
        {
          ...{ node: 'n1', role: 'owner', said: 'holds', complete: true },
          versions: [{ version: '1-a', state: 'value', written_at: AT }],
        },
      ],
    },
    needed: [
      ...['copies', 'copies.0.node', 'copies.0.said', 'copies.0.complete'],
      'copies.0.versions.0.version',
    ],
  },
  {
    words: ['levels'],
    answer: { node: 'n1', partitions: 8, levels: [{ level: 'one', reads: 8, writes: 8 }] },
    needed: ['levels', 'levels.0.level'],
  },
  {
    words: ['exchange'],
    answer: {
      nodes: [
        {
          node: 'n1',
          peers: [{ peer: 'n2', records: 1, bytes: 2, differences: 3 }],
        },
      ],
    },
    needed: ['nodes', 'nodes.0.node', 'nodes.0.peers.0.peer'],
  },
  {
    words: ['hints'],
    answer: {
      hints: [
        {
          ...{ holder: 'n1', target: 'n2', count: 1, bytes: 10, oldest: AT },
          ...{ estimated_end: AT, reason: 'n2 is down' },
        },
      ],
      unanswered: ['n3'],
    },
    needed: ['hints', 'hints.0.holder', 'hints.0.target', 'hints.0.count'],
  },
  {
    words: ['convergence'],
    answer: {
      nodes: [
        {
          node: 'n1',
          exchanges: [{ peer: 'n2', at: AT, result: 'ok', records: 1 }],
          ...{ rebuilding: [1], scrubbed: 2, owned: 4, tombstones: 5 },
          blocked: [{ reason: 'n2 is down', count: 1 }],
        },
      ],
      unanswered: ['n3'],
    },
    needed: ['nodes', 'nodes.0.node', 'nodes.0.exchanges.0.peer', 'nodes.0.blocked.0.reason'],
  },
  {
    words: ['events'],
    answer: {
      events: [
        {
          ...{ node: 'n1', at: AT, severity: 'info', event: 'node started' },
          ...{ fields: { id: 'n1' }, times: 2 },
        },
      ],
      unanswered: ['n3'],
    },
    needed: ['events', 'events.0.node', 'events.0.event'],
  },
  {
    words: ['config', 'get'],
    answer: { version: '1-n1', settings: { default_level: 'quorum' }, nodes: ['n1'] },
    needed: ['settings'],
  },
  {
    words: ['config', 'history'],
    answer: {
      history: [
        {
          ...{ version: '1-n1', at: AT, node: 'n1', by: '::1' },
          changed: { default_level: { from: 'one', to: 'quorum' } },
        },
      ],
    },
    needed: ['history', 'history.0.version'],
  },
  {
    words: ['namespace', 'list'],
    answer: {
      namespaces: [
        { namespace: 'shop', rules: { a: 1 }, effective: { a: 1, b: 2 }, version: '1-n1' },
      ],
    },
    // A change is bound to the version.
    needed: [
      ...['namespaces', 'namespaces.0.namespace', 'namespaces.0.rules', 'namespaces.0.version'],
    ],
  },
  {
    words: ['namespace', 'history', 'shop'],
    answer: { history: [{ at: AT, node: 'n1', by: '::1', from: null, to: { a: 1 } }] },
    needed: ['history'],
  },
  {
    words: ['conflicts'],
    answer: {
      conflicts: [{ namespace: 'default', key: 'k', since: AT }],
      ...{ cursor: 'c', unanswered: ['n3'] },
    },
    needed: ['conflicts', 'conflicts.0.key'],
  },
  {
    words: ['conflicts', 'k'],
    answer: {
      ...{ in_conflict: true, context: 'c', siblings: [{ ...VERSION, relation: 'concurrent' }] },
      resolutions: [{ at: AT, strategy: 'max', by: 'read', kept: '2-a', dropped: [VERSION] }],
    },
    needed: [
      ...['in_conflict', 'siblings', 'siblings.0.version'],
      'resolutions.0.dropped.0.version',
    ],
  },
  {
    words: ['versions', 'k'],
    answer: {
      versions: [
        {
          ...{ version: '1-a', state: 'current', written_at: AT, written_by: 'n1' },
          ...{ content_type: 'application/json', bytes: 1 },
        },
      ],
    },
    needed: ['versions', 'versions.0.version'],
  },
  {
    words: ['operation', 'id'],
    answer: {
      ...{ id: 'id', status: 'done', namespace: 'default', key: 'k', answer: { status: 200 } },
      operations: ['id.0'],
    },
    needed: ['status'],
  },
];

let body: unknown;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
t.teardown(() => server.close());
const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Names of members, as `nodes.0.id`. Keys of maps are no members: they come and go. */
function pathsOf(value: unknown, above = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = above === '' ? name : `${above}.${name}`;
    return [...(Array.isArray(value) ? [] : [path]), ...pathsOf(member, path)];
  });
}

function without(value: unknown, path: string): unknown {
  const copy = structuredClone(value);
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = copy as Record<string, unknown>;
  for (const name of names) at = at[name] as Record<string, unknown>;
  delete at[last];
  return copy;
}

/** What nobody knows yet, in each object. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withMore(member)] as const);
  return Object.fromEntries([...members, ['of_a_later_version', { a: [1] }]]);
}

/** Members of these are names of settings, and the like: further ones are shown. */
const MAPS = /^(?:settings|rules|effective|fields|hints|changed|from|to)$/;

function keepMaps(value: unknown, before: unknown): unknown {
  if (Array.isArray(value)) return value.map((one, i) => keepMaps(one, (before as unknown[])[i]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const old = (before as Record<string, unknown> | undefined)?.[name];
      const isMap = MAPS.test(name) && !Array.isArray(old);
      return [name, isMap || old === undefined ? (old ?? member) : keepMaps(member, old)];
    }),
  );
}

for (const { words, answer, needed } of ROWS) {
  t.test(`quorate ${words.join(' ')}`, async (t) => {
    const run = (format: string) => runWords([...words, '-o', format, '--endpoint', endpoint]);
    body = answer;
    const usual = await run('table');
    t.match(usual, { status: 0 }, usual.err);
    body = keepMaps(withMore(answer), answer);
    t.match(await run('table'), { status: 0, out: usual.out }, 'with what is not known here');
    const paths = pathsOf(answer);
    for (const path of needed) t.ok(paths.includes(path), `${path} is a member`);
    for (const path of paths) {
      body = without(answer, path);
      for (const format of ['table', 'value', 'json']) {
        const ran = await run(format);
        const { status, out, err } = ran;
        if (needed.includes(path)) t.not(status, 0, `without ${path}`);
        else t.equal(status, 0, `${format} without ${path}: ${err}`);
        t.notMatch(out, /undefined|NaN/, `${format} without ${path}`);
      }
    }
  });
}
