/** etcd of Debian, three members, asked through its HTTP gateway (its own clients speak gRPC). */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freeBasePort } from '../../integration/real-cluster.js';
import { ask } from '../ask.js';
import type { System, Work } from '../system.js';
import { cleanEnvironment, stop, until } from './process.js';

const MEMBERS = 3;

export async function startEtcd(dataDir: string): Promise<System> {
  const basePort = await freeBasePort();
  const members = Array.from({ length: MEMBERS }, (_, index) => ({
    name: `m${index}`,
    client: `http://127.0.0.1:${basePort + 2 * index}`,
    peer: `http://127.0.0.1:${basePort + 2 * index + 1}`,
  }));
  const everybody = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const children = members.map(({ name, client, peer }): ChildProcess => {
    const flags = {
      name,
      'data-dir': join(dataDir, `etcd-${name}`),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': everybody,
      'log-level': 'error',
    };
    const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return spawn('etcd', words, { stdio: 'ignore', env: cleanEnvironment() });
  });
  const system: System = {
    name: `etcd, ${MEMBERS} members`,
    version: etcdVersion(),
    synced: 'log of the leader and a follower before the answer (its default)',
    endpoints: members.map(({ client }) => client),
    pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    works: WORKS,
    keeps: { put: 'put', get: 'get linearizable' },
    stop: async () => {
      await Promise.all(children.map(stop));
    },
  };
  await until('etcd', async () => {
    const answers = await Promise.all(
      system.endpoints.map((endpoint) => ask(endpoint, LINEARIZABLE, 'ready', '')),
    );
    return answers.every(({ status }) => status === 200);
  });
  return system;
}

export function etcdVersion(): string {
  const text = execFileSync('etcd', ['--version'], { encoding: 'utf8' });
  return /etcd Version: (\S+)/.exec(text)?.[1] ?? 'unknown';
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function range(options: object): Work {
  return {
    headers: { 'Content-Type': 'application/json' },
    request: (key) => ({
      method: 'POST',
      path: '/v3/kv/range',
      body: JSON.stringify({ key: base64(key), ...options }),
    }),
    valueIn: (body) => {
      const { kvs } = JSON.parse(body) as { readonly kvs: readonly { readonly value: string }[] };
      return JSON.parse(Buffer.from(kvs[0]?.value ?? '', 'base64').toString('utf8')) as string;
    },
    writes: false,
  };
}

const LINEARIZABLE = range({});
const PUT: Work = {
  headers: { 'Content-Type': 'application/json' },
  request: (key, value) => ({
    method: 'POST',
    path: '/v3/kv/put',
    body: JSON.stringify({ key: base64(key), value: base64(JSON.stringify(value)) }),
  }),
  valueIn: undefined,
  writes: true,
};

const WORKS: ReadonlyMap<string, Work> = new Map([
  ['put', PUT],
  ['get linearizable', LINEARIZABLE],
  ['get serializable', range({ serializable: true })],
]);
