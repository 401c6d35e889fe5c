/** The options that commands share which talk to a cluster, and the client that they come to. */
import { OperatingError } from '../lib/errors.js';
import type { KeyValueRequests, Level, ReadOptions, WriteOptions } from '../lib/client/client.js';
import { parseLevel } from '../lib/coordination/request/level.js';
import { basePathOf } from '../lib/client/key-path.js';
import type { OptionRow } from './option-row.js';
import type { CommandOptions } from './command-options.js';
import { CLUSTER_GROUP, REQUEST_GROUP, VARIABLES_OPTION } from './command-options.js';
import { OUTPUT_OPTION } from './output.js';
import { assertSessionWritable, readSession, SessionFile } from './session-file.js';

const ENDPOINT_OPTION: OptionRow = {
  flags: '--endpoint <list>',
  variable: 'QUORATE_ENDPOINT',
  summary: 'nodes to talk to, separated by commas; the next where one does not answer',
  default: '127.0.0.1:8090,127.0.0.1:8091,127.0.0.1:8092',
  group: CLUSTER_GROUP,
};
const LEVEL_OPTION: OptionRow = {
  flags: '--level <level>',
  variable: 'QUORATE_LEVEL',
  summary: 'consistency level (quorate levels lists them); without it the default of the cluster',
  completes: 'levels',
  group: REQUEST_GROUP,
};
const FALLBACK_OPTION: OptionRow = {
  flags: '--fallback <levels>',
  variable: 'QUORATE_FALLBACK',
  summary: 'weaker levels to descend to, separated by commas',
  completes: 'level-list',
  group: REQUEST_GROUP,
};
const TIMEOUT_OPTION: OptionRow = {
  flags: '--timeout <duration>',
  variable: 'QUORATE_TIMEOUT',
  summary: 'deadline of the request, as 500ms or 5s (most nodes: 60s at most); else the default',
  group: REQUEST_GROUP,
};
const CONTEXT_OPTION: OptionRow = {
  flags: '--context <context>',
  variable: 'QUORATE_CONTEXT',
  summary: 'what the writer has seen, from a get; without it: replace what is there',
  group: REQUEST_GROUP,
};
const DURABILITIES = ['sync', 'os', 'memory'] as const;
export const DURABILITY_OPTION: OptionRow = {
  flags: '--durability <kind>',
  variable: 'QUORATE_DURABILITY',
  summary: 'what an acknowledgement means; without it: on the disk (sync)',
  choices: DURABILITIES,
  group: REQUEST_GROUP,
};

const IF_MATCH_OPTION: OptionRow = {
  flags: '--if-match <versions>',
  variable: 'QUORATE_IF_MATCH',
  summary: 'write only if the value is this version (or ETag; a list; *: any): atomic, at strong',
  group: REQUEST_GROUP,
};
const IF_NONE_MATCH_OPTION: OptionRow = {
  flags: '--if-none-match',
  variable: 'QUORATE_IF_NONE_MATCH',
  summary: 'write only if there is no value: atomic, at strong',
  group: REQUEST_GROUP,
};
const SESSION_FILE_OPTION: OptionRow = {
  flags: '--session-file <path>',
  variable: 'QUORATE_SESSION_FILE',
  summary: 'keeps what was seen, so that later commands with it see no less; made where it is not',
  completes: 'files',
  group: REQUEST_GROUP,
};

export const IDEMPOTENCY_KEY_OPTION: OptionRow = {
  flags: '--idempotency-key <key>',
  variable: 'QUORATE_IDEMPOTENCY_KEY',
  summary: 'with the same key it is applied once, however often it is sent',
  group: REQUEST_GROUP,
};

export const NAMESPACE_OPTION: OptionRow = {
  flags: '--namespace <name>',
  variable: 'QUORATE_NAMESPACE',
  summary: 'of the key; without it the default one',
  group: REQUEST_GROUP,
};

export const CONTROL_OPTIONS = [ENDPOINT_OPTION, OUTPUT_OPTION, VARIABLES_OPTION];
export const KEY_OPTIONS = [NAMESPACE_OPTION, ...CONTROL_OPTIONS];
/** A list is of no session. */
export const LIST_OPTIONS = [LEVEL_OPTION, FALLBACK_OPTION, TIMEOUT_OPTION, ...KEY_OPTIONS];
export const READ_OPTIONS = [SESSION_FILE_OPTION, ...LIST_OPTIONS];
export const WRITE_OPTIONS = [
  CONTEXT_OPTION,
  DURABILITY_OPTION,
  IDEMPOTENCY_KEY_OPTION,
  ...READ_OPTIONS,
];
/** Of writes of one key. */
export const CONDITION_OPTIONS = [IF_MATCH_OPTION, IF_NONE_MATCH_OPTION];
export const LOAD_OPTIONS = [ENDPOINT_OPTION, LEVEL_OPTION, TIMEOUT_OPTION, VARIABLES_OPTION];

/** Base64url of a code of 12 bytes, and what it covers. */
const CONTEXT = /^[\w-]{17,}$/;
const TIMEOUT_LIMITS = { minimum: 1, maximum: 600_000 };

/** Of a session, where `--session-file` names one. */
export async function clientOf(options: CommandOptions): Promise<KeyValueRequests> {
  const endpoints = endpointOptions(options);
  const file = options.text('sessionFile');
  // Loaded here: a command that does not talk to a cluster starts sooner.
  const [{ QuorateClient }, { GotTransport }] = await Promise.all([
    import('../lib/client/client.js'),
    import('./got-transport.js'),
  ]);
  const namespace = options.text('namespace');
  const client = new QuorateClient({
    ...{ endpoints, namespace, transport: new GotTransport() },
    // Who types a command names the nodes, and sees the first answer.
    ...{ discover: false, retries: 0 },
  });
  if (file === undefined) return client;
  const tokens = readSession(file);
  await assertSessionWritable(file);
  const kept = new SessionFile(file, tokens);
  const onTokens = (held: readonly string[]): Promise<void> =>
    kept.keep(held).catch(options.outputFailed);
  return client.session({ tokens, onTokens });
}

/** Below it lie the keys. */
export function keysPathOf(options: CommandOptions): string {
  return `${basePathOf(options.text('namespace'))}/kv`;
}

/** @param operation what the level is for. @throws OperatingError `invalid_level` */
export function readOptionsOf(
  options: CommandOptions,
  operation: 'read' | 'write' | 'both' = 'read',
): ReadOptions {
  const level = options.text('level');
  const fallbacks = options.text('fallback') === undefined ? undefined : options.list('fallback');
  // Every level is for writes.
  const judged = operation === 'read' ? 'read' : 'write';
  for (const one of [level ?? [], fallbacks ?? []].flat()) parseLevel(one, judged);
  return {
    level: level as Level | undefined,
    fallbacks: fallbacks as Level[] | undefined,
    timeoutMilliseconds:
      options.text('timeout') === undefined
        ? undefined
        : options.milliseconds('timeout', TIMEOUT_LIMITS),
    explain: options.isSet('explain') || undefined,
  };
}

export function writeOptionsOf(options: CommandOptions): WriteOptions {
  return {
    ...readOptionsOf(options, 'write'),
    context: contextOf(options),
    durability: durabilityOf(options),
    idempotencyKey: options.text('idempotencyKey'),
  };
}

/** As `ContextSeal` writes it, at least: only a node can open it. */
function contextOf(options: CommandOptions): string | undefined {
  const context = options.text('context');
  if (context === undefined || CONTEXT.test(context)) return context;
  const where = 'quorate get KEY -o json tells it';
  throw new OperatingError('invalid_context', `--context ${context} is no context; ${where}`);
}

export function durabilityOf(options: CommandOptions): WriteOptions['durability'] {
  return options.text('durability') === undefined
    ? undefined
    : options.oneOf('durability', DURABILITIES);
}

/** What must hold of the value that is there. */
export function conditionOptionsOf(
  options: CommandOptions,
): Pick<WriteOptions, 'ifMatch' | 'ifNoneMatch'> {
  const match = options.text('ifMatch');
  return {
    ifMatch: match === undefined ? undefined : tagsOf(match),
    ifNoneMatch: options.isSet('ifNoneMatch') ? '*' : undefined,
  };
}

/** Quotes are hard to type in a shell: a version may go without. */
function tagsOf(text: string): string {
  if (text.trim() === '*' || text.includes('"')) return text;
  return text
    .split(',')
    .map((version) => `"${version.trim()}"`)
    .join(', ');
}

/** @throws OperatingError `invalid_request` where one is no address */
export function endpointOptions(options: CommandOptions): string[] {
  const list = options.list('endpoint');
  if (list.length === 0) throw new OperatingError('invalid_request', '--endpoint names no node');
  return list.map((text) => {
    const whole = text.includes('://') ? text : `http://${text}`;
    const url = URL.canParse(whole) ? new URL(whole) : undefined;
    if (url?.protocol !== 'http:' || url.hostname === '' || url.pathname !== '/') {
      throw new OperatingError('invalid_request', `--endpoint ${text} is not http://host:port`);
    }
    return url.origin;
  });
}
