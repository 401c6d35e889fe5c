/** The folder of the control socket goes with its socket, in whatever state that is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  ControlSocket,
  isAnswered,
  removeLeftSocket,
} from '../../../bin/cluster/control-socket.js';

const MODULE = fileURLToPath(new URL('../../../bin/cluster/control-socket.js', import.meta.url));
const nobody = () => Promise.reject(new Error('there is no node'));

/** Short: the path of a socket may have about a hundred characters. */
function temporaryFolder(t: Test): string {
  const { TMPDIR: before } = process.env;
  const folder = mkdtempSync('/tmp/q-');
  process.env['TMPDIR'] = folder;
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

t.test('nothing is made before it opens, and nothing is left once it is closed', async (t) => {
  const folder = temporaryFolder(t);
  const socket = new ControlSocket(nobody);
  t.same(readdirSync(folder), []);
  await socket.open();
  t.ok(existsSync(socket.path));
  t.ok(await isAnswered(socket.path));
  socket.close();
  t.same(readdirSync(folder), []);
  socket.close();
});

t.test('closed before it opens, it makes nothing; closed meanwhile, nothing is left', async (t) => {
  const folder = temporaryFolder(t);
  const never = new ControlSocket(nobody);
  never.close();
  await never.open();
  t.same(readdirSync(folder), []);

  const meanwhile = new ControlSocket(nobody);
  const opening = meanwhile.open();
  t.same(readdirSync(folder).length, 1, 'the folder is there at once');
  meanwhile.close();
  t.same(readdirSync(folder), []);
  await opening;
  t.same(readdirSync(folder), []);
});

t.test('what cannot be made is an error, and leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  process.env['TMPDIR'] = file;
  const why = { code: 'not_ready', message: /^no control socket .*cannot be used: ENOTDIR/ };
  await t.rejects(new ControlSocket(nobody).open(), why);
  t.same(readdirSync(folder), ['file']);
});

t.test('a long folder is not cut: the socket lies in another, and goes as well', async (t) => {
  const folder = temporaryFolder(t);
  for (let length = 20; length < 120; length += 1) {
    const long = join(folder, 'x'.repeat(length - folder.length - 1));
    mkdirSync(long);
    process.env['TMPDIR'] = long;
    const socket = new ControlSocket(nobody);
    await socket.open();
    t.ok(existsSync(socket.path), 'where it says that it is');
    socket.close();
    t.notOk(existsSync(dirname(socket.path)));
    t.same(readdirSync(long), [], `${length} characters`);
  }
});

t.test('a start removes what one that was killed has left, and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  const { path } = new ControlSocket(nobody);
  mkdirSync(dirname(path));
  writeFileSync(path, '');
  t.notOk(await isAnswered(path));
  removeLeftSocket(path);
  t.same(readdirSync(folder), []);
  for (const other of [join(folder, 'other', 'control'), join(folder, 'quorate-1', 'other')]) {
    mkdirSync(dirname(other));
    removeLeftSocket(other);
    t.ok(existsSync(dirname(other)), other);
  }
});

const ENDS: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  'it exits while the socket opens': { code: 'void socket.open(); process.exit(3)', status: 3 },
  'it exits later': { code: 'await socket.open(); process.exit(4)', status: 4 },
  'an error that nobody catches': { code: 'await socket.open(); throw new Error("x")', status: 1 },
  'a promise that nobody awaits': {
    code: 'await socket.open(); void Promise.reject(new Error("x"))',
    status: 1,
  },
};
for (const [name, { code, status }] of Object.entries(ENDS)) {
  t.test(`the end of the process removes it: ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    const made = 'if (fs.readdirSync(process.env.TMPDIR).length !== 1) process.abort();';
    const program =
      `import fs from 'node:fs'; import { ControlSocket } from ${JSON.stringify(MODULE)};` +
      `const socket = new ControlSocket(() => undefined);` +
      `process.prependListener('exit', () => { ${made} });${code}`;
    const words = ['--input-type=module', '--eval', program];
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    t.same(await once(child, 'exit'), [status, null]);
    t.same(readdirSync(folder), []);
  });
}
