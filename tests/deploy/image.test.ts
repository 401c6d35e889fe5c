/**
 * The image without a daemon: each COPY and RUN of the Dockerfile in clean folders, then the node
 * that they make, by the ENTRYPOINT, the variables and the health check of the image.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePorts } from '../conformance/free-ports.js';
import { childEnvironment, until } from '../integration/real-cluster.js';
import { type Stage, stagesOf, variablesOf, wordsOf } from './dockerfile.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const HOST = '127.0.0.1';
const START_MILLISECONDS = 60_000;
/** The user of the image. */
const USER = 1000;

t.setTimeout(900_000);

const stages = stagesOf(readFileSync(join(ROOT, 'config/deploy/Dockerfile'), 'utf8'));

/** What git knows of, with what is not committed yet, less what .dockerignore leaves out. */
function copySources(target: string): void {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const left = readFileSync(join(ROOT, 'config/deploy/Dockerfile.dockerignore'), 'utf8');
  const ignored = left.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const name of names) {
    if (ignored.some((one) => name === one || name.startsWith(`${one}/`))) continue;
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(target, name));
  }
}

/** A stage in a folder: its working directory lies below, by its own name. */
function make(folder: string, stage: Stage, others: ReadonlyMap<string, string>): string {
  let at = folder;
  for (const { name, text } of stage.instructions) {
    if (name === 'WORKDIR') {
      at = join(folder, text);
      mkdirSync(at, { recursive: true });
    } else if (name === 'COPY') copy(text, at, others);
    else if (name === 'RUN') {
      const env = { ...childEnvironment(), npm_config_prefer_offline: 'true' };
      const ran = spawnSync('sh', ['-c', text], { cwd: at, env, encoding: 'utf8' });
      if (ran.status !== 0) throw new Error(`RUN ${text}: ${ran.stdout}${ran.stderr}`);
    }
  }
  return at;
}

function copy(text: string, at: string, others: ReadonlyMap<string, string>): void {
  const [from = '', ...words] = text.split(' ');
  if (!from.startsWith('--from=')) {
    t.equal(text, '. .');
    copySources(at);
    return;
  }
  const stage = others.get(from.slice('--from='.length)) ?? '';
  const target = words.at(-1) ?? '';
  for (const source of words.slice(0, -1)) {
    const inside = target.endsWith('/') ? join(at, target, basename(source)) : join(at, target);
    cpSync(join(stage, source), inside, { recursive: true, verbatimSymlinks: true });
  }
}

/** Another user must reach what is in it. */
function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-image-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('what the Dockerfile makes runs, by a user without rights, and is healthy', async (t) => {
  const top = openFolder();
  const folders = new Map<string, string>();
  let image = '';
  for (const stage of stages) {
    const folder = join(top, stage.name ?? 'image');
    mkdirSync(folder, { recursive: true });
    if (stage.name !== undefined) folders.set(stage.name, folder);
    image = make(folder, stage, folders);
  }
  const [stage] = stages.slice(-1);
  if (stage === undefined) throw new Error('no stage');
  t.notOk(existsSync(join(image, 'node_modules/typescript')), 'no package of development');
  t.notOk(existsSync(join(image, 'dist/tests')), 'no tests');
  t.ok(existsSync(join(image, 'dist/lib/admin-page/public/index.html')), 'the admin page');

  // The user of the image owns the folders that it writes, and nothing else.
  t.same(stage.instructions.find(({ name }) => name === 'USER')?.text, `${USER}:${USER}`);
  const secret = join(image, 'secret/cluster');
  writeFileSync(secret, '0123456789abcdef'.repeat(4), { mode: 0o600 });
  chownSync(secret, USER, USER);
  const [port = 0, peerPort = 0] = await freePorts(HOST, 2);
  const listed = Object.entries(variablesOf(stage)).map(([name, value]) => {
    return [name, value.replace('/quorate', image).replace(':8090', `:${port}`)] as const;
  });
  const env = {
    ...childEnvironment(),
    ...Object.fromEntries(listed),
    QUORATE_NODE_PEER_LISTEN: `0.0.0.0:${peerPort}`,
    QUORATE_NODE_ID: 'n1',
    QUORATE_NODE_INITIAL_CLUSTER: `n1=${HOST}:${peerPort}`,
    QUORATE_HTTP_UNSAFE_LISTEN: 'true',
  };
  const as = { cwd: image, env, uid: USER, gid: USER };
  const check = (): number | null => {
    const [command = '', ...words] = wordsOf(stage, 'HEALTHCHECK');
    return spawnSync(command, words, as).status;
  };
  t.equal(check(), 1, 'not healthy before it runs');
  // What runs tests puts its own modules before those of every process.
  const words = ['-u', 'NODE_OPTIONS', ...wordsOf(stage, 'ENTRYPOINT'), ...wordsOf(stage, 'CMD')];
  const child = spawn('env', words, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let reported = '';
  child.stderr.on('data', (chunk) => {
    reported += String(chunk);
  });
  await until('the node to be healthy', START_MILLISECONDS, () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${reported}`);
    return check() === 0;
  });
  const url = `http://${HOST}:${port}/api/v1/kv/k`;
  const headers = { 'Content-Type': 'application/json' };
  const written = await fetch(url, { method: 'PUT', headers, body: '{"value":1}' });
  t.equal(written.status, 200);
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  t.same(await ended, [0, null], 'it stops cleanly at STOPSIGNAL', { reported });
});
