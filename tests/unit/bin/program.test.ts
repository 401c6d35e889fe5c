/** The command line without a cluster: usage, help, and what is refused before any request. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CommandRow } from '../../../bin/command.js';
import { COMMANDS } from '../../../bin/commands.js';
import { nameOf } from '../../../bin/command-options.js';
import { STRATEGY_NAMES } from '../../../lib/resolution/strategies.js';
import { runWords } from './fake-terminal.js';

const NOBODY = ['--endpoint', '127.0.0.1:1'];

interface Usage {
  readonly words: readonly string[];
  readonly status: number;
  readonly says: RegExp;
}

const usages: readonly Usage[] = [
  { words: ['nonsense'], status: 2, says: /unknown command 'nonsense'/ },
  { words: ['get'], status: 2, says: /missing required argument 'key'/ },
  { words: ['get', 'a', 'b'], status: 2, says: /too many arguments/ },
  { words: ['get', 'k', '--lvel', 'one'], status: 2, says: /unknown option '--lvel'/ },
  { words: ['get', 'k', '--endpoint', 'ftp://x'], status: 2, says: /ftp:\/\/x is not http/ },
  { words: ['get', 'k', '--timeout', 'soon'], status: 2, says: /--timeout is a duration/ },
  { words: ['get', 'k', '--variables', '/nowhere'], status: 2, says: /\/nowhere cannot be read/ },
  { words: ['get', 'k', ...NOBODY], status: 5, says: /no endpoint takes a connection.*ECONN/ },
  { words: ['put', 'k', 'v', ...NOBODY], status: 5, says: /no endpoint takes a connection/ },
  { words: ['help', 'nonsense'], status: 2, says: /unknown command 'nonsense'/ },
  { words: ['help', 'config', 'nonsense'], status: 2, says: /unknown command 'config nonsense'/ },
  { words: ['put', 'k'], status: 2, says: /give a VALUE, or --file PATH\n$/ },
  { words: ['put', 'k', 'v', '--file', 'f'], status: 2, says: /give a VALUE or --file, not both/ },
  { words: ['put', 'k', 'v', '--content-type', 'a/b'], status: 2, says: /nothing without --file/ },
  { words: ['put', 'k', '{"a":', '--json'], status: 2, says: /not JSON/ },
  { words: ['put', 'k', 'v', '--ttl', '0'], status: 2, says: /--ttl is a number from 1/ },
  { words: ['put', 'k', 'v', '--ttl', '1500ms'], status: 2, says: /whole seconds/ },
  { words: ['put', 'k', '--file', '/nowhere/x'], status: 2, says: /cannot be read/ },
  { words: ['config', 'set', 'default_level'], status: 2, says: /is not name=value/ },
  { words: ['resolve', 'k'], status: 2, says: /give --strategy or --value\n$/ },
  { words: ['resolve', '--strategy', 'max'], status: 2, says: /name a key, or give --all\n$/ },
  { words: ['resolve', 'k', '--all', '--strategy', 'max'], status: 2, says: /--all, not both/ },
  {
    words: ['resolve', 'k', '--strategy', 'max', '--limit', '3'],
    status: 2,
    says: /--limit does nothing without --all/,
  },
  {
    words: ['resolve', 'k', '--strategy', 'max', '--json'],
    status: 2,
    says: /--json does nothing without --value/,
  },
  {
    words: ['namespace', 'delete', 'shop'],
    status: 2,
    says: /quorate namespace delete shop --confirm shop/,
  },
  {
    words: ['cluster', '--auto-spawn-delay', '1s'],
    status: 2,
    says: /--auto-spawn-delay does nothing without --auto-spawn/,
  },
  {
    words: ['cluster', '--nodes', '2', '--replicas', '3', '--data-dir', '/nowhere/x'],
    status: 2,
    says: /--replicas 3 needs as many nodes, and there are 2/,
  },
  { words: ['resolve', 'k', '--strategy', 'max', '--value', '1'], status: 2, says: /not both/ },
  { words: ['resolve', 'k', '--value', '{', '--json'], status: 2, says: /not JSON/ },
  { words: ['conflicts', '--limit', '0'], status: 2, says: /--limit is a number from 1/ },
  { words: ['versions', 'k', ...NOBODY], status: 5, says: /no endpoint takes a connection/ },
  { words: ['completion', 'cmd'], status: 2, says: /no completion for cmd/ },
  { words: ['cluster', '--nodes', '0'], status: 2, says: /--nodes is a number from 1 to 100/ },
  {
    words: ['cluster', '--profile', 'moon'],
    status: 2,
    says: /--profile is one of local, lan, wan/,
  },
  { words: ['stress', '--put-qps', '1', '--set-qps', '2'], status: 2, says: /give one of them/ },
  { words: ['version', '-o', 'yaml'], status: 2, says: /--output is one of table, json, value/ },
  { words: ['node'], status: 2, says: /--id is needed/ },
  { words: ['node', '--id', 'n1'], status: 2, says: /--secret-file is needed/ },
  { words: ['node', '--id', 'N 1'], status: 2, says: /node\.id must be/ },
  { words: ['node', '--id', 'n1', '--join', 'h:1'], status: 5, says: /not in this version/ },
];

for (const { words, status, says } of usages) {
  t.test(`quorate ${words.join(' ')}`, async (t) => {
    const ran = await runWords(words);
    t.equal(ran.status, status);
    t.match(ran.err, says);
    t.equal(ran.out, '', 'nothing but answers on standard output');
  });
}

t.test('what was asked for goes to standard output, and is no failure', async (t) => {
  const help = await runWords(['--help']);
  t.equal(help.status, 0);
  for (const { name } of COMMANDS) t.match(help.out, new RegExp(`^  ${name}\\b`, 'm'));
  t.match(await runWords(['version', '-o', 'value']), { status: 0, out: /^\d+\.\d+\.\d+\n$/ });
  t.match(JSON.parse((await runWords(['version', '-o', 'json'])).out), { version: /^\d/ });
  const { out } = await runWords(['put', '--help']);
  t.match(out, /QUORATE_PUT_TTL/);
  t.match(out, /^How the request is made:$/m);
  t.match(out, /one of sync, os, memory/);
  t.match(out, "Example:\n  quorate put cart '");
});

t.test('the help of a node: values, defaults, choices, and no line too long', async (t) => {
  const { out } = await runWords(['node', '--help']);
  t.match(out, /^Settings of storage:$/m);
  t.match(out, /--log-level <name>[\s\S]*one of debug, info, warn, error;\s+default info/);
  t.match(out, /--requests-timeout-default-milliseconds <duration>/);
  t.match(out, /default 1KiB/);
  t.notMatch(out, '<value>');
  for (const { name } of COMMANDS) {
    const lines = (await runWords([name, '--help'])).out.split('\n');
    const wide = lines.filter((line) => line.length > 80 && !line.includes('quorate '));
    t.same(wide, [], name);
  }
});

t.test('help of a command, and of one below it', async (t) => {
  t.match(await runWords(['help', 'get']), { status: 0, out: /^Usage: quorate get / });
  const below = await runWords(['help', 'config', 'set']);
  t.match(below, { status: 0, out: /^Usage: quorate config set / });
  const { status } = await runWords(['put', 'k', 'v', '--endpoint', '127.0.0.1:1'], {
    QUORATE_PUT_CONTENT_TYPE: 'a/b',
  });
  t.equal(status, 5, 'a variable is for many commands');
});

t.test('a flag beats a variable, which beats --variables', async (t) => {
  const file = join(t.testdir(), 'env');
  writeFileSync(file, 'QUORATE_OUTPUT=json\n');
  const words = ['version', '--variables', file];
  t.match(await runWords(words), { out: /^\{/ });
  t.match(await runWords(words, { QUORATE_OUTPUT: 'value' }), { out: /^\d/ });
  const flagged = await runWords([...words, '-o', 'table'], { QUORATE_OUTPUT: 'value' });
  t.match(flagged, { out: /^quorate / });
  t.match(await runWords(['version'], { QUORATE_VARIABLES: file }), { out: /^\{/ });
});

t.test('every command says what it is, and no flag has two meanings', async (t) => {
  const visit = (row: CommandRow, path: string): void => {
    t.not(row.summary, '', path);
    t.ok(` ${row.example} `.startsWith(` ${path} `), `${path}: an example of itself`);
    const names = row.options.map(nameOf);
    t.equal(new Set(names).size, names.length, `${path}: flags`);
    for (const child of row.commands ?? []) visit(child, `${path} ${child.name}`);
  };
  for (const row of COMMANDS) visit(row, row.name);
});

t.test('the scripts of completion are taken by their shells', async (t) => {
  const bash = await runWords(['completion', 'bash']);
  const folder = t.testdir({ 'value.bin': '', '.quorate': { n1: {}, n2: {}, 'cluster.json': '' } });
  const rows: readonly (readonly [words: string, offered: string])[] = [
    ['quorate cluster start-node --', '--data-dir --variables --output'],
    ['quorate get k --level qu', 'quorum'],
    ['quorate get k -o j', 'json'],
    ['quorate node --log-level i', 'info'],
    ['quorate node --profile ""', 'local lan wan'],
    ['quorate put k --durability ""', 'sync os memory'],
    ['quorate put k --file val', 'value.bin'],
    ['quorate put k --ttl ""', ''],
    ['quorate get k --fallback one,q', 'one,quorum'],
    ['quorate completion ""', 'bash zsh fish'],
    ['quorate config set de', 'default_level= default_write_level='],
    ['quorate config set default_level = ses', 'session'],
    ['quorate config set conflict_resolution =', STRATEGY_NAMES.join(' ')],
    ['quorate config r', 'read_repair_probability rate_limit_max rate_limit_window rollback'],
    ['quorate config set --dr', '--dry-run'],
    ['quorate config set default_level=ses', 'default_level=session'],
    ['quorate config get blind', 'blind_writes'],
    ['quorate namespace create shop durability = ""', 'sync os memory'],
    ['quorate cluster pid ""', 'n1 n2'],
    ['quorate cluster start-node n', 'n1 n2'],
  ];
  for (const [words, offered] of rows) {
    const at = words.split(' ').length - 1;
    const probe =
      `${bash.out}\nCOMP_WORDS=(${words}); COMP_CWORD=${at}; _quorate; ` +
      `echo "\${COMPREPLY[*]}"`;
    const options = { encoding: 'utf8', timeout: 5000, cwd: folder } as const;
    t.equal(spawnSync('bash', ['-c', probe], options).stdout, `${offered}\n`, words);
  }
  t.match(await runWords(['completion', 'zsh']), { status: 0, out: /^#compdef quorate/ });
  const fish = await runWords(['completion', 'fish']);
  t.match(fish.out, "complete -c quorate -f -n 'not __fish_seen_subcommand_from cluster");
  t.match(fish.out, '-l base-port');
});

t.test('arguments that are no UTF-8 are refused, and nothing is sent', async (t) => {
  for (const words of [
    ['put', 'k', 'a\u{fffd}'],
    ['get', '\u{fffd}'],
  ]) {
    const { status, err } = await runWords([...words, '--endpoint', 'http://127.0.0.1:9']);
    t.equal(status, 2);
    t.match(err, /argument \d is not UTF-8.*standard input/);
  }
});
