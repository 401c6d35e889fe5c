/** What users read on the page and in the help is words: no name of the code stands in it. */
import ts from 'typescript';
import { finding, type Finding, type Source, walk } from './source.js';

const SHOWN = /^(?:lib\/admin-page|bin\/commands)\//;
/** As types and components are named; what is quoted as code has other shapes. */
const CODE_NAME = /\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b/;

/** A renaming in the whole of the sources reaches texts too, and no compiler sees it. */
export function checkShownTexts(source: Source): Finding[] {
  if (!SHOWN.test(source.path)) return [];
  const findings: Finding[] = [];
  walk(source.tree, (node) => {
    const name = CODE_NAME.exec(shownText(node))?.[0];
    if (name !== undefined) findings.push(finding(source, node, `shows users the name ${name}`));
  });
  return findings;
}

function shownText(node: ts.Node): string {
  if (ts.isJsxText(node) || ts.isTemplateMiddleOrTemplateTail(node)) return node.text;
  const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
  const isName =
    ts.isImportDeclaration(node.parent ?? node) || ts.isLiteralTypeNode(node.parent ?? node);
  return isText && !isName ? node.text : '';
}
