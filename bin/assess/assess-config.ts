/** The file that `quorate assess` reads: a cluster on paper, and why it is so. */
import { z } from 'zod';
import { DURATION_UNITS, formatQuantity, parseQuantity } from '../../config/units.js';
import { problemText, shapedBy } from '../../lib/encoding/shaped.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { rateLimitMax, rateLimitWindow } from '../../lib/membership/settings-types.js';

const FOLLOWERS_MAX = 8;
const DELAY_MILLISECONDS_MAX = 3_600_000;
const REASON_CHARACTERS_MAX = 2000;

/** What each file decides, and should give a reason for. */
export const DECISIONS = [
  'followers',
  'write_quorum',
  'read_quorum',
  'auto_spawn',
  'auto_spawn_delay',
  'rate_limit_max',
  'rate_limit_window',
] as const;
type Decision = (typeof DECISIONS)[number];

/** As headers have it: `500ms`, `5s`; a bare number is milliseconds. */
const duration = z.union([z.string(), z.number()]).transform((given, context) => {
  const milliseconds = parseQuantity(String(given), DURATION_UNITS);
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue({ code: 'custom', message: 'must be a duration, as 500ms, 5s or 1m' });
  return z.NEVER;
});
const reason = z.string().max(REASON_CHARACTERS_MAX);

const shape = z
  .strictObject({
    /** Beside one node: N is one more. */
    followers: z.int().min(0).max(FOLLOWERS_MAX),
    /** Copies that are durable before a write is acknowledged (W). */
    write_quorum: z.int().min(1),
    /** Replicas that answer before a read does (R). */
    read_quorum: z.int().min(1),
    auto_spawn: z.boolean(),
    auto_spawn_delay: duration.pipe(z.number().min(0).max(DELAY_MILLISECONDS_MAX)),
    rate_limit_max: rateLimitMax,
    rate_limit_window: duration
      .transform((milliseconds) => formatQuantity(milliseconds, DURATION_UNITS))
      .pipe(rateLimitWindow),
    justifications: z.partialRecord(z.enum(DECISIONS), reason).optional(),
  })
  .superRefine(({ followers, write_quorum, read_quorum }, context) => {
    const nodes = followers + 1;
    for (const [name, quorum] of Object.entries({ write_quorum, read_quorum })) {
      if (quorum <= nodes) continue;
      const message = `${quorum} replicas are asked for, and ${nodes} nodes hold ${nodes} copies`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export interface AssessConfig {
  readonly nodes: number;
  readonly writeQuorum: number;
  readonly readQuorum: number;
  readonly autoSpawn: boolean;
  readonly autoSpawnDelayMilliseconds: number;
  readonly rateLimitMax: number;
  /** As the setting has it: `10s`. */
  readonly rateLimitWindow: string;
  readonly justifications: Readonly<Partial<Record<Decision, string>>>;
}

/** @throws OperatingError `invalid_request` that names the member */
export function parseAssessConfig(text: string, file: string): AssessConfig {
  const shaped = shapedBy(shape, jsonOf(text, file));
  if ('problems' in shaped) {
    throw new OperatingError('invalid_request', `${file}: ${problemText(shaped.problems)}`);
  }
  const data = shaped.value;
  return {
    nodes: data.followers + 1,
    writeQuorum: data.write_quorum,
    readQuorum: data.read_quorum,
    autoSpawn: data.auto_spawn,
    autoSpawnDelayMilliseconds: data.auto_spawn_delay,
    rateLimitMax: data.rate_limit_max,
    rateLimitWindow: data.rate_limit_window,
    justifications: data.justifications ?? {},
  };
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatingError('invalid_request', `${file} is not JSON: ${messageOf(error)}`);
  }
}
