/** `quorate resolve --all`: every conflict of a namespace, one after the other. */
import type { KeyValueRequests, Resolution } from '../../lib/client/client.js';
import { namespacePathOf, withQuery } from '../../lib/client/key-path.js';
import { QuorateError } from '../../lib/client/quorate-error.js';
import { clientOf, readOptionsOf, writeOptionsOf } from '../client-options.js';
import type { Invocation } from '../command.js';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-code.js';
import { jsonText, objectText, print, table, toJsonMembers } from '../output.js';
import { progressBar, showProgress } from '../progress.js';
import { membersOfValue, textOfValue } from '../value-text.js';
import { conflictListShape, conflictsOfKey } from './conflicts.js';

const PAGE_MAX = 1000;

interface Outcome {
  readonly key: string;
  /** Undefined: they could not be read. */
  readonly siblings: number | undefined;
  /** For people. */
  readonly text: string;
  /** JSON texts. */
  readonly members: Readonly<Record<string, string | undefined>>;
  readonly exit: ExitCode;
}

/** The first failure decides the exit status; the others are resolved all the same. */
export async function resolveAll(
  invocation: Invocation,
  resolution: Resolution,
  { most, isDry }: { readonly most: number; readonly isDry: boolean },
): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const act = isDry ? previewing(invocation) : resolving(invocation);
  const client = await clientOf(options);
  const outcomes: Outcome[] = [];
  let keys: readonly string[] = [];
  const endProgress = showProgress(terminal, () => {
    const share = keys.length === 0 ? 0 : outcomes.length / keys.length;
    return `${progressBar(share)} ${outcomes.length} of ${keys.length} keys`;
  });
  try {
    keys = await keysInConflict(invocation, client, most);
    for (const key of keys)
      outcomes.push(await outcomeOf(invocation, client, key, resolution, act));
  } finally {
    endProgress();
  }
  printOutcomes(invocation, outcomes, isDry);
  return outcomes.find(({ exit }) => exit !== EXIT.done)?.exit ?? EXIT.done;
}

/** Those of the namespace, the oldest first. */
async function keysInConflict(
  { options, terminal }: Invocation,
  client: KeyValueRequests,
  most: number,
): Promise<string[]> {
  const base = namespacePathOf(options.text('namespace') ?? 'default');
  let keys: string[] = [];
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(PAGE_MAX, most - keys.length));
    const path = withQuery(`${base}/conflicts`, { limit, cursor });
    const { content } = await client.control('GET', path, conflictListShape);
    keys = keys.concat(content.conflicts.map(({ key }) => key));
    ({ cursor } = content);
    for (const node of cursor === undefined ? content.unanswered : []) {
      terminal.err(`quorate: no answer from ${node}: what only it knows is left out\n`);
    }
  } while (cursor !== undefined && keys.length < most);
  if (cursor !== undefined) terminal.err('quorate: there are more: --limit\n');
  return keys;
}

type Act = (
  client: KeyValueRequests,
  key: string,
  resolution: Resolution,
  context: string,
) => Promise<Pick<Outcome, 'text' | 'members'>>;

function previewing({ options }: Invocation): Act {
  const settings = readOptionsOf(options);
  return async (client, key, resolution, context) => {
    const preview = await client.previewResolution(key, resolution, { ...settings, context });
    const { stored } = preview;
    return { text: `would become ${textOfValue(stored)}`, members: membersOfValue(stored) };
  };
}

function resolving({ options }: Invocation): Act {
  const settings = writeOptionsOf(options);
  return async (client, key, resolution, context) => {
    const { version } = await client.resolve(key, resolution, { ...settings, context });
    return { text: `resolved as ${version}`, members: toJsonMembers({ version }) };
  };
}

/** By the siblings as they are now: what was not read is not dropped. */
async function outcomeOf(
  { options }: Invocation,
  client: KeyValueRequests,
  key: string,
  resolution: Resolution,
  act: Act,
): Promise<Outcome> {
  let siblings: number | undefined;
  try {
    const found = await conflictsOfKey(client, options, key);
    siblings = found.siblings.length;
    if (!found.in_conflict || found.context === undefined) {
      return { key, siblings, text: 'in conflict no more', members: {}, exit: EXIT.done };
    }
    const done = await act(client, key, resolution, found.context);
    return { key, siblings, ...done, exit: EXIT.done };
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    const members = toJsonMembers({ code: error.code, detail: error.detail });
    return { key, siblings, text: error.message, members, exit: exitCodeOf(error) };
  }
}

function printOutcomes(
  { options, terminal }: Invocation,
  outcomes: readonly Outcome[],
  isDry: boolean,
): void {
  print(terminal, options, {
    table: (to) =>
      table(
        to,
        ['KEY', 'SIBLINGS', 'OUTCOME'],
        outcomes.map(({ key, siblings, text }) => [key, String(siblings ?? '-'), text]),
      ),
    json: () => {
      const rows = outcomes.map(({ key, siblings, members }) =>
        objectText({ ...toJsonMembers({ key, siblings }), ...members }),
      );
      const dry = isDry ? 'true' : undefined;
      return objectText({ dry_run: dry, keys: `[${rows.join(',')}]` });
    },
    value: () => outcomes.map(({ key }) => `${jsonText(key)}\n`).join(''),
  });
}
