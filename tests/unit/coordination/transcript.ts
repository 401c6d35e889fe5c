/**
 * Golden transcripts: a text file of events and of what a core says to each. A line that begins
 * with `>` is an event; the lines below it are what follows. Lines with `#` explain.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { attemptsOf, parseLevel } from '../../../lib/coordination/request/level.js';
import type { Want } from '../../../lib/rpc/hot-messages.js';
import type { Copy } from '../../../lib/coordination/read/read-round.js';
import { type ErrorCode, OperatingError } from '../../../lib/errors.js';
import { Plan } from '../../../lib/replication/plan.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import { type DotSet, dotSetOf, NO_DOTS } from '../../../lib/versioning/dot-set.js';
import type { Flag, PartitionFloor } from '../../../lib/versioning/session-token.js';
import { fingerprint, type Siblings, type Version } from '../../../lib/versioning/siblings.js';

/** What a script says of one event, `say` back what follows. */
export type Player = (words: readonly string[]) => readonly string[];

/** Built sources lie in `dist/`; the texts stay where they were written. */
const FOLDER = join(process.cwd(), 'tests/unit/coordination/transcripts');

/**
 * Plays each script whose name begins with `kind`, and compares. `WRITE_TRANSCRIPTS=1` writes what
 * was said: to be read before it is kept.
 */
export function playAll(
  t: Test,
  kind: string,
  playerOf: (head: string) => Player,
  folder = FOLDER,
): void {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${kind}-`));
  t.ok(names.length > 0, 'there are scripts');
  for (const name of names) {
    const path = join(folder, name);
    const script = readFileSync(path, 'utf8');
    const played = play(script, playerOf);
    if (process.env['WRITE_TRANSCRIPTS'] === '1') writeFileSync(path, played);
    t.equal(played, script, name);
  }
}

function play(script: string, playerOf: (head: string) => Player): string {
  const lines: string[] = [];
  let player: Player | undefined;
  for (const line of script.split('\n')) {
    if (line.startsWith('given ')) player = playerOf(line.slice('given '.length));
    if (!line.startsWith('    ')) lines.push(line);
    if (!line.startsWith('> ')) continue;
    if (player === undefined) throw new Error('a script begins with what is given');
    for (const said of player(line.slice('> '.length).split(' '))) lines.push(`    ${said}`);
  }
  return lines.join('\n');
}

/** `a b c! at quorum,one`: primaries (`!`: not up), and levels. This node is `a`. */
export function given(head: string) {
  const [nodes = '', rest = ''] = head.split(' at ');
  const [levels = '', ...flags] = rest.split(' ');
  const names = nodes.split(' ').filter((name) => !name.startsWith('('));
  const owners = names.map((name) => ({
    node: name.replace('!', ''),
    zone: 'z',
    up: !name.endsWith('!'),
  }));
  const order = owners.filter(({ up }) => up).map(({ node }) => node);
  const standIns = nodes.split(' ').flatMap((name) => name.match(/^\((.+)\)$/)?.[1] ?? []);
  const self = flags.find((flag) => flag.startsWith('self='))?.slice('self='.length) ?? 'a';
  const plan = new Plan({
    ...{ partition: 0, epoch: 1, sets: [owners], order, standIns: [...standIns, self] },
    ...{ self, zone: 'z' },
  });
  const operation = flags.includes('write') ? 'write' : 'read';
  const attempts = attemptsOf(
    levels.split(',').map((level) => parseLevel(level, operation)),
    plan,
  );
  return { plan, attempts, flags: new Set(flags) };
}

/** `x1` `x1+y1` `x1!`: versions by writer and number, `!` a tombstone; `-`: nothing. */
export function stateOf(text: string): Siblings | undefined {
  if (text === '-') return undefined;
  let context = EMPTY_CONTEXT;
  const versions = text.split('+').map((name): Version => {
    const isDead = name.endsWith('!');
    const dot = { writer: name.charAt(0), n: Number(name.slice(1).replace('!', '')) };
    context = withMinted(context, dot);
    return {
      ...{ dot, contentType: '', value: new Uint8Array(0), writtenAt: 0, expiresAt: undefined },
      state: isDead ? 'tombstone' : 'value',
    };
  });
  return { epoch: 1, context, versions };
}

/** The inverse of `stateOf`. */
export function textOf(state: Siblings | undefined): string {
  if (state === undefined) return '-';
  return state.versions
    .map(({ dot, state }) => `${dot.writer}${dot.n}${state === 'tombstone' ? '!' : ''}`)
    .join('+');
}

/** `x1+y2`: exact dots. */
export function dotsOf(text: string): DotSet {
  return dotSetOf(
    text.split('+').map((name) => ({ writer: name.charAt(0), n: Number(name.slice(1)) })),
  );
}

/** `session`, `session=x1+y2`, `flag=all`, `mark=3`: what a session has seen. */
export function floorIn(flags: ReadonlySet<string>): PartitionFloor | undefined {
  const value = (name: string): string | undefined =>
    [...flags].find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
  const dots = value('session');
  if (dots === undefined && !flags.has('session')) return undefined;
  return {
    ...{ dots: dots === undefined ? NO_DOTS : dotsOf(dots), one: false },
    ...{ flag: (value('flag') ?? 'none') as Flag, mark: Number(value('mark') ?? 0) },
  };
}

/**
 * What a replica said: the state in full, or its fingerprint alone.
 * @param missing dots of the session that it has not seen
 */
export function copyOf(node: string, want: Want, text: string, missing?: string): Copy {
  const state = stateOf(text);
  const siblings = want === 'fingerprint' ? undefined : state;
  const lacks = missing === undefined ? NO_DOTS : dotsOf(missing);
  return { node, want, fingerprint: fingerprint(state), siblings, start: 1, missing: lacks };
}

export function errorOf(code: string, outcome: string): OperatingError {
  const known = outcome === 'unknown' ? 'unknown' : 'none';
  return new OperatingError(code as ErrorCode, code, { outcome: known });
}

export function errorText({ code, outcome, details }: OperatingError): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  return [code, `(${outcome})`, ...facts].join(' ');
}
