/** The commands that documents tell a user to type, and which of them may write to `dist/`. */
import type { Finding } from './source.js';

type Scripts = Readonly<Record<string, string>>;

const COMMAND = /(?:^|[`\s(])((?:npx|npm|\.\/quorate) [^`#\n|"&)]*)/gm;

/** Of the code in a document: spans and blocks. */
export function commandsIn(text: string): string[] {
  const code = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```$|`([^`\n]+)`/gm)];
  return code.flatMap(([, block, span = '']) =>
    [...(block ?? span).matchAll(COMMAND)].map(([, command = '']) => command.trim()),
  );
}

/** `builds`: it writes what has changed. `leaves`: it writes nothing there. */
export type Touch = 'builds' | 'leaves' | 'unknown';

/** What is not known here may do anything: npx, for one, installs the clone that it is run in. */
export function touchOf(command: string, scripts: Scripts): Touch {
  if (/^(?:\.\/quorate|npx tap run)(?: |$)/.test(command)) return 'leaves';
  // What `npm pack` has made is installed elsewhere.
  if (/^npm install --omit=dev \.\/quorate-/.test(command)) return 'leaves';
  // In a folder of the user, beside the clone.
  if (/^npm (?:init -y|pkg set type=module|install \S*quorate-client\S*)$/.test(command)) {
    return 'leaves';
  }
  if (/^(?:npm ci(?: --omit=dev)?|npm pack|npx tsc -b)$/.test(command)) return 'builds';
  const script = /^npm (?:run )?([a-z:-]+)(?: -- .*)?$/.exec(command)?.[1] ?? '';
  const runs = scripts[script];
  if (runs === undefined) return 'unknown';
  return /\btsc\b|npm run build|prepare\.mjs/.test(`${scripts[`pre${script}`]} ${runs}`)
    ? 'builds'
    : 'leaves';
}

export function checkCommands(path: string, text: string, scripts: Scripts): Finding[] {
  return commandsIn(text)
    .filter((command) => touchOf(command, scripts) === 'unknown')
    .map((command) => `${path} tells users to type "${command}": may it write to dist/?`);
}
