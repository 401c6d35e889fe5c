/** `quorate completion`: a script that completes commands and flags, for bash, zsh or fish. */
import { OperatingError } from '../../lib/errors.js';
import type { CommandRow } from '../command.js';
import { longFlag } from '../command-options.js';
import { EXIT } from '../exit-code.js';

/** A command as the scripts see it: its words, and what may follow them. */
interface Completion {
  /** `cluster start-node`; empty for the program itself. */
  readonly path: string;
  readonly next: readonly { readonly word: string; readonly summary: string }[];
}

const SCRIPTS: Readonly<Record<string, (completions: readonly Completion[]) => string>> = {
  bash: (completions) => `${bashFunction(completions)}complete -F _quorate quorate\n`,
  zsh: (completions) =>
    `#compdef quorate\nautoload -U +X bashcompinit && bashcompinit\n` +
    `${bashFunction(completions)}complete -F _quorate quorate\n`,
  fish: fishLines,
};

/** `rows`: the whole table, asked for when it is complete. */
export function completionCommand(rows: () => readonly CommandRow[]): CommandRow {
  return {
    name: 'completion',
    summary: 'print a script for the shell: source <(quorate completion bash)',
    arguments: '<shell>',
    options: [],
    run: ({ arguments: [shell = ''], terminal }) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined) {
        const known = Object.keys(SCRIPTS).join(', ');
        throw new OperatingError('invalid_request', `no completion for ${shell}, only ${known}`);
      }
      terminal.out(script(completionsOf('', rows())));
      return EXIT.done;
    },
  };
}

function completionsOf(path: string, rows: readonly CommandRow[]): Completion[] {
  const own = { path, next: rows.map(({ name, summary }) => ({ word: name, summary })) };
  const below = rows.flatMap((row) => {
    const rowPath = `${path} ${row.name}`.trim();
    const flags = row.options.map((option) => ({
      word: longFlag(option),
      summary: option.summary,
    }));
    const [first, ...further] = completionsOf(rowPath, row.commands ?? []);
    return [{ path: rowPath, next: [...(first?.next ?? []), ...flags] }, ...further];
  });
  return [own, ...below];
}

/** The longest path that the words before the cursor begin with decides what may follow. */
function bashFunction(completions: readonly Completion[]): string {
  const cases = completions.map(
    ({ path, next }) => `    '${path}') words='${next.map(({ word }) => word).join(' ')}' ;;\n`,
  );
  return `_quorate() {
  local path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) case " ${completions.map(({ path }) => path.replaceAll(' ', '/')).join(' ')} " in
           *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
         esac ;;
    esac
  done
  case "\${path//\\// }" in
${cases.join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
`;
}

function fishLines(completions: readonly Completion[]): string {
  const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const lines = completions.flatMap(({ path, next }) => {
    const seen = path.split(' ').filter((word) => word !== '');
    const below = next.filter(({ word }) => !word.startsWith('-')).map(({ word }) => word);
    const conditions = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`]),
    ];
    const when = conditions.length === 0 ? '' : ` -n ${quoted(conditions.join('; and '))}`;
    return next.map(({ word, summary }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c quorate -f${when} ${what} -d ${quoted(summary)}\n`;
    });
  });
  return lines.join('');
}
