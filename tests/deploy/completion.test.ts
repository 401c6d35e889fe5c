/** The scripts of `quorate completion` in the shells that they are for; bash: unit/bin/program. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { QUORATE } from '../integration/real-cluster.js';

/** What is typed, and what is offered then. */
const ROWS: readonly (readonly [typed: string, offered: string])[] = [
  ['quorate ge', 'get'],
  ['quorate cluster start-node --', '--data-dir --output --variables'],
  ['quorate cluster pid ', 'n1 n2'],
  ['quorate get k --level qu', 'quorum'],
  ['quorate get k --fallback one,q', 'one,quorum'],
  ['quorate get k -o j', 'json'],
  ['quorate node --profile l', 'lan local'],
  ['quorate put k --file val', 'value.bin'],
  ['quorate config set default_level=ses', 'default_level=session'],
  ['quorate config get blind', 'blind_writes'],
  ['quorate completion ', 'bash fish zsh'],
];
const TIMEOUT = 20_000;

const folder = t.testdir({
  ...{ 'value.bin': '', '.quorate': { n1: {}, n2: {}, 'cluster.json': '' } },
  fish: scriptOf('fish'),
  zsh: scriptOf('zsh'),
});

function scriptOf(shell: string): string {
  return spawnSync(process.execPath, [QUORATE, 'completion', shell], { encoding: 'utf8' }).stdout;
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

t.test('fish', async (t) => {
  if (!has('fish')) {
    t.pass('NOT RUN: there is no fish');
    return;
  }
  for (const [typed, offered] of ROWS) {
    const words = ['-N', '-c', `source fish; complete -C '${typed}'`];
    const options = { cwd: folder, encoding: 'utf8', timeout: TIMEOUT } as const;
    const { stdout, stderr } = spawnSync('fish', words, options);
    const found = stdout.split('\n').map((line) => line.split('\t')[0]);
    t.equal(found.join(' ').trim(), offered, typed);
    t.equal(stderr, '', typed);
  }
});

/** In a terminal of its own: the script is for its line editor. Tab, and what stands there then. */
const TYPED = [
  ['quorate ge', 'quorate get '],
  ['quorate get k --level qu', '--level quorum '],
  ['quorate get k --fallback one,q', '--fallback one,quorum '],
  ['quorate put k --file val', '--file value.bin '],
  ['quorate config set default_level=ses', 'default_level=session'],
  ['quorate cluster pid ', 'n1  n2'],
] as const;

t.test('zsh', async (t) => {
  if (!has('zsh')) {
    t.pass('NOT RUN: there is no zsh');
    return;
  }
  for (const [typed, shown] of TYPED) {
    const script = [
      ...['zmodload zsh/zpty', 'zpty shell zsh -f -i'],
      "zpty -w shell 'autoload -U compinit && compinit -u && source ./zsh && echo rea''dy'",
      "zpty -r -m shell seen '*ready*'",
      // One Tab completes what is common, a second one lists what there is.
      `zpty -w -n shell '${typed}'$'\\t\\t'`,
      `zpty -r -m shell seen '*${shown}*'`,
      ...['print -r -- $seen', 'zpty -d shell'],
    ].join('\n');
    const env = { ...process.env, TERM: 'dumb' };
    const options = { cwd: folder, encoding: 'utf8', timeout: TIMEOUT, env } as const;
    const { stdout } = spawnSync('zsh', ['-f', '-c', script], options);
    t.ok(stdout.includes(shown), typed, { stdout });
  }
});
