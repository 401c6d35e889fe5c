/** `./quorate`: from any folder, through links, with its words untouched; not built: a message. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';

const LAUNCHER = resolve('quorate');
const PROGRAM = resolve('dist/bin/quorate.js');

function run(path: string, words: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(path, words, {
    ...{ cwd, encoding: 'utf8', timeout: 30_000 },
    env: { PATH: process.env['PATH'] },
  });
  return { status, out: stdout, err: stderr };
}

t.test('it finds the program wherever it is called from', async (t) => {
  const folder = t.testdir({ 'with blanks': {} });
  symlinkSync(LAUNCHER, join(folder, 'absolute'));
  symlinkSync('../absolute', join(folder, 'with blanks', 'relative'));
  for (const path of [LAUNCHER, join(folder, 'absolute'), join(folder, 'with blanks/relative')]) {
    t.match(run(path, ['version', '-o', 'value'], folder), {
      status: 0,
      out: /^\d+\.\d+/,
      err: '',
    });
  }
});

t.test('what was built can be run: npx links to it', async (t) => {
  t.match(run(PROGRAM, ['version', '-o', 'value'], '.'), { status: 0, out: /^\d+\.\d+/ });
});

t.test('words are those of the command, none of Node.js', async (t) => {
  const ran = run(LAUNCHER, ['version', '--variables', 'nowhere'], t.testdir());
  t.match(ran, { status: 2, out: '', err: /^quorate: nowhere cannot be read/ });
});

t.test('a clone that is not built says what to do', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, "it's a clone"));
  const path = join(folder, "it's a clone", 'quorate');
  copyFileSync(LAUNCHER, path);
  chmodSync(path, 0o755);
  t.match(run(path, ['status'], folder), { status: 5, out: '', err: /not built yet.*npm ci/ });
});

t.test('advice names the program as it was called', async (t) => {
  const folder = t.testdir();
  symlinkSync(LAUNCHER, join(folder, 'quorate'));
  const calls: readonly (readonly [path: string, cwd: string, program: string])[] = [
    ['./quorate', resolve('.'), './quorate'],
    [LAUNCHER, folder, LAUNCHER],
  ];
  for (const [path, cwd, program] of calls) {
    const help = run(path, ['--help'], cwd).out;
    t.match(help, `Usage: ${program} [options]`);
    t.match(help, `\n  ${program} cluster `);
    t.match(run(path, ['put', '--help'], cwd).out, `\n  ${program} put cart`);
    const none = ['cluster', 'start-node', 'n1', '--data-dir', folder];
    t.match(run(path, none, cwd).err, `start it: ${program} cluster --data-dir ${folder}`);
  }
  // Found on the PATH, and without the launcher: by its own name.
  const path = { PATH: `${folder}:${process.env['PATH']}` };
  for (const words of [['quorate'], [process.execPath, PROGRAM]]) {
    const [command = '', ...more] = words;
    const options = { cwd: folder, env: path, encoding: 'utf8' } as const;
    t.match(spawnSync(command, [...more, '--help'], options).stdout, 'Usage: quorate [options]');
  }
});
