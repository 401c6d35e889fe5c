/** Where strangers are listened to: no listener, and no timer, but through `GuardedEvents`. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

/** Files whose emitters strangers reach. */
const REACHED = /^lib\/platform\/(?:peer-(?:call|greeting|link|listener)|http-.*)\.ts$/;
const LISTENING = /^(?:on|once|addListener|prependListener|prependOnceListener|after)$/;
const TIMERS = /^set(?:Timeout|Interval|Immediate)$/;
const GUARD = /(?:^|\.)#?events$/;
/** What `GuardedEvents` has made says so in its name. */
const GUARDED = /\.#?guarded/;

export function checkGuarded(source: Source): Finding[] {
  if (!REACHED.test(source.path)) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || isGuarded(node, source)) return;
    const called = node.expression.getText(source.tree);
    found.push(finding(source, node, `${called} is unguarded: a throw ends the node`));
  });
  return found;
}

function isGuarded({ expression: called, arguments: given }: ts.CallExpression, { tree }: Source) {
  if (!ts.isPropertyAccessExpression(called)) return !TIMERS.test(called.getText(tree));
  if (!LISTENING.test(called.name.text)) return true;
  if (GUARD.test(called.expression.getText(tree))) return true;
  return GUARDED.test(given.at(-1)?.getText(tree) ?? '');
}
