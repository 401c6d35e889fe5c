/** Where strangers are listened to: no listener, and no timer, but through `GuardedEvents`. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

/** Files whose emitters strangers reach. */
const REACHED = /^lib\/platform\/peer-(?:call|greeting|link|listener)\.ts$/;
const LISTENING = /^(?:on|once|addListener|prependListener|prependOnceListener|after)$/;
const GUARD = /(?:^|\.)#?events$/;

export function checkGuarded(source: Source): Finding[] {
  if (!REACHED.test(source.path)) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression } = node.expression;
    if (!LISTENING.test(name.text) || GUARD.test(expression.getText(source.tree))) return;
    found.push(finding(source, node, `${name.text} listens unguarded: a throw ends the node`));
  });
  return found;
}
