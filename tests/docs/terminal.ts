/**
 * Runs the blocks of a document as somebody types them, in order, in a network of their own: the
 * ports are those of the document, whatever else runs on this machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { type Block, isRun } from './blocks.js';
import { shownOf, unlike } from './console.js';

const LIMIT_MILLISECONDS = 150_000;
const SECTION = '@@@@';
/** Addresses that documents give to machines; here they are all on the loopback device. */
const MACHINES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
const NAMESPACE = ['--net', '--map-root-user', '--fork', '--kill-child', '--pid', '--mount-proc'];

/** Undefined: documents can be tried here. */
export function whyNoTerminal(): string | undefined {
  if (spawnSync('unshare', [...NAMESPACE, 'ip', 'link', 'set', 'lo', 'up']).status !== 0) {
    return 'there is no unshare(1), or it may not make a network of its own';
  }
  for (const program of ['curl', 'openssl', 'bash']) {
    if (spawnSync('which', [program]).status !== 0) return `there is no ${program}`;
  }
  return undefined;
}

export interface Tried {
  /** Of blocks, in the order of the document; empty: all is as it is written. */
  readonly troubles: readonly string[];
  readonly run: number;
}

/** @param root of the clone, built */
export async function tryDocument(root: string, all: readonly Block[]): Promise<Tried> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-docs-'));
  try {
    furnish(root, folder);
    for (const { file, text } of all)
      if (file !== undefined) writeFileSync(join(folder, file), text);
    const blocks = all.filter(isRun);
    const printed = await runScript(folder, scriptOf(folder, blocks));
    return { troubles: troublesOf(blocks, printed), run: blocks.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a clone has, as far as documents use it, with data of its own; and the other machines. */
function furnish(root: string, folder: string): void {
  cpSync(join(root, 'config'), join(folder, 'config'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/quorate'));
  const quorate = join(root, 'quorate');
  symlinkSync(quorate, join(folder, 'quorate'));
  symlinkSync(quorate, join(folder, 'bin/quorate'));
  for (const machine of MACHINES) mkdirSync(join(folder, 'machines', machine), { recursive: true });
  // Between the folders of the machines.
  const copy = `#!/bin/sh\nexec cp -p -- "$1" "${folder}/machines/\${2%%:*}/\${2#*:}"\n`;
  writeFileSync(join(folder, 'bin/scp'), copy);
  chmodSync(join(folder, 'bin/scp'), 0o755);
}

function scriptOf(folder: string, blocks: readonly Block[]): string {
  const isOne = blocks.every(({ machine }) => machine === undefined);
  const lines = [
    'exec 2>&1',
    'ip link set lo up',
    ...MACHINES.map((machine) => `ip address add ${machine}/32 dev lo`),
    `export PATH="${folder}/bin:$PATH" NO_COLOR=1`,
    `cd "${folder}"`,
    ...(isOne ? CLUSTER : []),
    'set -E -o pipefail',
    // 8: it works, and something is not as it should be; a status that documents want to show.
    `trap 'status=$?; [ $status = 8 ] || { echo "exit status $status"; exit $status; }' ERR`,
  ];
  // A later one uses what an earlier one has made: together they are one module.
  const modules = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text);
  if (modules.length > 0) lines.push(`echo; echo "${SECTION} ts"`, nodeLine(folder, modules));
  blocks.forEach((block, index) => {
    lines.push(`echo; echo "${SECTION} ${index}"`, ...linesOf(folder, block, index));
  });
  return [...lines, `echo; echo "${SECTION} end"`].join('\n');
}

/** The one of `npm start`. */
const CLUSTER = [
  './quorate cluster >cluster.log 2>&1 &',
  'for _ in $(seq 300); do',
  // Its last line: all nodes serve, and the page.
  "  grep -q 'Ctrl-C stops' cluster.log && break",
  '  sleep 0.2',
  'done',
  "grep -q 'Ctrl-C stops' cluster.log || cat cluster.log",
];

function linesOf(folder: string, block: Block, index: number): string[] {
  const { language, text, machine, stays } = block;
  if (language === 'ts') return [];
  const code =
    language === 'console'
      ? shownOf(text).map(
          ({ command }, part) => `echo; echo "${SECTION} ${index}.${part}"\n${command}`,
        )
      : [text];
  if (machine === undefined && !stays) return code;
  const place = machine === undefined ? folder : join(folder, 'machines', machine);
  if (!stays) return [`cd "${place}"`, ...code, `cd "${folder}"`];
  return [`(cd "${place}"; ${code.join('\n')}) >"${folder}/stays-${index}.log" 2>&1 &`, 'sleep 1'];
}

function nodeLine(folder: string, modules: readonly string[]): string {
  const file = join(folder, 'module.mjs');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(modules.join('\n'), { compilerOptions: options });
  writeFileSync(file, outputText);
  return `node "${file}"`;
}

function runScript(folder: string, script: string): Promise<string> {
  writeFileSync(join(folder, 'script.sh'), script);
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', [...NAMESPACE, 'bash', join(folder, 'script.sh')], {
      env: { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LIMIT_MILLISECONDS,
      killSignal: 'SIGKILL',
    });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
    });
    child.on('error', reject);
    child.on('close', () => resolve(printed));
  });
}

/** By the names of the sections: `3`, `3.0`, `end`. */
function sectionsOf(printed: string): Map<string, string> {
  const parts = printed.split(new RegExp(`^${SECTION} (\\S+)\n`, 'm'));
  const sections = new Map<string, string>();
  for (let i = 1; i + 1 < parts.length; i += 2) sections.set(parts[i] ?? '', parts[i + 1] ?? '');
  return sections;
}

function troublesOf(blocks: readonly Block[], printed: string): string[] {
  const sections = sectionsOf(printed);
  const troubles: string[] = [];
  const names = [...sections.keys()];
  if (!sections.has('end')) {
    const last = names.at(-1);
    const { path = '', line = 0 } = blocks[Number.parseInt(last ?? '', 10)] ?? blocks[0] ?? {};
    const said = last === undefined ? printed : sections.get(last);
    troubles.push(
      `${path}:${line} ends here (${last ?? 'before the first block'}):\n${said ?? ''}`,
    );
  }
  blocks.forEach(({ path, line, language, text }, index) => {
    if (language !== 'console') return;
    shownOf(text).forEach(({ command, output }, part) => {
      const said = sections.get(`${index}.${part}`);
      const why = said === undefined ? undefined : unlike(output, said);
      if (why !== undefined) troubles.push(`${path}:${line} $ ${command}\n${why}`);
    });
  });
  return troubles;
}
