/** The laws of the house, held against its sources. Each law is a row with a negative control. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { SETTING_LIST } from '../config/schema.js';
import { checkBanned, checkFolders } from './tidy/banned.js';
import { checkGuarded } from './tidy/guarded.js';
import { doubleNames } from './tidy/names.js';
import { checkOwnership, checkRegistration, checkStoredKeys } from './tidy/one-place.js';
import {
  checkConfigImports,
  checkContents,
  checkCycles,
  checkImports,
  readRows,
} from './tidy/reading-order.js';
import { checkShownTexts } from './tidy/shown-texts.js';
import { checkSpread } from './tidy/spread.js';
import { withEnvironment, withTables } from './tidy/settings-documents.js';
import {
  checkColumns,
  checkComments,
  checkFileLength,
  checkFirstLine,
  checkFunctionLength,
  checkSkipped,
} from './tidy/shape.js';
import { checkReferences, documentPaths } from './tidy/references.js';
import type { Finding, Source } from './tidy/source.js';
import { staleOutputs } from './tidy/stale-outputs.js';
import { readSources, readTexts, sourceOf } from './tidy/source.js';
import { checkScripts, checkText, checkVariables } from './tidy/texts.js';

const root = process.cwd();
const rows = readRows(readFileSync('lib/README.md', 'utf8'));
const sources = readSources(root);
const texts = readTexts(root);

/** Rows for the controls: what they show does not change with the book. */
const fewRows = readRows(`
| 1 | \`errors.ts\` | | errors | |
| 2 | \`encoding/\` | | bytes | \`msgpackr\` \`node:crypto(createHmac)\` |
| 3 | \`platform/\` | | the world | any |
| 4 | \`client/\` | | programs | \`got\` |`);

interface Law {
  readonly name: string;
  check(source: Source): Finding[];
  /** Sources that break it: path and text. */
  readonly broken: readonly (readonly [path: string, text: string])[];
  /** Sources that come near, and keep it. */
  readonly kept: readonly (readonly [path: string, text: string])[];
}

const lines = (count: number): string => '1;\n'.repeat(count);
const inBook = 'lib/encoding/x.ts';

const laws: readonly Law[] = [
  {
    name: 'a folder imports only from folders above it, and only its packages',
    check: (source) => checkImports(source.path === inBook ? fewRows : rows, source),
    broken: [
      [inBook, "import { x } from '../platform/x.js';"],
      [inBook, "import type { x } from '../client/x.js';"],
      [inBook, "export { x } from '../client/x.js';"],
      [inBook, "const x = await import('../client/x.js');"],
      [inBook, "let x: import('../client/x.js').X;"],
      [inBook, "import { x } from '../nowhere/x.js';"],
      [inBook, "import { x } from '../../config/schema.js';"],
      [inBook, "import got from 'got';"],
      [inBook, "import { readFile } from 'node:fs';"],
      [inBook, "import { createHmac, randomBytes } from 'node:crypto';"],
      [inBook, "import * as all from 'node:crypto';"],
      [inBook, "await import('node:' + 'fs');"],
    ],
    kept: [
      [inBook, "import { x } from '../errors.js';\nimport { y } from './y.js';"],
      [inBook, "import { createHmac } from 'node:crypto';\nimport 'msgpackr/deep';"],
      [inBook, "import type { Server } from 'node:http';"],
      [inBook, "// import got from 'got';\nconst x = \"import 'got'\";"],
    ],
  },
  {
    name: 'who owns what is asked of Ownership, which knows all rings that count',
    check: checkOwnership,
    broken: [
      [inBook, "import { ownersOf } from '../partitioning/ring.js';"],
      [inBook, "import { ownedPartitions as mine, type Ring } from '../partitioning/ring.js';"],
    ],
    kept: [
      [inBook, "import type { Ring } from '../partitioning/ring.js';"],
      ['lib/partitioning/x.ts', "import { ownersOf } from './ring.js';"],
      ['tests/x.ts', "import { ownersOf } from '../lib/partitioning/ring.js';"],
    ],
  },
  {
    name: 'stored keys are named in one file',
    check: checkStoredKeys,
    broken: [[inBook, "const KEY = 'm/ring';"]],
    kept: [
      [inBook, "const unit = 'm/s2'; const path = '/m/ring';"],
      ['lib/persistence/keyspace.ts', "const KEY = 'm/ring';"],
    ],
  },
  {
    name: 'no constructor registers a handler',
    check: checkRegistration,
    broken: [
      [inBook, 'class X { constructor(o: any) { o.messenger.handle(A, () => 1); } }'],
      [inBook, 'class X { constructor(messenger: any) { messenger.handle(A, () => 1); } }'],
    ],
    kept: [
      [inBook, 'class X { serve(messenger: any) { messenger.handle(A, () => 1); } }'],
      [inBook, 'class X { constructor(o: any) { o.owner.handle(1); } }'],
    ],
  },
  {
    name: 'config/ stands alone',
    check: checkConfigImports,
    broken: [['config/x.ts', "import { x } from '../lib/encoding/x.js';"]],
    kept: [['config/x.ts', "import { x } from '../lib/errors.js';\nimport { z } from 'zod';"]],
  },
  {
    name: 'folders for data are made in one place, which cannot hang',
    check: checkFolders,
    broken: [
      ['bin/x.ts', "import { mkdirSync } from 'node:fs';"],
      ['lib/platform/x.ts', "fs.promises.mkdir('x', { recursive: true });"],
    ],
    kept: [
      ['lib/platform/make-folder.ts', "mkdirSync('x');"],
      ['tests/x.ts', "mkdirSync('x');"],
      ['bin/x.ts', "makeFolder('x', 'mkdir');"],
    ],
  },
  {
    name: 'time, chance, disk and network come in through the constructor',
    check: checkBanned,
    broken: [
      ...[
        'Date.now();',
        'new Date();',
        'const later = Date;',
        'class Mine extends Date {}',
        'Math.random();',
        "Math['random']();",
        'performance.now();',
        'setTimeout(() => {}, 1);',
        'const { setImmediate } = globalThis;',
        'crypto.randomUUID();',
        'crypto.getRandomValues(x);',
        'AbortSignal.timeout(5);',
        'process.env;',
        'const x = { fetch };',
        "fetch('x');",
        "import { randomBytes as b } from 'node:crypto';",
      ].map((text) => [inBook, text] as const),
    ],
    kept: [
      [inBook, '// Date.now()\nconst x = "Math.random()";'],
      [inBook, 'function show(at: Date, now: typeof performance): Date { return at; }'],
      [inBook, 'this.clock.setTimeout(1); const x = { process: 1, Date: 2 }; x.fetch;'],
      [inBook, 'new Date(1234).toISOString(); Math.floor(1); new AbortController();'],
      ['lib/platform/x.ts', 'Date.now(); process.env;'],
      ['lib/client/x.ts', 'Date.now();'],
      ['bin/x.ts', 'process.exit(0);'],
    ],
  },
  {
    name: 'what throws in a listener that strangers reach does not end the node',
    check: checkGuarded,
    broken: [
      ["socket.on('message', f);", "this.#socket.once('close', f);", 'clock.after(1, f);'],
      ['socket.send(x).on(event, f);', "events.server.on('upgrade', f);"],
    ]
      .flat()
      .map((text) => ['lib/platform/peer-listener.ts', text] as const),
    kept: [
      ['lib/platform/peer-listener.ts', "events.on(socket, 'message', cut, f); events.after(1);"],
      ['lib/platform/peer-link.ts', "this.#options.events.on(socket, 'close', f, f);"],
      ['lib/platform/system-clock.ts', "socket.on('message', f);"],
    ],
  },
  {
    name: 'no list is the arguments of a call',
    check: checkSpread,
    broken: [
      ['lib/x.ts', 'Math.max(...list);'],
      ['bin/x.ts', 'list.push(1, ...others);'],
      ['config/x.ts', 'String.fromCharCode(...codes);'],
    ],
    kept: [
      ['lib/x.ts', 'const all = [...list]; f(...list); Math.max(a, b); list.push(a);'],
      ['tests/x.ts', 'Math.max(...list);'],
    ],
  },
  {
    name: 'a file has at most 300 lines, 400 in tests and cores',
    check: checkFileLength,
    broken: [
      ['lib/x.ts', lines(301)],
      ['lib/x-core.ts', lines(401)],
      ['tests/x.ts', lines(401)],
    ],
    kept: [
      ['lib/x.ts', lines(300)],
      ['lib/x-core.ts', lines(400)],
      ['tests/x.ts', lines(400)],
    ],
  },
  {
    name: 'a function has at most 60 lines, 100 in tests',
    check: checkFunctionLength,
    broken: [
      ['lib/x.ts', `function f() {\n${lines(59)}}`],
      ['bin/x.ts', `const f = () => {\n${lines(59)}};`],
      ['config/x.ts', `class A { get x() {\n${lines(59)}} }`],
      ['tests/x.ts', `t.test('x', () => {\n${lines(99)}});`],
    ],
    kept: [
      ['lib/x.ts', `function f() {\n${lines(58)}}`],
      ['lib/x.ts', `class A {\n${lines(90)}}`],
      ['tests/x.ts', `t.test('x', () => {\n${lines(98)}});`],
    ],
  },
  {
    name: 'a line has at most 100 columns',
    check: checkColumns,
    broken: [['lib/x.ts', `// ${'x'.repeat(98)}`]],
    kept: [['lib/x.ts', `// ${'é'.repeat(97)}`]],
  },
  {
    name: 'the first line says what a file is',
    check: checkFirstLine,
    broken: [
      ['lib/x.ts', 'export const x = 1;'],
      ['lib/x.ts', '// not a doc comment\n'],
      ['lib/x.ts', '/** */\n'],
    ],
    kept: [
      ['lib/x.ts', '/** What it is. */\n'],
      ['lib/x.ts', '/**\n * What it is,\n * and more.\n */\n'],
      ['bin/x.ts', '#!/usr/bin/env node\n/** What it is. */\n'],
    ],
  },
  {
    name: 'nothing is put off in a comment',
    check: checkComments,
    broken: [
      ['lib/x.ts', '// TODO: later'],
      ['lib/x.ts', 'function f() {\n  /* FIXME */\n  return [1 /* XXX */];\n}'],
    ],
    kept: [['lib/x.ts', "const x = 'TODO';"]],
  },
  {
    name: 'no test is put off',
    check: checkSkipped,
    broken: [
      ['tests/x.ts', "t.skip('x');"],
      ['tests/x.ts', "t.test('x', { todo: true }, () => {});"],
      ['tests/x.ts', "t.only('x', () => {});"],
    ],
    kept: [['tests/x.ts', "t.test('skip', { timeout: 5 }, () => {});\nrange.skip(1);"]],
  },
  {
    name: 'what users read has no name of the code in it',
    check: checkShownTexts,
    broken: [
      ['lib/admin-page/screens/x.tsx', "const x = <Table head={['Key', 'ActionOutcome']} />;"],
      ['lib/admin-page/screens/x.tsx', 'const x = <p>The ActionOutcome of it</p>;'],
      ['bin/commands/x.ts', "const x = 'KeyOutcome';"],
    ],
    kept: [
      ['lib/admin-page/x.tsx', "import { x } from './KeyOutcome.js';\nconst y = <Table />;"],
      ['lib/admin-page/logic/x.ts', "type X = Pick<Y, 'ActionOutcome'>;"],
      ['lib/client/x.ts', "const x = 'a QuorateClient';"],
    ],
  },
];

for (const { name, check, broken, kept } of laws) {
  t.test(name, async (t) => {
    t.same(sources.flatMap(check), [], 'the sources keep it');
    for (const [path, text] of broken) {
      t.not(check(sourceOf(path, text)).length, 0, `fires: ${text.slice(0, 60)}`);
    }
    for (const [path, text] of kept) {
      t.same(check(sourceOf(path, text)), [], `stays silent: ${text.slice(0, 60)}`);
    }
  });
}

t.test('what documents and comments refer to is there', async (t) => {
  t.ok(documentPaths().length > 10);
  t.same(checkReferences(sources), []);
});

t.test('the checks see the sources', async (t) => {
  t.ok(sources.length > 30);
  for (const folder of ['lib/', 'config/', 'tests/']) {
    t.not(sources.filter(({ path }) => path.startsWith(folder)).length, 0, folder);
  }
  t.ok(texts.some(({ path }) => path === 'package-lock.json'));
});

t.test('lib/README.md lists what is there, in order', async (t) => {
  t.same(checkContents(rows, sources), []);
  const files = ['lib/errors.ts', 'lib/encoding/x.ts', 'lib/platform/x.ts', 'lib/client/x.ts'];
  const present = files.map((path) => sourceOf(path, ''));
  t.same(checkContents(fewRows, present), []);
  t.same(checkContents(fewRows, present.slice(1)), ['row errors.ts has no file']);
  t.same(checkContents(fewRows.slice(0, 3), present), ['lib/client has no row']);
  t.same(checkContents(fewRows.slice(1), present.slice(1)).length, 3, 'numbers start at 1');
  t.throws(() => readRows('| 1 | `a/` | b |'), 'a malformed row is refused');
});

t.test('no exported name stands for two things', async (t) => {
  t.same(doubleNames(sources), []);
  const first = sourceOf('lib/a.ts', 'export interface Held {}');
  const found = ['Held is exported by lib/a.ts and config/b.ts'];
  for (const text of [
    'export type Held = 1;',
    'export class Held {}',
    'export const { Held } = { Held: 1 };',
    'const [x] = []; export { x as Held };',
  ]) {
    t.same(doubleNames([first, sourceOf('config/b.ts', text)]), found, text);
  }
  for (const text of ["export { Held } from './a.js';", 'interface Held {}']) {
    t.same(doubleNames([first, sourceOf('lib/b.ts', text)]), [], text);
  }
  t.same(doubleNames([first, sourceOf('tests/b.ts', 'export interface Held {}')]), []);
  const both = sourceOf('lib/b.ts', 'export type Held = 1; export const Held = 1;');
  t.same(doubleNames([both]), []);
});

t.test('files do not import in circles', async (t) => {
  t.same(checkCycles(sources), []);
  const circle = [
    sourceOf('lib/a.ts', "import type { B } from './b.js';"),
    sourceOf('lib/b.ts', "import { c } from './c/c.js';"),
    sourceOf('lib/c/c.ts', "export * from '../a.js';"),
  ];
  t.same(checkCycles(circle), ['cycle: lib/a.ts -> lib/b.ts -> lib/c/c.ts -> lib/a.ts']);
  t.same(checkCycles(circle.slice(1)), []);
});

t.test('settings are listed where people look for them', async (t) => {
  const example = readFileSync('.env.example', 'utf8');
  const operations = readFileSync('docs/operations.md', 'utf8');
  t.equal(example, withEnvironment(example), '.env.example: run `npm run settings`');
  t.equal(operations, withTables(operations), 'docs/operations.md: run `npm run settings`');

  const changed = example.replace('LISTEN=127.0.0.1:8080', 'LISTEN=127.0.0.1:1');
  t.not(changed, withEnvironment(changed), 'another default is noticed');
  const without = operations.replace(/^.*`ring\.replicas`.*\n/m, '');
  t.not(without, withTables(without), 'a missing row is noticed');
  t.throws(() => withTables('no marks'));
});

t.test('every variable is in .env.example, and nothing else is', async (t) => {
  const settings = SETTING_LIST.map(({ variable }) => variable);
  const bin = texts.filter(({ path }) => path.startsWith('bin/') && path.endsWith('.ts'));
  t.same(checkVariables(readFileSync('.env.example', 'utf8'), settings, bin), []);
  t.same(new Set(settings).size, settings.length, 'variables are unique');
  const command = { path: 'bin/x.ts', text: "option.env('QUORATE_X')" };
  t.same(checkVariables('#QUORATE_A=1\n#QUORATE_X=', ['QUORATE_A'], [command]), []);
  t.same(checkVariables('#QUORATE_A=1', ['QUORATE_A'], [command]).length, 1);
  t.same(checkVariables('', ['QUORATE_A'], []).length, 1);
  t.same(checkVariables('#QUORATE_A=1\n#QUORATE_A=1', ['QUORATE_A'], []).length, 1);
  t.same(checkVariables('QUORATE_B=1', [], []).length, 1);
});

t.test('no file names a machine or a registry', async (t) => {
  t.same(texts.flatMap(checkText), []);
  const host = ['registry', 'example', 'org'].join('.');
  const npx = `npx ${'quorate'} status`;
  for (const text of [`cd ${'/home'}/x/y`, `"resolved": "https:${'//x'}"`, `see ${host}`, npx]) {
    t.not(checkText({ path: 'x.md', text }).length, 0, text);
  }
  t.same(checkText({ path: 'x.md', text: 'GET /api/home/x, ./root/x, work/x' }), []);
});

t.test('no script of the package removes what a cluster may run from', async (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: Record<string, string>;
  };
  t.same(checkScripts(scripts), []);
  for (const script of ['node -e "fs.rmSync(\'dist\')"', 'rm -rf dist && tsc', 'tsc -b --clean']) {
    t.equal(checkScripts({ prepare: script }).length, 1, script);
  }
  t.same(checkScripts({ prepare: 'tsc -b && node dist/tests/tidy/prune-build.js' }), []);
});

t.test('built files whose source is gone are found, and no others', async (t) => {
  const outputs = ['lib/a.js', 'lib/a.js.map', 'lib/a.d.ts', 'tests/old.test.js', 'lib/b.d.ts'];
  t.same(staleOutputs(['lib/a.ts'], outputs), ['tests/old.test.js', 'lib/b.d.ts']);
  const page = ['lib/admin-page/a.js', 'lib/admin-page/b.js', 'lib/admin-page/public/a.js'];
  t.same(staleOutputs(['lib/admin-page/a.tsx'], page), ['lib/admin-page/b.js']);
});
