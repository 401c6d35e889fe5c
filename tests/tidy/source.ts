/** A source file as the checks of the house see it: its path, its text, its syntax tree. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** What a check found wrong, as `path:line what`. */
export type Finding = string;

const IGNORED = new Set(['.git', 'node_modules', 'dist', '.tap', '.quorate', 'bench-results']);
const BYTES_MAX = 2_000_000;

export function sourceOf(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
}

/** Paths of all files under `folder` that belong to the repository. */
export function listFiles(root: string, folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => !IGNORED.has(name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(root, path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

/** All TypeScript sources. */
export function readSources(root: string): Source[] {
  return listFiles(root)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));
}

/** All files that are text, whatever they are for. */
export function readTexts(root: string): { readonly path: string; readonly text: string }[] {
  return listFiles(root)
    .filter((path) => statSync(join(root, path)).size <= BYTES_MAX)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

/** Calls `see` with every node of the tree. */
export function walk(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => walk(child, see));
}

export function finding(source: Source, node: ts.Node | number, what: string): Finding {
  const at = typeof node === 'number' ? node : node.getStart(source.tree);
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(at).line + 1} ${what}`;
}
