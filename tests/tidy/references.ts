/** References of documents and comments: what they name must be there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Finding, type Source, sourceOf } from './source.js';

/** A file of the repository, as a comment or a document names it. */
const NAMED = /\b(?:docs|lib|tests|config|bin)\/[\w./-]*\w\.(?:md|ts|json|txt)\b/g;
const LINK = /\]\(([^)\s]+)\)/g;

/** A test of these rules names what is not there. */
function isControl(path: string): boolean {
  return path.startsWith('tests/tidy') || path === 'tests/unit/references.test.ts';
}

/** `docs/x.md`, `lib/x.ts` in the text of a source. */
export function checkNamedFiles({ path, text }: Source): Finding[] {
  if (isControl(path)) return [];
  return [...new Set(text.match(NAMED) ?? [])]
    .filter((name) => !name.startsWith('dist/') && !existsSync(name))
    .map((name) => `${path} names ${name}, which is not there`);
}

/** A rule as docs/architecture.md states it, one a line: `* **V1, its name** ... files`. */
const INVARIANT = /^\* \*\*([A-Z]\d+), (.*)$/gm;
/** The same in docs/consensus.md, where a rule names its files only if it is of one file. */
const RULE_OF_CONSENSUS = /^\* \*\*(K\d+), /gm;
/** Where a comment, or a planted bug, names rules: `architecture.md, C3 and D4`, `rule: 'V1'`. */
const RULES_NAMED = /(?:architecture\.md, |rule: ')([A-Z]\d+)(?: (?:and|to) ([A-Z]\d+))?/g;
/** In brackets, in the text of a comment: `(K12)`, `(W2, W7)`. */
const RULES_IN_BRACKETS = /\(([A-Z]\d+(?:(?:, | and | to )[A-Z]\d+)*)\)/g;
const COMMENT_LINE = /^\s*(?:\/?\*|\/\/).*$/gm;
/** A document, with or without its folder. */
const DOCUMENT = /(?<![\w/.-])(?:[\w-]+\/)*([\w-]+\.md)\b/g;

/** A comment or document that names `x.md` names a document that is there, in whatever folder. */
export function checkNamedDocuments(
  { path, text }: Source,
  documents: ReadonlySet<string>,
): Finding[] {
  if (isControl(path)) return [];
  const read = path.endsWith('.md') ? [text] : (text.match(COMMENT_LINE) ?? []);
  const named = read.flatMap((line) => [...line.matchAll(DOCUMENT)].map(([, name = '']) => name));
  return [...new Set(named)]
    .filter((name) => !documents.has(name))
    .map((name) => `${path} names ${name}, which is not there`);
}

/** Each rule names a test and only files that are there; each rule that is named is stated. */
export function checkInvariants(
  document: string,
  consensus: string,
  sources: readonly Source[],
): Finding[] {
  const found: Finding[] = [];
  const stated = new Set<string>();
  for (const [, rule = ''] of consensus.matchAll(RULE_OF_CONSENSUS)) {
    if (stated.has(rule)) found.push(`${rule} is stated twice`);
    stated.add(rule);
  }
  for (const [, rule = '', text = ''] of document.matchAll(INVARIANT)) {
    if (stated.has(rule)) found.push(`${rule} is stated twice`);
    stated.add(rule);
    const files = text.match(NAMED) ?? [];
    if (!files.some((file) => file.startsWith('tests/'))) found.push(`${rule} names no test`);
    for (const file of files) if (!existsSync(file)) found.push(`${rule} names ${file}`);
  }
  for (const { path, text } of sources) {
    if (isControl(path)) continue;
    const unknown = rulesIn(text).filter((rule) => !stated.has(rule));
    for (const rule of new Set(unknown)) found.push(`${path} names ${rule}, which is not stated`);
  }
  return found;
}

/** The rules that a source names. */
function rulesIn(text: string): string[] {
  const named = [...text.matchAll(RULES_NAMED)].flatMap(([, ...rules]) => rules.filter(Boolean));
  const comments = (text.match(COMMENT_LINE) ?? []).join('\n');
  const bracketed = [...comments.matchAll(RULES_IN_BRACKETS)].flatMap(([, list = '']) => {
    return list.split(/, | and | to /);
  });
  return [...named, ...bracketed];
}

/** Whatever sources and documents name must be there. */
export function checkReferences(sources: readonly Source[]): Finding[] {
  const documents = documentPaths().map((path) => sourceOf(path, readFileSync(path, 'utf8')));
  const names = new Set(documents.map(({ path }) => basename(path)));
  const textOf = (of: string): string => documents.find(({ path }) => path === of)?.text ?? '';
  return [
    ...sources.flatMap(checkNamedFiles),
    ...documents.flatMap(({ path, text }) => brokenLinks(path, text)),
    ...[...sources, ...documents].flatMap((source) => checkNamedDocuments(source, names)),
    ...checkInvariants(textOf('docs/architecture.md'), textOf('docs/consensus.md'), sources),
  ];
}

/** All documents: README.md and those in `docs/`. */
export function documentPaths(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return inFolder(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
  return ['README.md', 'lib/README.md', ...inFolder('docs')];
}

/** Links to files and to headings that are not there. */
export function brokenLinks(path: string, text: string): string[] {
  const broken: string[] = [];
  for (const [, target = ''] of text.matchAll(LINK)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', heading] = target.split('#');
    const full = file === '' ? path : join(dirname(path), file);
    const isThere = existsSync(full);
    const isHeadingThere =
      heading === undefined ||
      !full.endsWith('.md') ||
      (isThere && headingsOf(readFileSync(full, 'utf8')).has(heading));
    if (!isThere || !isHeadingThere) broken.push(`${relative('.', path)}: ${target}`);
  }
  return broken;
}

/** The anchors of a document, as renderers of Markdown make them. */
function headingsOf(text: string): Set<string> {
  const lines = text.replace(/```[\s\S]*?```/g, '').split('\n');
  return new Set(
    lines
      .filter((line) => /^#{1,6} /.test(line))
      .map((line) =>
        line
          .replace(/^#+ /, '')
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .trim()
          .replaceAll(' ', '-'),
      ),
  );
}
