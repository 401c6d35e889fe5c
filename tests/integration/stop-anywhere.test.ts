/**
 * A stop that meets a start at any point: it ends, leaves nothing, and the next start works.
 * `STOP_POINTS=40` tries more moments of each kind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import {
  childEnvironment,
  freeBasePort,
  QUORATE,
  quorate,
  RealCluster,
  until,
} from './real-cluster.js';

const POINTS = Number(process.env['STOP_POINTS'] ?? '4');
/** Far above what any stop takes, also on a machine that is busy. */
const HANGS_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 5;
/** In which a tool that kills its nodes has ended, also on a machine that is busy. */
const SOON_MILLISECONDS = 10_000;
/** Characters of what it said on standard error, where something is left. */
const ERR_SHOWN = 2000;
/** What a node says on its way. */
const READY = '"ready"';
const LINES = ['"starting"', 'the ring is founded', '"listening"', READY];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Moment = (child: ChildProcess, said: () => string) => Promise<void>;

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

/** When that is so; at the latest when it is ready, or has ended. */
const when =
  (isSo: (said: string) => boolean): Moment =>
  async (child, said) => {
    const isOver = (): boolean => child.exitCode !== null || said().includes(READY);
    while (!isSo(said()) && !isOver()) await wait(POLL_MILLISECONDS);
  };

const atThing = (path: string): Moment => when(() => isThere(path));
const atLine = (line: string): Moment => when((said) => said.includes(line));

/** Runs nothing any more for a folder? Commands name it in their words. */
function isGone(folder: string): boolean {
  const { stdout, status } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return status === 0 && !stdout.includes(folder);
}

interface Round {
  readonly words: readonly string[];
  readonly folder: string;
  /** For sockets: short, since a path of about a hundred characters is too long for them. */
  readonly temporary: string;
  readonly moment: Moment;
  readonly signals: readonly NodeJS.Signals[];
  /** What was written since it began, of each log by itself. */
  readonly said: () => string;
  /** SIGINT goes to all of its processes, as Ctrl-C in a terminal sends it. */
  readonly isGroup?: boolean;
}

/** Starts it, and sends the signals. @returns its status, its signal, or the word that it hangs */
async function play(t: Test, round: Round): Promise<number | string | null> {
  const { words, folder, temporary, moment, signals, isGroup = false } = round;
  const err = openSync(join(folder, 'err'), 'a');
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: { ...childEnvironment(), TMPDIR: temporary },
    stdio: ['ignore', 'ignore', err],
    detached: isGroup,
  });
  closeSync(err);
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  await moment(child, round.said);
  for (const [i, signal] of signals.entries()) {
    // Closer together they would be one press of Ctrl-C.
    if (i > 0) await wait(400);
    if (isGroup && signal === 'SIGINT' && child.exitCode === null)
      process.kill(-(child.pid ?? 0), signal);
    else child.kill(signal);
  }
  const [status, by] = await Promise.race([ended, hang()]);
  // What is killed may take a moment to go where the machine is busy.
  await until('all processes to be gone', HANGS_MILLISECONDS, () => {
    return isGone(folder) && isGone(temporary);
  });
  return status ?? by;
}

/** @returns how it ended; nothing of it is left after that */
async function startAndStop(t: Test, round: Round): Promise<number | string | null> {
  const how = await play(t, round);
  const { folder, temporary, signals } = round;
  const found = { how, signals, err: textOf(join(folder, 'err')).slice(-ERR_SHOWN) };
  t.same(readdirSync(temporary), [], 'no control socket is left', { found });
  t.same(leftIn(join(folder, 'data')), [], 'nothing says that it runs', { found });
  return how;
}

/** What a cluster that runs keeps beside its data. */
function leftIn(data: string): string[] {
  return readdirSync(data).filter((name) => /^running\.json|\.new$/.test(name));
}

/** The texts of these files that were written after this call. */
function since(...files: readonly string[]): () => string {
  const lengths = files.map((file) => textOf(file).length);
  return () => files.map((file, i) => textOf(file).slice(lengths[i])).join('\n');
}

/** Moments spread over a start, what is made and said on the way, and some with a second signal. */
function momentsOf(startMilliseconds: number, things: readonly Moment[]) {
  const delays = Array.from({ length: POINTS }, (_, i) =>
    after((startMilliseconds * (i + Math.random())) / POINTS),
  );
  const moments = [...delays, ...things, ...LINES.map(atLine)];
  return moments.map((moment, i) => {
    const signal = SIGNALS[i % SIGNALS.length] ?? 'SIGTERM';
    return { moment, signals: i % 4 === 3 ? [signal, 'SIGTERM' as const] : [signal] };
  });
}

function foldersOf(t: Test) {
  const folder = t.testdir({ data: {} });
  const temporary = mkdtempSync('/tmp/quorate-stop-');
  t.teardown(() => rmSync(temporary, { recursive: true, force: true }));
  return { folder, temporary, data: join(folder, 'data') };
}

/** Done, ended by the first signal before anybody listened, or at once by the second. */
const fair = [0, 'SIGINT', 'SIGTERM', 'SIGHUP', 128 + 15];

t.test('quorate cluster', async (t) => {
  const { data, ...folders } = foldersOf(t);
  const basePort = String(await freeBasePort());
  const words = ['cluster', '--data-dir', data, '--base-port', basePort];
  const logs = ['n1', 'n2', 'n3'].map((id) => join(data, id, 'log'));
  const made = [join(data, 'running.json'), folders.temporary].map(atThing);
  for (const { moment, signals } of momentsOf(2500, made)) {
    const status = await startAndStop(t, {
      words,
      ...folders,
      moment,
      signals,
      said: since(...logs),
    });
    t.ok(fair.includes(status as never), `it ended with ${status}, told by ${signals}`);
  }
  // Nobody can clean up after one that is killed: the next start does.
  for (const moment of [...made, atLine(READY)]) {
    const killed = {
      words,
      ...folders,
      moment,
      signals: ['SIGKILL'] as const,
      said: since(...logs),
    };
    t.equal(await play(t, killed), 'SIGKILL');
    const next = { ...killed, moment: atLine(READY), signals: ['SIGTERM'] as const };
    t.equal(await startAndStop(t, { ...next, said: since(...logs) }), 0);
  }
  const last = await RealCluster.start(t, data, ['--base-port', basePort]);
  t.match(await last.ask('put', 'k', 'v'), { status: 0 }, 'the next start works');
  t.equal(await last.end('SIGTERM'), 0);
});

t.test('quorate node', async (t) => {
  const { data, ...folders } = foldersOf(t);
  const { folder } = folders;
  const port = await freeBasePort();
  const secret = join(folder, 'secret');
  spawnSync('sh', ['-c', `umask 077; echo ${'ab'.repeat(32)} > "${secret}"`]);
  const words = [
    ...['node', '--id', 'n1', '--data-dir', data, '--secret-file', secret],
    ...['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${port + 1}`],
    ...['--initial-cluster', `n1=127.0.0.1:${port + 1}`, '--ring-replicas', '1'],
  ];
  for (const { moment, signals } of momentsOf(1000, [])) {
    const said = since(join(folder, 'err'));
    const status = await startAndStop(t, { words, ...folders, moment, signals, said });
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

/** Ended while they work: with what each node is told then, and on a second signal. */
const TOOLS = [
  { tool: ['compare', '--levels', 'one,quorum', '--duration', '1s'], milliseconds: 9000 },
  { tool: ['assess', '--config', 'config/shopping-cart.json'], milliseconds: 14_000 },
];

for (const { tool, milliseconds } of TOOLS) {
  t.test(`quorate ${tool[0]}`, async (t) => {
    const { folder, temporary } = foldersOf(t);
    const words = [...tool, '--base-port', String(await freeBasePort())];
    const common = { words, folder, temporary, said: () => '', isGroup: true };
    const moments = [
      atThing(temporary),
      ...Array.from({ length: POINTS }, (_, i) => {
        return after((milliseconds * (i + Math.random())) / POINTS);
      }),
    ];
    for (const [i, moment] of moments.entries()) {
      const signals: NodeJS.Signals[] = [['SIGINT'], ['SIGTERM'], ['SIGINT', 'SIGTERM']][
        i % 3
      ] as NodeJS.Signals[];
      const began = performance.now();
      const how = await startAndStop(t, { ...common, moment, signals });
      t.ok([...fair, 5].includes(how as never), `it ended with ${how}, told by ${signals}`);
      t.ok(performance.now() - began < milliseconds + SOON_MILLISECONDS, 'soon');
    }
  });
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** A file, or a folder with something in it. */
function isThere(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (!stat.isDirectory() || readdirSync(path).length > 0);
}
