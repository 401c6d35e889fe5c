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
  readonly completes: CommandRow['completes'];
}

/** What is in no table of commands. */
interface Vocabulary {
  readonly levels: readonly string[];
  /** Name -> its values; none: nobody can list them. */
  readonly settings: Readonly<Record<string, readonly string[]>>;
  readonly rules: Readonly<Record<string, readonly string[]>>;
}

interface Word {
  readonly word: string;
  readonly summary: string;
  /** What may follow a flag; undefined: it stands alone. Empty: what nobody can list. */
  readonly values?: readonly string[] | 'files' | undefined;
  /** Several of the values, with commas between them. */
  readonly isList?: boolean;
  /** `-o` of `--output`. */
  readonly short?: string | undefined;
}

type Script = (completions: readonly Completion[], vocabulary: Vocabulary) => string;

const SCRIPTS: Readonly<Record<string, Script>> = {
  bash: (...given) => `${bashFunction(...given)}complete -F _quorate quorate\n`,
  zsh: (...given) =>
    `#compdef quorate\nautoload -U +X bashcompinit && bashcompinit\n` +
    `${bashFunction(...given)}complete -F _quorate quorate\n`,
  fish: fishLines,
};
const SHELLS = Object.keys(SCRIPTS);
/** Nodes of a local cluster have folders of their names. */
const LOCAL_NODES = `$(cd "\${QUORATE_CLUSTER_DATA_DIR:-.quorate}" 2>/dev/null && ls -d n[0-9]*)`;

/** The same for fish. */
const FISH_LOCAL_NODES =
  '(ls (set -q QUORATE_CLUSTER_DATA_DIR; and echo $QUORATE_CLUSTER_DATA_DIR; or echo .quorate) ' +
  "2>/dev/null | string match -r '^n[0-9]+$')";

/** `rows`: the whole table, asked for when it is complete. */
export function completionCommand(rows: () => readonly CommandRow[]): CommandRow {
  return {
    name: 'completion',
    group: 'Other:',
    example: 'completion bash',
    summary: 'print a script for the shell: source <(quorate completion bash)',
    arguments: '<shell>',
    completes: 'shells',
    options: [],
    run: async ({ arguments: [shell = ''], terminal }) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined) {
        const known = Object.keys(SCRIPTS).join(', ');
        throw new OperatingError('invalid_request', `no completion for ${shell}, only ${known}`);
      }
      const vocabulary = await vocabularyOf();
      terminal.out(script(completionsOf('', rows(), vocabulary.levels), vocabulary));
      return EXIT.done;
    },
  };
}

/** Loaded here: the other commands start sooner without it. */
async function vocabularyOf(): Promise<Vocabulary> {
  const [level, settings, rules, strategies] = await Promise.all([
    import('../../lib/coordination/request/level.js'),
    import('../../lib/membership/settings-types.js'),
    import('../../lib/membership/namespace-rules.js'),
    import('../../lib/resolution/strategies.js'),
  ]);
  const { LEVEL_NAMES: levels } = level;
  const known: Readonly<Record<string, readonly string[]>> = {
    default_level: levels.filter((name) => name !== 'any'),
    default_write_level: levels,
    allowed_levels: levels,
    blind_writes: settings.BLIND_WRITES,
    conflict_resolution: strategies.STRATEGY_NAMES,
    durability: rules.DURABILITIES,
  };
  const valuesOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, known[name] ?? []]));
  return {
    levels,
    settings: valuesOf(settings.CONSISTENCY_SETTING_NAMES),
    rules: valuesOf(Object.keys(rules.namespaceRules.shape)),
  };
}

function completionsOf(
  path: string,
  rows: readonly CommandRow[],
  levels: readonly string[],
): Completion[] {
  const words = rows.map(({ name, summary }) => ({ word: name, summary }));
  const own = { path, next: words, completes: undefined };
  const below = rows.flatMap((row) => {
    const rowPath = `${path} ${row.name}`.trim();
    const flags = row.options.map((option): Word => {
      const { summary, choices, completes, flags: text } = option;
      const free = text.includes('<') ? [] : undefined;
      const isList = completes === 'level-list';
      const listed = isList || completes === 'levels' ? levels : (completes ?? free);
      const values = choices ?? listed;
      const short = /^-[a-z]\b/.exec(text)?.[0];
      return { ...{ word: longFlag(option), short, summary }, ...{ values, isList } };
    });
    const [first, ...further] = completionsOf(rowPath, row.commands ?? [], levels);
    const next = [...(first?.next ?? []), ...flags];
    return [{ path: rowPath, next, completes: row.completes }, ...further];
  });
  return [own, ...below];
}

/**
 * The longest path that the words before the cursor begin with decides what may follow; where the
 * last of them is a flag that takes one of a list, or a file, that does.
 */
function bashFunction(completions: readonly Completion[], vocabulary: Vocabulary): string {
  const cases = completions.map(
    ({ path, next, completes }) =>
      `    '${path}') offered='${next.map(({ word }) => word).join(' ')}'` +
      `${argumentsIn(completes, vocabulary)} ;;\n`,
  );
  const values = completions.flatMap(({ path, next }) =>
    next.flatMap(({ word, short, values: listed, isList }) => {
      if (listed === undefined) return [];
      const patterns = [word, short].flatMap((flag) =>
        flag === undefined ? [] : [`'${path} ${flag}'`],
      );
      const listedWords = listed === 'files' ? '' : `offered='${listed.join(' ')}' names=''`;
      const what = listed === 'files' ? 'files=yes' : `${listedWords}${isList ? ' list=yes' : ''}`;
      return [`    ${patterns.join('|')}) ${what} ;;\n`];
    }),
  );
  return `_quorate() {
  local place='' offered='' files='' names='' list='' begun='' name='' word
  local cur="\${COMP_WORDS[COMP_CWORD]}"
  # bash takes "=" for a word of its own.
  if [ "$cur" = = ]; then name="\${COMP_WORDS[COMP_CWORD-1]}" cur=''
  elif [ "$COMP_CWORD" -gt 2 ] && [ "\${COMP_WORDS[COMP_CWORD-1]}" = = ]; then
    name="\${COMP_WORDS[COMP_CWORD-2]}"
  elif [[ "$cur" == [a-z]*=* ]]; then name="\${cur%%=*}" begun="\${cur%%=*}=" cur="\${cur#*=}"; fi
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$word" in
      -*) ;;
      *) case " ${completions.map(({ path }) => path.replaceAll(' ', '/')).join(' ')} " in
           *" \${place:+$place/}$word "*) place="\${place:+$place/}$word" ;;
         esac ;;
    esac
  done
  case "\${place//\\// }" in
${cases.join('')}  esac
  case "\${place//\\// } \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('')}  esac
  if [ -n "$names" ]; then
    if [ -n "$name" ]; then
      offered=''
      case "$names $name" in
${valuesIn(vocabulary)}      esac
    elif [[ "$cur" != -* ]]; then
      for word in $offered; do case "$word" in -*) ;; *) names="$names $word" ;; esac; done
      offered="$names"
    fi
    if [ "\${names%%=*}" != "$names" ]; then compopt -o nospace 2>/dev/null; fi
  fi
  if [ -n "$list" ] && [[ "$cur" == *,* ]]; then begun="\${cur%,*}," cur="\${cur##*,}"; fi
  if [ -n "$files" ]; then COMPREPLY=($(compgen -f -- "$cur"))
  else COMPREPLY=($(compgen -P "$begun" -W "$offered" -- "$cur")); fi
}
`;
}

/** What a shell offers beside flags and commands, in bash. */
function argumentsIn(completes: CommandRow['completes'], { settings, rules }: Vocabulary): string {
  const assigned = (names: object): string =>
    ` names='${Object.keys(names)
      .map((name) => `${name}=`)
      .join(' ')}'`;
  switch (completes) {
    case undefined:
      return '';
    case 'shells':
      return ` names='${SHELLS.join(' ')}'`;
    case 'settings':
      return ` names='${Object.keys(settings).join(' ')}'`;
    case 'changes':
      return assigned(settings);
    case 'rules':
      return assigned(rules);
    case 'local-nodes':
      return ` names="${LOCAL_NODES}"`;
  }
}

/** What may follow `name=`. */
function valuesIn({ settings, rules }: Vocabulary): string {
  return Object.entries({ ...rules, ...settings })
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `        *"${name}= "*" ${name}") offered='${values.join(' ')}' ;;\n`)
    .join('');
}

function fishLines(completions: readonly Completion[], vocabulary: Vocabulary): string {
  const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const lines = completions.flatMap(({ path, next, completes }) => {
    const seen = path.split(' ').filter((word) => word !== '');
    const below = next.filter(({ word }) => !word.startsWith('-')).map(({ word }) => word);
    const conditions = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`]),
    ];
    const when = conditions.length === 0 ? '' : ` -n ${quoted(conditions.join('; and '))}`;
    const offered = fishArguments(completes, vocabulary);
    const beside = offered === '' ? [] : [`complete -c quorate -f${when} -a ${quoted(offered)}\n`];
    const flags = next.map(({ word, short, summary, values, isList = false }) => {
      const flag = `-l ${word.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
      const what = word.startsWith('--') ? flag : `-a ${word}`;
      const files = values === 'files' ? '-r -F' : '-f';
      const follows = values === 'files' ? '' : valuesOf(values, isList);
      return `complete -c quorate ${files}${when} ${what}${follows} -d ${quoted(summary)}\n`;
    });
    return [...flags, ...beside];
  });
  return lines.join('');
}

/** For fish: this flag takes one of these. */
function valuesOf(values: readonly string[] | undefined, isList: boolean): string {
  if (values === undefined) return '';
  const words = values.join(' ');
  if (isList) return ` -x -a '(__fish_append , ${words})'`;
  return values.length === 0 ? ' -x' : ` -x -a '${words}'`;
}

function fishArguments(
  completes: CommandRow['completes'],
  { settings, rules }: Vocabulary,
): string {
  const assigned = (names: Vocabulary['settings']): string =>
    Object.entries(names)
      .flatMap(([name, values]) =>
        values.length === 0 ? `${name}=` : values.map((value) => `${name}=${value}`),
      )
      .join(' ');
  switch (completes) {
    case undefined:
      return '';
    case 'shells':
      return SHELLS.join(' ');
    case 'settings':
      return Object.keys(settings).join(' ');
    case 'changes':
      return assigned(settings);
    case 'rules':
      return assigned(rules);
    case 'local-nodes':
      return FISH_LOCAL_NODES;
  }
}
