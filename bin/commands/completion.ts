/** `quorate completion`: a script that completes commands and flags, for bash, zsh or fish. */
import { OperatingError } from '../../lib/errors.js';
import type { CommandRow } from '../command.js';
import { longFlag } from '../command-options.js';
import { EXIT } from '../exit-code.js';

/** A command as the scripts see it: its words, and what may follow them. */
interface Completion {
  /** `cluster start-node`; empty for the program itself. */
  readonly path: string;
  readonly next: readonly Word[];
}

interface Word {
  readonly word: string;
  readonly summary: string;
  /** What may follow a flag; undefined: it stands alone. Empty: what nobody can list. */
  readonly values?: readonly string[] | 'files' | undefined;
  /** `-o` of `--output`. */
  readonly short?: string | undefined;
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
    group: 'Other:',
    example: 'completion bash',
    summary: 'print a script for the shell: source <(quorate completion bash)',
    arguments: '<shell>',
    options: [],
    run: async ({ arguments: [shell = ''], terminal }) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined) {
        const known = Object.keys(SCRIPTS).join(', ');
        throw new OperatingError('invalid_request', `no completion for ${shell}, only ${known}`);
      }
      // Loaded here: the other commands start sooner without it.
      const { LEVEL_NAMES } = await import('../../lib/coordination/request/level.js');
      terminal.out(script(completionsOf('', rows(), LEVEL_NAMES)));
      return EXIT.done;
    },
  };
}

function completionsOf(
  path: string,
  rows: readonly CommandRow[],
  levels: readonly string[],
): Completion[] {
  const own = { path, next: rows.map(({ name, summary }) => ({ word: name, summary })) };
  const below = rows.flatMap((row) => {
    const rowPath = `${path} ${row.name}`.trim();
    const flags = row.options.map((option): Word => {
      const { summary, choices, completes, flags: text } = option;
      const free = text.includes('<') ? [] : undefined;
      const values = choices ?? (completes === 'levels' ? levels : (completes ?? free));
      return { word: longFlag(option), short: /^-[a-z]\b/.exec(text)?.[0], summary, values };
    });
    const [first, ...further] = completionsOf(rowPath, row.commands ?? [], levels);
    return [{ path: rowPath, next: [...(first?.next ?? []), ...flags] }, ...further];
  });
  return [own, ...below];
}

/**
 * The longest path that the words before the cursor begin with decides what may follow; where the
 * last of them is a flag that takes one of a list, or a file, that does.
 */
function bashFunction(completions: readonly Completion[]): string {
  const cases = completions.map(
    ({ path, next }) => `    '${path}') words='${next.map(({ word }) => word).join(' ')}' ;;\n`,
  );
  const values = completions.flatMap(({ path, next }) =>
    next.flatMap(({ word, short, values: listed }) => {
      if (listed === undefined) return [];
      const patterns = [word, short].flatMap((flag) =>
        flag === undefined ? [] : [`'${path} ${flag}'`],
      );
      const what = listed === 'files' ? 'files=yes' : `words='${listed.join(' ')}'`;
      return [`    ${patterns.join('|')}) ${what} ;;\n`];
    }),
  );
  return `_quorate() {
  local path='' words='' files='' word cur="\${COMP_WORDS[COMP_CWORD]}"
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
  case "\${path//\\// } \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('')}  esac
  if [ -n "$files" ]; then COMPREPLY=($(compgen -f -- "$cur"))
  else COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
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
    return next.map(({ word, short, summary, values }) => {
      const flag = `-l ${word.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
      const what = word.startsWith('--') ? flag : `-a ${word}`;
      const follows = values === 'files' ? ' -r -F' : valuesOf(values);
      return `complete -c quorate -f${when} ${what}${follows} -d ${quoted(summary)}\n`;
    });
  });
  return lines.join('');
}

/** For fish: this flag takes one of these. */
function valuesOf(values: readonly string[] | undefined): string {
  if (values === undefined) return '';
  return values.length === 0 ? ' -x' : ` -x -a '${values.join(' ')}'`;
}
