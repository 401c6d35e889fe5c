/** The guide of the client as a newcomer follows it: pack, install, run, in another folder. */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { childEnvironment, freeBasePort, RealCluster } from './real-cluster.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGE = join(ROOT, 'dist/client-package');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** Of the packed client. It grows with what it does for its users: look why before you raise it. */
const BYTES_MAX = 55_000;
const guide = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
// Outside of the repository, whose packages would be found.
const folder = mkdtempSync(join(tmpdir(), 'quorate-client-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const user = join(folder, 'user');
mkdirSync(user);

const run = async (command: string, ...words: readonly string[]): Promise<string> => {
  const options = { cwd: user, env: childEnvironment() };
  try {
    return (await promisify(execFile)(command, words, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${words.join(' ')}: ${stdout}${stderr}`);
  }
};

/** The first block of a language, of the part under `heading`. */
function blockOf(heading: string, language: string): string {
  const part = guide.slice(guide.indexOf(`\n## ${heading}\n`));
  const [, block = ''] =
    new RegExp(`\`\`\`${language}(?: .*)?\n([\\s\\S]*?)\`\`\``).exec(part) ?? [];
  return block;
}

/** With the types of the package checked, and no others at hand. */
const STRICT = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ skipLibCheck: false, target: 'es2022', types: [] },
};

function compile(file: string, compilerOptions: object): Promise<string> {
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  return run('node', TSC, '-p', '.');
}

const basePort = await freeBasePort();
await RealCluster.start(t, join(folder, 'data'), ['--base-port', String(basePort)]);
/** Other ports than the usual ones: those may be taken. */
const here = (code: string): string =>
  code
    .replaceAll('127.0.0.1:8090', `127.0.0.1:${basePort}`)
    .replaceAll('127.0.0.1:8091', `127.0.0.1:${basePort + 1}`);

t.test('both packages are made, and the small one is installed', async (t) => {
  await promisify(execFile)('npm', ['pack', '--pack-destination', folder], {
    cwd: ROOT,
    env: childEnvironment(),
  });
  const archives = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  t.match(archives.sort(), [/^quorate-\d.*\.tgz$/, /^quorate-client-\d.*\.tgz$/]);
  const archive = join(folder, archives[1] ?? '');
  const { size } = statSync(archive);
  t.comment(`quorate-client is ${size} bytes, packed`);
  t.ok(size < BYTES_MAX);
  await run('npm', 'init', '-y');
  await run('npm', 'pkg', 'set', 'type=module');
  await run('npm', 'install', '--offline', archive);
  t.strictSame(
    readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['quorate-client'],
  );
});

t.test('the package has the client, what it needs of the rest, and nothing else', async (t) => {
  const files = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(PACKAGE, path)).isFile(),
  );
  const outside = files.filter(
    (path) => path.startsWith('lib/') && !path.startsWith('lib/client/'),
  );
  const names = outside.map((path) => path.slice('lib/'.length));
  t.strictSame(names.sort(), ['encoding/json-text.js', 'errors.d.ts']);
  for (const path of files.filter((name) => name.endsWith('.js'))) {
    const text = readFileSync(join(PACKAGE, path), 'utf8');
    t.notMatch(text, /from '(?!\.)|\brequire\(|\bBuffer\b|\bprocess\b/, `${path} runs in browsers`);
  }
});

t.test('the shopping cart in two tabs, as it is written', async (t) => {
  const code = blockOf('Two tabs and one shopping cart', 'js');
  writeFileSync(join(user, 'cart.js'), here(code));
  t.equal(await run('node', 'cart.js'), blockOf('Two tabs and one shopping cart', 'text'));
});

t.test('in TypeScript, strictly, with the types of the package checked too', async (t) => {
  writeFileSync(join(user, 'typed.ts'), here(blockOf('Two tabs and one shopping cart', 'ts')));
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const options = { ...STRICT, module, moduleResolution: resolution };
    await compile('typed.ts', options);
    t.match(await run('node', 'typed.js'), /^1 \d\/3\n$/, module);
  }
});

t.test('programs that are no modules have it too, and mistakes do not compile', async (t) => {
  writeFileSync(
    join(user, 'old.cjs'),
    "const { QuorateClient } = require('quorate-client');\nconsole.log(typeof QuorateClient);\n",
  );
  // Node.js 20.19, 22.12 and later.
  t.equal(await run('node', '--no-warnings', 'old.cjs'), 'function\n');
  const wrong = (code: string) => {
    const head =
      "import { QuorateClient } from 'quorate-client';\n" +
      'const c = new QuorateClient({ endpoints: [] });\n';
    writeFileSync(join(user, 'wrong.ts'), `${head}${code}\n`);
    return compile('wrong.ts', { ...STRICT, module: 'nodenext', noEmit: true });
  };
  await t.rejects(wrong("await c.put('k', undefined);"), /TS2345/);
  await t.rejects(wrong("await c.put('k', { at: new Date(0) });"), /TS2322/);
  await t.rejects(wrong("await c.put('k', 1, { level: 'most' });"), /TS2322/);
  await t.rejects(wrong("const n: number = (await c.get<number>('k')).value;"), /TS2339/);
  t.equal(await wrong("await c.put('k', { a: 1n }, { level: 2 });"), '');
});

t.test('the session of the guide is stored and gone on with', async (t) => {
  const lines = blockOf('Sessions', 'ts');
  const code = [
    "import { QuorateClient } from 'quorate-client';",
    `const client = new QuorateClient({ endpoints: ['http://127.0.0.1:${basePort + 2}'] });`,
    lines,
    "await later.put('cart:19', { items: ['milk', 'tea'] });",
    "console.log(JSON.stringify((await client.get('cart:19')).value));",
  ].join('\n');
  writeFileSync(join(user, 'session.js'), code);
  t.equal(await run('node', 'session.js'), '{"items":["milk","tea"]}\n');
});
