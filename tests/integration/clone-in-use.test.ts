/** A cluster runs from a clone: what is typed there meanwhile takes nothing away from under it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { childEnvironment, freeBasePort, until } from './real-cluster.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PARTS = ['.ci', 'lib', 'bin', 'config', 'tests', 'dist', 'quorate'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];
const COMMAND_MILLISECONDS = 120_000;
const START_MILLISECONDS = 60_000;

/** npm tells its children of the clone that it was called in: this is another one. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(childEnvironment());
  const kept = inherited.filter(([name]) => !/^(?:npm_|INIT_CWD)/i.test(name));
  return { ...Object.fromEntries(kept), npm_config_offline: 'true' };
}

/** Each file with what changes when it is written, or made anew. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { ino, mtimeMs, size } = statSync(path);
      return `${relative(folder, path)} ${ino} ${mtimeMs} ${size}`;
    })
    .sort();
}

async function run(clone: string, command: string, words: readonly string[]) {
  const child = spawn(command, words, {
    cwd: clone,
    env: environment(),
    timeout: COMMAND_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, text };
}

function start(clone: string, words: readonly string[]): ChildProcess {
  return spawn(join(clone, 'quorate'), words, { cwd: clone, env: environment(), stdio: 'ignore' });
}

t.test('nothing that users type writes to dist/, and nodes start from it', async (t) => {
  const clone = join(t.testdir(), 'clone');
  for (const part of [...PARTS, ...FILES]) {
    cpSync(join(ROOT, part), join(clone, part), { recursive: true, preserveTimestamps: true });
  }
  // What the compiler remembers of its last run does not count: without it, it writes every file.
  for (const mark of ['.tsbuildinfo', '.tsbuildinfo-page', '.page-built-from']) {
    rmSync(join(clone, 'dist', mark), { force: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  t.match(await run(clone, process.execPath, ['.ci/built.mjs']), { status: 0 });

  const base = await freeBasePort();
  const dataDir = join(t.testdirName, 'data');
  const words = ['cluster', '--data-dir', dataDir, '--base-port', String(base), '--nodes', '1'];
  const child = start(clone, words);
  t.teardown(() => child.kill('SIGKILL'));
  const endpoint = `http://127.0.0.1:${base}`;
  const serves = async (): Promise<boolean> => {
    const answer = await fetch(`${endpoint}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  };
  await until('it serves', START_MILLISECONDS, serves);

  const before = filesOf(join(clone, 'dist'));
  const program = ['quor', 'ate'].join('');
  for (const [command, ...rest] of [
    ['./quorate', 'put', 'k', 'v', '--endpoint', endpoint],
    ['npx', program, 'put', 'k', 'v', '--endpoint', endpoint],
    ['npm', 'run', 'prepare'],
  ]) {
    const { status, text } = await run(clone, command ?? '', rest);
    t.equal(status, 0, `${command} ${rest.join(' ')}: ${text}`);
    t.same(filesOf(join(clone, 'dist')), before, `${command} ${rest.join(' ')}`);
  }

  // While packages are installed anew the node that runs goes on, and a new one waits for them.
  renameSync(join(clone, 'node_modules'), join(clone, 'away'));
  t.ok(await serves(), 'without packages');
  const pid = await run(clone, 'cat', [join(dataDir, 'running.json')]);
  const { nodes } = JSON.parse(pid.text) as { nodes: { id: string; pid: number }[] };
  process.kill(nodes[0]?.pid ?? 0, 'SIGKILL');
  await until('it is down', START_MILLISECONDS, async () => !(await serves()));
  renameSync(join(clone, 'away'), join(clone, 'node_modules'));
  const again = await run(clone, './quorate', [
    'cluster',
    'start-node',
    'n1',
    '--data-dir',
    dataDir,
  ]);
  t.match(again, { status: 0 });
  await until('it serves again', START_MILLISECONDS, serves);
  t.ok(existsSync(join(clone, 'dist/bin/quorate.js')));
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null]);
});
