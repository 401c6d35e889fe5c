/** No list as the arguments of a call: some hundred thousand of them overflow the stack. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

const CALLS = /^(?:max|min|push|unshift|splice|concat|fromCharCode|fromCodePoint|of)$/;

/** Effects of a core are as many as a key has replicas: they do not grow with data. */
const BOUNDED = /^lib\/coordination\/[a-z]+\/[a-z]+-core\.ts$/;

export function checkSpread(source: Source): Finding[] {
  if (!/^(?:lib|bin|config)\//.test(source.path) || BOUNDED.test(source.path)) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || !node.arguments.some(ts.isSpreadElement)) return;
    if (!ts.isPropertyAccessExpression(node.expression)) return;
    const { name } = node.expression;
    if (CALLS.test(name.text)) {
      found.push(finding(source, node, `${name.text} takes a list as its arguments`));
    }
  });
  return found;
}
