/**
 * A stop that meets a start at any point: it ends, leaves nothing, and the next start works.
 * `STOP_POINTS=40` tries more moments of each kind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { childEnvironment, freeBasePort, QUORATE, quorate, RealCluster } from './real-cluster.js';

const POINTS = Number(process.env['STOP_POINTS'] ?? '6');
/** Far above what any stop takes, also on a machine that is busy. */
const HANGS_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 5;
/** What a node says on its way. */
const READY = '"ready"';
const LINES = ['"starting"', 'the ring is founded', '"listening"', READY];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Moment = (child: ChildProcess, log: () => string) => Promise<void>;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Does not keep this process. */
const hang = () =>
  new Promise<['it hangs', null]>((resolve) => {
    setTimeout(() => resolve(['it hangs', null]), HANGS_MILLISECONDS).unref();
  });

const after =
  (milliseconds: number): Moment =>
  async () => {
    await wait(milliseconds);
  };

/** When the line was written; at the latest when it is ready, or has ended. */
const atLine =
  (line: string): Moment =>
  async (child, log) => {
    const said = (): boolean => log().includes(line) || log().includes(READY);
    while (!said() && child.exitCode === null) await wait(POLL_MILLISECONDS);
  };

/** Everything that runs for a folder: commands name it in their words. */
function processesOf(folder: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(folder));
}

interface Round {
  readonly words: readonly string[];
  readonly folder: string;
  readonly moment: Moment;
  readonly signals: readonly NodeJS.Signals[];
  readonly log: () => string;
}

/** @returns its status, or the word that it hangs; nothing of it is left after that */
async function startAndStop(t: Test, round: Round): Promise<number | string | null> {
  const { words, folder, moment, signals, log } = round;
  const temporary = join(folder, 'tmp');
  const err = openSync(join(folder, 'err'), 'a');
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: { ...childEnvironment(), TMPDIR: temporary },
    stdio: ['ignore', 'ignore', err],
  });
  closeSync(err);
  t.teardown(() => child.kill('SIGKILL'));
  const before = log().length;
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  await moment(child, () => log().slice(before));
  for (const [i, signal] of signals.entries()) {
    // Closer together they would be one press of Ctrl-C.
    if (i > 0) await wait(400);
    child.kill(signal);
  }
  const [status, by] = await Promise.race([ended, hang()]);
  t.same(processesOf(folder), [], 'no process is left');
  t.same(readdirSync(temporary), [], 'no control socket is left');
  t.notOk(existsSync(join(folder, 'data', 'running.json')), 'nothing says that it runs');
  return status ?? by;
}

/** Moments spread over a start, lines of the log, and both with a second signal. */
function momentsOf(startMilliseconds: number) {
  const delays = Array.from({ length: POINTS }, (_, i) =>
    after((startMilliseconds * (i + Math.random())) / POINTS),
  );
  const moments = [...delays, ...LINES.map(atLine)];
  return moments.map((moment, i) => {
    const signal = SIGNALS[i % SIGNALS.length] ?? 'SIGTERM';
    return { moment, signals: i % 4 === 3 ? [signal, 'SIGTERM' as const] : [signal] };
  });
}

function foldersOf(t: Test) {
  const folder = t.testdir();
  for (const name of ['tmp', 'data']) mkdirSync(join(folder, name));
  return { folder, data: join(folder, 'data') };
}

/** Done, ended by the first signal before anybody listened, or at once by the second. */
const fair = [0, 'SIGINT', 'SIGTERM', 'SIGHUP', 128 + 15];

t.test('quorate cluster', async (t) => {
  const { folder, data } = foldersOf(t);
  const basePort = String(await freeBasePort());
  const words = ['cluster', '--data-dir', data, '--base-port', basePort];
  const log = () => ['n1', 'n2', 'n3'].map((id) => textOf(join(data, id, 'log'))).join('\n');
  for (const { moment, signals } of momentsOf(2500)) {
    const status = await startAndStop(t, { words, folder, moment, signals, log });
    t.ok(fair.includes(status as never), `it ended with ${status}, told by ${signals}`);
  }
  const last = await RealCluster.start(t, data, ['--base-port', basePort]);
  t.match(await last.ask('put', 'k', 'v'), { status: 0 }, 'the next start works');
  t.equal(await last.end('SIGTERM'), 0);
});

t.test('quorate node', async (t) => {
  const { folder, data } = foldersOf(t);
  const port = await freeBasePort();
  const secret = join(folder, 'secret');
  spawnSync('sh', ['-c', `umask 077; echo ${'ab'.repeat(32)} > "${secret}"`]);
  const words = [
    ...['node', '--id', 'n1', '--data-dir', data, '--secret-file', secret],
    ...['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${port + 1}`],
    ...['--initial-cluster', `n1=127.0.0.1:${port + 1}`, '--ring-replicas', '1'],
  ];
  const log = () => textOf(join(folder, 'err'));
  for (const { moment, signals } of momentsOf(1000)) {
    const status = await startAndStop(t, { words, folder, moment, signals, log });
    t.ok(fair.includes(status as never), `it ended with ${status}, told by ${signals}`);
  }
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: childEnvironment(),
    stdio: 'ignore',
  });
  t.teardown(() => child.kill('SIGKILL'));
  let written = { status: -1 as number | null };
  for (let i = 0; i < 100 && written.status !== 0; i += 1) {
    written = await quorate(['put', 'k', 'v', '--endpoint', `127.0.0.1:${port}`]);
  }
  t.equal(written.status, 0, 'the next start works');
});

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
