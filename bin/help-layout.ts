/** The help fits 80 columns: a flag that is long has a line to itself. */
import type { Help } from 'commander';

/** Wider terms leave too little for what is said of them. */
const TERM_MAX = 26;
const INDENT = '  ';
const BELOW = INDENT.repeat(3);

/** For `configureHelp` of commander, which wraps nothing where one term of a list is long. */
export const HELP_LAYOUT: Partial<Help> = {
  formatItem: (term, termWidth, description, helper) => {
    const width = Math.min(termWidth, TERM_MAX);
    const isBeside = helper.displayWidth(term) <= width;
    const before = isBeside ? ' '.repeat(INDENT.length + width + INDENT.length) : BELOW;
    const lines = helper.boxWrap(description, (helper.helpWidth ?? 80) - before.length).split('\n');
    const [first = '', ...rest] = isBeside ? lines : ['', ...lines];
    const beside = `${INDENT}${term}`.padEnd(before.length) + first;
    return [beside.trimEnd(), ...rest.map((line) => before + line)].join('\n');
  },
};
