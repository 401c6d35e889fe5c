/** What HTTP answers say, read as a strict client does: what is not understood throws. */
import { z } from 'zod';
import type { ReadVersion, StalenessClaim } from '../../lib/checkers/history.js';
import type { HttpAnswer } from './http-answers.js';
import { EPOCH_MILLISECONDS } from './simulated-clock.js';

export interface Receipt {
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
  readonly durability: string | undefined;
  /** How old the answer can be, as it says. */
  readonly bound: StalenessClaim | undefined;
}

export interface ReadAnswer {
  readonly kind: 'read';
  readonly versions: readonly ReadVersion[];
  readonly context: string | undefined;
  readonly receipt: Receipt;
  readonly token?: string | undefined;
}

export interface WriteAnswer {
  readonly kind: 'written';
  readonly version: string;
  readonly context: string;
  readonly replaced: readonly string[];
  readonly beside?: readonly string[] | undefined;
  readonly receipt: Receipt;
  readonly token?: string | undefined;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly outcome: 'none' | 'unknown';
  /** Of a condition that did not hold: the versions that it met; undefined: it does not say. */
  readonly met?: readonly string[] | undefined;
  readonly token?: undefined;
}

/** Nothing was sent: the node is down. */
export const REFUSED_CONNECTION: HttpAnswer = {
  status: 503,
  headers: new Map(),
  body: Buffer.from('{"code":"peer_unreachable","outcome":"none"}'),
};

export type Answer = ReadAnswer | WriteAnswer | Refusal;

const shownShape = z.object({
  value: z.unknown().optional(),
  value_base64: z.string().optional(),
  version: z.string(),
  expires_at: z.string().optional(),
});
const listShape = z.object({
  context: z.string().optional(),
  siblings: z.array(shownShape),
});
const singleShape = shownShape.extend({ context: z.string().optional() });
const writtenShape = z.object({
  version: z.string(),
  context: z.string(),
  replaced: z.array(z.string()),
  beside: z.array(z.string()).optional(),
});
const problemShape = z.object({
  code: z.string(),
  outcome: z.enum(['none', 'unknown']),
  context: z.string().optional(),
  siblings: z.union([z.number(), z.array(z.unknown())]).optional(),
  version: z.string().optional(),
});

/** What a member of a batch, or a whole answer, is about. */
interface Reported {
  readonly status: number;
  readonly json: unknown;
  readonly receipt: Receipt | undefined;
}

export function readAnswer(answer: HttpAnswer): ReadAnswer | Refusal {
  const { status, headers, body } = answer;
  const type = headers.get('content-type') ?? '';
  if (status !== 200 || type === 'application/json') {
    return withToken(answer, readOf({ status, json: jsonOf(body), receipt: receiptOf(answer) }));
  }
  // Bytes as they were stored; what else there is to say is in the headers.
  const version = (headers.get('etag') ?? '').slice(1, -1);
  const endsAt = endOf(headers.get('x-expires-at'));
  return {
    kind: 'read',
    versions: [{ version, value: body.toString('utf8'), endsAt }],
    context: headers.get('x-causal-context'),
    receipt: required(receiptOf(answer)),
    token: tokenIn(answer),
  };
}

export function writeAnswer(answer: HttpAnswer): WriteAnswer | Refusal {
  const { status, body } = answer;
  return withToken(answer, writtenOf({ status, json: jsonOf(body), receipt: receiptOf(answer) }));
}

const receiptShape = z.object({
  level: z.string(),
  replicas: z.string(),
  durability: z.string().optional(),
  staleness_bound: z.string().optional(),
});
const batchShape = z.object({
  results: z.array(z.looseObject({ status: z.number(), receipt: receiptShape.optional() })),
});

/** @param reads whether each operation is a read */
export function batchAnswers({ status, body }: HttpAnswer, reads: readonly boolean[]): Answer[] {
  if (status !== 200 && status !== 207) {
    const refusal = refusalOf(jsonOf(body));
    return reads.map(() => refusal);
  }
  const { results } = batchShape.parse(jsonOf(body));
  if (results.length !== reads.length) throw new Error('a batch answers each operation once');
  return results.map((result, i) => {
    const { receipt: stated } = result;
    const receipt = stated && receiptFrom(stated);
    const reported = { status: result.status, json: result, receipt };
    return reads[i] === true ? readOf(reported) : writtenOf(reported);
  });
}

/** The kept versions that a list of versions names. */
export function keptVersions({ status, body }: HttpAnswer): string[] {
  if (status !== 200) return [];
  const shape = z.object({
    versions: z.array(z.object({ version: z.string(), state: z.enum(['current', 'kept']) })),
  });
  const { versions } = shape.parse(jsonOf(body));
  return versions.filter(({ state }) => state === 'kept').map(({ version }) => version);
}

const audited = z.object({ strategy: z.string(), kept: z.string().optional() });

/** What became of earlier conflicts: the versions that were made of them. */
export function resolutionsOf({ status, body }: HttpAnswer): z.infer<typeof audited>[] {
  if (status !== 200) return [];
  return z.object({ resolutions: z.array(audited) }).parse(jsonOf(body)).resolutions;
}

export function refusalOf(json: unknown): Refusal {
  const { code, outcome, siblings, version } = problemShape.parse(json);
  const one = version === undefined ? undefined : [version];
  const isNone = code === 'precondition_failed' && siblings === 0;
  return { kind: 'refused', code, outcome, met: isNone ? [] : one };
}

export function tokenIn({ headers }: HttpAnswer): string | undefined {
  return headers.get('x-session-token');
}

function withToken<Reported extends Answer>(answer: HttpAnswer, reported: Reported): Reported {
  return reported.kind === 'refused' ? reported : { ...reported, token: tokenIn(answer) };
}

function readOf({ status, json, receipt }: Reported): ReadAnswer | Refusal {
  const isFound = status === 200 || isSiblings(status, json);
  if (!isFound && status !== 404) return refusalOf(json);
  // A problem without a receipt is no answer of replicas: nothing was read.
  if (receipt === undefined) return refusalOf(json);
  if (status === 404) {
    const { context } = problemShape.parse(json);
    return { kind: 'read', versions: [], context, receipt };
  }
  const list = listShape.safeParse(json);
  if (list.success) {
    const { context, siblings } = list.data;
    return { kind: 'read', versions: siblings.map(shownOf), context, receipt };
  }
  const single = singleShape.parse(json);
  return { kind: 'read', versions: [shownOf(single)], context: single.context, receipt };
}

function writtenOf({ status, json, receipt }: Reported): WriteAnswer | Refusal {
  if (status !== 200) return refusalOf(json);
  return { kind: 'written', ...writtenShape.parse(json), receipt: required(receipt) };
}

function isSiblings(status: number, json: unknown): boolean {
  return status === 409 && problemShape.parse(json).code === 'siblings';
}

function shownOf(shown: z.infer<typeof shownShape>): ReadVersion {
  const { value, value_base64: base64, version, expires_at: end } = shown;
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
  return { version, value: bytes ?? JSON.stringify(value), endsAt: endOf(end) };
}

/** True time; null: never. */
function endOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text) - EPOCH_MILLISECONDS;
}

function jsonOf(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8'));
}

function receiptOf({ headers }: HttpAnswer): Receipt | undefined {
  const level = headers.get('x-consistency-achieved');
  const replicas = headers.get('x-replicas');
  if (level === undefined || replicas === undefined) return undefined;
  return receiptFrom({
    ...{ level, replicas, durability: headers.get('x-durability') },
    staleness_bound: headers.get('x-staleness-bound'),
  });
}

const REPLICAS = /^([0-9]+)\/([0-9]+)(?:; stand-ins=([0-9]+))?$/;

const BOUND = /^([0-9]+); scope=(all|quorum)$/;

function boundFrom(text: string | undefined): StalenessClaim | undefined {
  if (text === undefined) return undefined;
  const [, age, scope] = BOUND.exec(text) ?? [];
  if (age === undefined) throw new Error(`not a bound: ${text}`);
  return { age: Number(age), scope: scope === 'all' ? 'all' : 'quorum' };
}

function receiptFrom({
  level,
  replicas,
  durability,
  staleness_bound: bound,
}: z.infer<typeof receiptShape>): Receipt {
  const match = REPLICAS.exec(replicas);
  if (match === null) throw new Error(`not a count of replicas: ${replicas}`);
  const [, answered, asked, standIns] = match.map(Number);
  return {
    level,
    durability,
    bound: boundFrom(bound),
    answered: answered ?? 0,
    asked: asked ?? 0,
    standIns: Number.isNaN(standIns) ? 0 : (standIns ?? 0),
  };
}

function required(receipt: Receipt | undefined): Receipt {
  if (receipt === undefined) throw new Error('the answer has no receipt');
  return receipt;
}
