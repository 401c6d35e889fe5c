/** Asks a share of the requests how they came about, and notes what they report to the checkers. */
import { z } from 'zod';
import type {
  ReportedExplanation,
  ExplainedRequest,
  ReportedVersions,
} from '../../lib/checkers/explained-request.js';
import { STRONG } from '../../lib/coordination/request/level.js';
import type { HistoryRecorder } from './history-recorder.js';
import type { HttpAnswer } from './http-answers.js';
import type { ReadAnswer, Refusal, WriteAnswer } from './kv-answer.js';
import type { Addressed, WriteRequest } from './kv-request.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { Beginning, Witness } from './witness.js';
import type { World } from './world.js';

export interface ExplainedAnswersOptions {
  readonly world: World;
  readonly recorder: HistoryRecorder;
  readonly witness: Pick<Witness, 'primaries' | 'zoneOf' | 'asked' | 'holders'>;
  readonly onTrouble: (message: string) => void;
}

interface Asked {
  readonly machine: Machine;
  readonly since: Beginning;
  /** What was answered, as the history names it. */
  readonly steps: readonly string[];
}

const SHARE = 0.06;
/** Fewer requests are decided so, and more is reported of each. */
const SHARE_AT_STRONG = 0.3;

const versions = z.array(z.string()).optional();
const count = z.number().optional();
const text = z.string().optional();
const flag = z.boolean().optional();
const stepShape = z.looseObject({
  ...{ at_ms: z.number(), did: z.string(), node: text, took_ms: count, level: text },
  ...{ answered: count, asked: count, stand_ins: count, versions, versions_left_out: count },
  ...{ version: text, sent: text, hint_for: text, ballot: text, proposal: text, result: text },
  ...{ round: count, rounds: count, refused: text },
  answer: z
    .looseObject({ versions, versions_left_out: count, held: flag, met: flag })
    .extend({ proposer: flag, under_way: flag })
    .nullable()
    .optional(),
});
const nodes = z.array(z.string());
const courseShape = z.looseObject({
  ...{ node: z.string(), course: z.string(), operation: text, ballot: text },
  steps: z.array(stepShape),
  plan: z
    .object({ partition: z.number(), order: nodes, stand_ins: nodes })
    .extend({ owners: z.array(z.object({ node: z.string(), zone: z.string() })) })
    .optional(),
  levels: z
    .array(
      z.object({
        level: z.string(),
        needs: z.array(z.object({ required: z.number(), of: nodes })),
      }),
    )
    .optional(),
});
const bodyShape = z.object({
  explain: z
    .object({ node: z.string(), took_ms: z.number(), left_out: count })
    .extend({ courses: z.array(courseShape) })
    .optional(),
});

export class ExplainedAnswers {
  readonly #options: ExplainedAnswersOptions;
  readonly #random: SeededRandom;

  constructor(options: ExplainedAnswersOptions) {
    this.#options = options;
    // Of its own: other requests are drawn as if nobody asked.
    this.#random = options.world.random('explained answers');
  }

  /** The request, which may ask for it, in one way or the other. */
  drawn<Request extends Addressed>(request: Request): Request {
    const share = request.level === STRONG ? SHARE_AT_STRONG : SHARE;
    if (!this.#random.chance(share)) return request;
    return { ...request, explains: this.#random.pick(['query', 'header'] as const) };
  }

  /** @param heard of a read: what others said in its messages */
  note(
    { machine, since, steps }: Asked,
    { key, explains, ...request }: Addressed & Partial<Pick<WriteRequest, 'durability'>>,
    answer: ReadAnswer | WriteAnswer | Refusal | undefined,
    sent: HttpAnswer | undefined,
    heard: readonly ReportedVersions[] = [],
  ): void {
    const { world, recorder, witness, onTrouble } = this.#options;
    if (sent === undefined || answer === undefined || answer.kind === 'refused') return;
    const reported = explainedIn(sent);
    if (explains === undefined) {
      if (reported !== undefined)
        onTrouble(`${machine.id} explains what nobody asked it to explain`);
      return;
    }
    const [id = ''] = steps;
    const { level, answered, asked, standIns } = answer.receipt;
    const isRead = answer.kind === 'read';
    const written = isRead ? [] : [answer.version];
    const durability = request.durability ?? 'sync';
    const explained: ExplainedRequest = {
      ...{
        id,
        key,
        kind: isRead ? 'read' : 'write',
        level,
        answered,
        asked,
        standIns,
        reported,
        heard,
      },
      ...{ node: machine.id, zone: witness.zoneOf(machine.id), primaries: witness.primaries(key) },
      ...{ began: since.at, ended: world.now, took: (world.now - since.at) * machine.time.rate },
      versions: isRead ? answer.versions.map(({ version }) => version) : written,
      witnesses: isRead
        ? witness.asked(key, since)
        : witness.holders(key, answer.version, durability, since),
    };
    recorder.explained(explained);
    world.count(`explained ${explained.kind} ${level}`);
    for (const { course } of reported?.courses ?? []) world.count(`explained course: ${course}`);
  }
}

/** All answers to requests on keys are JSON where they are explained. */
function explainedIn({ headers, body }: HttpAnswer): ReportedExplanation | undefined {
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('application/json') && !type.startsWith('application/problem+json')) {
    return undefined;
  }
  const json = bodyShape.safeParse(JSON.parse(body.toString('utf8')));
  if (!json.success) throw new Error(`not an explanation: ${json.error.message}`);
  return json.data.explain;
}
