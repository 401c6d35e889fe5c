/** Whatever option is wrong, of whatever command: it is refused, and nothing was asked or begun. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { CommandRow } from '../../../bin/command.js';
import { nameOf } from '../../../bin/command-options.js';
import { COMMANDS } from '../../../bin/commands.js';
import { runWords } from './fake-terminal.js';

/** A wrong value for each option that can be wrong here; what is not listed, a node judges. */
const WRONG: Readonly<Record<string, string>> = {
  output: 'xml',
  endpoint: 'ftp://x',
  timeout: 'soon',
  variables: '/nowhere/x',
  ttl: 'soon',
  json: 'maybe',
  dryRun: 'maybe',
  autoSpawn: 'maybe',
  autoSpawnDelay: 'soon',
  nodes: '0',
  basePort: '0',
  replicas: '0',
  partitions: '0',
  profile: 'moon',
  limit: '0',
  partition: '-1',
  getQps: 'many',
  putQps: 'many',
  duration: 'long',
  keys: '0',
  valueBytes: '0',
  connections: '0',
  keepKeys: 'maybe',
  level: 'quorm',
  fallback: 'one,q',
  sessionFile: '/nowhere/x/session',
  report: '/dev/null/x',
};

/** Enough words for each command to do something. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  put: ['k', 'v'],
  get: ['k'],
  delete: ['k'],
  batch: ['-'],
  resolve: ['k', '--strategy', 'max', '--context', 'c'.repeat(24)],
  versions: ['k'],
  locate: ['k'],
  'config set': ['default_level=one'],
  'config rollback': ['v'],
  'cluster start-node': ['n1'],
  'cluster pid': ['n1'],
  completion: ['bash'],
};

function pathsOf(rows: readonly CommandRow[], above = ''): (readonly [string, CommandRow])[] {
  return rows.flatMap((row) => {
    const path = `${above} ${row.name}`.trim();
    return [[path, row] as const, ...pathsOf(row.commands ?? [], path)];
  });
}

const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  response.writeHead(500).end('{}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => server.close());
const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

for (const [path, row] of pathsOf(COMMANDS).filter(([, { name }]) => name !== 'node')) {
  t.test(`quorate ${path}`, async (t) => {
    const dataDir = join(t.testdir(), 'data');
    const usual = { QUORATE_ENDPOINT: endpoint, QUORATE_CLUSTER_DATA_DIR: dataDir };
    const words = [...path.split(' '), ...(WORDS[path] ?? [])];
    const rows = row.options.filter((option) => WRONG[nameOf(option)] !== undefined);
    for (const option of rows) {
      const { variable = '' } = option;
      const environment = { ...usual, [variable]: WRONG[nameOf(option)] ?? '' };
      const ran = await runWords(words, environment, '{"op":"delete","key":"k"}');
      t.match(ran, { status: 2, out: '' }, `${variable}: ${ran.err}`);
      t.not(ran.err, '');
    }
    t.same(requests, [], 'nothing was asked');
    t.notOk(existsSync(dataDir), 'nothing was begun');
  });
}

t.test('a key or a header that cannot be sent is usage, and no bug', async (t) => {
  const flags = ['--endpoint', endpoint];
  for (const words of [
    ['get', ''],
    ['put', '', 'v'],
    ['put', 'k', 'v', '--context', ''],
    ['put', 'k', 'v', '--level', 'größte'],
    ['put', 'k', 'v', '--context', 'foo'],
    ['get', 'k', '--level', 'any'],
    ['get', 'k', '--level', 'quorum', '--fallback', 'one,q'],
    ['list', '--level', 'quorm'],
    ['conflicts', ''],
    ['locate', ''],
    ['put', 'k', '--file', 'package.json', '--content-type', 'application/json'],
  ]) {
    const ran = await runWords([...words, ...flags]);
    t.match(ran, { status: 2, out: '', err: /^quorate: / }, words.join(' '));
  }
  t.same(requests, []);
});

t.test('a level is judged before anything is sent, and the known ones are told', async (t) => {
  const flags = ['--endpoint', endpoint];
  const known = /no consistency level "quorm"; there are one, two, .*, a number of primaries/;
  t.match(await runWords(['get', 'k', '--level', 'quorm', ...flags]), { status: 2, err: known });
  const operations = '{"op":"get","key":"a"}\n{"op":"put","key":"k","value":1,"level":"quorm"}';
  const batch = await runWords(['batch', '-', ...flags], {}, operations);
  t.match(batch, { status: 2, err: /operation 1: there is no consistency level "quorm"/ });
  t.same(requests, []);
});
