/** The shape of files: how long, how wide, how they begin, and what may not be left in them. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

const COLUMNS_MAX = 100;
const FILE_LINES_MAX = 300;
/** A machine that decides the course of a request is read as a whole. */
const CORE_LINES_MAX = 400;
const TEST_FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const TEST_FUNCTION_LINES_MAX = 100;

/** Files that may be longer, with the reason. */
const LONG_FILES: ReadonlyMap<string, string> = new Map();

function isTest(source: Source): boolean {
  return source.path.startsWith('tests/');
}

export function checkFileLength(source: Source): Finding[] {
  const own = source.path.endsWith('-core.ts') ? CORE_LINES_MAX : FILE_LINES_MAX;
  const most = isTest(source) ? TEST_FILE_LINES_MAX : own;
  const lines = source.text.trimEnd().split('\n').length;
  if (lines <= most || LONG_FILES.has(source.path)) return [];
  return [`${source.path} has ${lines} lines, more than ${most}`];
}

export function checkFunctionLength(source: Source): Finding[] {
  const most = isTest(source) ? TEST_FUNCTION_LINES_MAX : FUNCTION_LINES_MAX;
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const from = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line;
    const lines = source.tree.getLineAndCharacterOfPosition(node.end).line - from + 1;
    if (lines > most) {
      found.push(finding(source, node, `function of ${lines} lines, more than ${most}`));
    }
  });
  return found;
}

export function checkColumns(source: Source): Finding[] {
  return source.text.split('\n').flatMap((line, index) => {
    const columns = [...line].length;
    return columns <= COLUMNS_MAX
      ? []
      : [`${source.path}:${index + 1} ${columns} columns, more than ${COLUMNS_MAX}`];
  });
}

/** The first line says what the file is; a command may have its `#!` before it. */
export function checkFirstLine(source: Source): Finding[] {
  const text = source.text.replace(/^#!.*\n/, '');
  return /^\/\*\*(?: [^\s*]|\n \* \S)/.test(text)
    ? []
    : [`${source.path}:1 does not begin with a doc comment`];
}

/** Comments that put work off. */
export function checkComments(source: Source): Finding[] {
  return commentsOf(source)
    .filter(({ text }) => /\b(?:TODO|FIXME|XXX|HACK|@ts-ignore|@ts-nocheck)\b/.test(text))
    .map(({ position }) => finding(source, position, 'a comment that puts work off'));
}

function commentsOf(source: Source): { readonly position: number; readonly text: string }[] {
  const found = new Map<number, string>();
  const collect = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) found.set(pos, source.text.slice(pos, end));
  };
  const visit = (node: ts.Node): void => {
    collect(ts.getLeadingCommentRanges(source.text, node.pos));
    collect(ts.getTrailingCommentRanges(source.text, node.end));
    for (const child of node.getChildren(source.tree)) visit(child);
  };
  visit(source.tree);
  return [...found].map(([position, text]) => ({ position, text }));
}

const PUT_OFF = new Set(['skip', 'todo', 'only']);

/** Tests that do not run: `t.skip(...)`, `t.test('...', { skip: true }, ...)`, and their kin. */
export function checkSkipped(source: Source): Finding[] {
  if (!isTest(source)) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression } = node.expression;
    const onTest = ts.isIdentifier(expression) && /^(?:t|tap|test)$/.test(expression.text);
    if (onTest && PUT_OFF.has(name.text))
      found.push(finding(source, node, `a test is ${name.text}`));
    if (onTest && node.arguments.some(hasPutOffOption)) {
      found.push(finding(source, node, 'a test has an option that puts it off'));
    }
  });
  return found;
}

function hasPutOffOption(argument: ts.Expression): boolean {
  return (
    ts.isObjectLiteralExpression(argument) &&
    argument.properties.some(
      ({ name }) => name !== undefined && ts.isIdentifier(name) && PUT_OFF.has(name.text),
    )
  );
}
