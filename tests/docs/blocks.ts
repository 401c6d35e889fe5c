/** The code of documents, and whether a test runs it: by its language and the words behind that. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `sh`: commands. `console`: commands behind `$ `, and what they print. `ts`: modules. All are run.
 * The others are only shown.
 */
export const RUN = ['sh', 'console', 'ts'] as const;
export const SHOWN = ['text', 'json', 'http', 'js'] as const;
type Language = (typeof RUN)[number] | (typeof SHOWN)[number];

export interface Block {
  readonly path: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: Language;
  readonly text: string;
  /** Undefined: it is run. */
  readonly notRun: string | undefined;
  /** The machine at whose terminal it is typed; undefined: there is one. */
  readonly machine: string | undefined;
  /** It stays in the foreground until it is stopped, so what follows is typed elsewhere. */
  readonly stays: boolean;
  /** The file that it is, as the text before it says. */
  readonly file: string | undefined;
}

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm;

/** @throws Error at a fence that says nothing of what it holds */
export function blocksOf(path: string, text: string): Block[] {
  return [...text.matchAll(FENCE)].map((found) => {
    const [, info = '', code = ''] = found;
    const line = text.slice(0, found.index).split('\n').length + 1;
    const [language = '', ...words] = info.split(' ');
    const at = `${path}:${line}`;
    if (![...RUN, ...SHOWN].some((known) => known === language)) {
      throw new Error(`${at} a block says whether it is ${[...RUN, ...SHOWN].join(', ')}`);
    }
    const rest = words.join(' ');
    const notRun = /^not-run: (.+)$/.exec(rest)?.[1];
    const machine = /^on=(\S+)/.exec(rest)?.[1];
    const stays = /(?:^| )stays$/.test(rest);
    const file = /^file=(\S+)$/.exec(rest)?.[1];
    const isKnown = rest === '' || notRun !== undefined || machine !== undefined;
    if (!isKnown && !stays && file === undefined) throw new Error(`${at} what is "${rest}"?`);
    const known = { path, line, language: language as Language, text: code };
    return { ...known, notRun, machine, stays, file };
  });
}

/** The README and what is in docs/; decisions and the notebook tell of other days. */
export function documentPaths(root: string): string[] {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)];
}

export function readBlocks(root: string): Block[] {
  return documentPaths(root).flatMap((path) =>
    blocksOf(path, readFileSync(join(root, path), 'utf8')),
  );
}

export function isRun({ language, notRun, file }: Block): boolean {
  return RUN.some((run) => run === language) && notRun === undefined && file === undefined;
}
