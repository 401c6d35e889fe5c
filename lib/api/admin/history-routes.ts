/** What the document says of conflicts and versions of a key; the data path serves them. */
import { z } from 'zod';
import { STRATEGY_NAMES } from '../../resolution/strategies.js';
import { type AnswerHeader, ONCE, READ_RECEIPT, WRITE_RECEIPT } from './answer-header-rows.js';
import { ANY_READ, CONTEXT, PATHS, UNCONDITIONAL, WRITTEN } from './data-routes.js';
import { anyJson, bytesShape, oneOf, sibling, time, writtenShape } from './data-shapes.js';
import { EXPLAIN, explained } from './explain-shape.js';
import type { AnswerRow, RouteDescription } from './route.js';

const dropped = {
  version: z.string(),
  bytes: z.number(),
  written_at: time,
  written_by: z.string(),
};
const resolution = z.strictObject({
  at: time,
  /** Its name; `value` where the result was given. */
  strategy: z.string(),
  by: z.string(),
  kept: z.string(),
  dropped: z.array(
    z.union([
      oneOf(dropped),
      z.strictObject({ ...dropped, value_left_out: z.literal(true), content_type: z.string() }),
    ]),
  ),
});
const conflictSibling = {
  ...sibling,
  dot: z.strictObject({ writer: z.string(), n: z.int().min(1) }),
  relation: z.enum(['concurrent', 'current']),
};

export const conflictsShape = z.strictObject({
  key: z.string(),
  in_conflict: z.boolean(),
  context: z.string().optional(),
  siblings: z.array(oneOf(conflictSibling)),
  resolutions: z.array(resolution),
  ...explained,
});
export const versionsShape = z.strictObject({
  key: z.string(),
  context: z.string().optional(),
  versions: z.array(
    z.strictObject({
      version: z.string(),
      state: z.enum(['current', 'kept']),
      written_at: time,
      written_by: z.string(),
      content_type: bytesShape.content_type,
      bytes: z.number(),
    }),
  ),
  ...explained,
});
const previewShape = oneOf({
  key: z.string(),
  dry_run: z.literal(true),
  /** The versions that it would supersede. */
  replaced: z.array(z.string()),
  ...explained,
});
const DRY_RUN = {
  name: 'dry_run',
  in: 'query',
  description: 'Shows the value that would be kept; changes nothing.',
  schema: { type: 'string', const: '1' },
} as const;
const context = z.string().min(1);
const resolveShape = z.union([
  z.strictObject({
    context,
    strategy: z.enum(STRATEGY_NAMES.filter((name) => name !== 'siblings')),
  }),
  z.strictObject({ context, value: anyJson }),
]);

const OF_CONFLICTS: readonly AnswerHeader[] = [...READ_RECEIPT, 'X-Siblings'];
const NEVER_WRITTEN: AnswerRow = {
  description: 'The key was never written.',
  headers: READ_RECEIPT,
};

const BODIES: readonly RouteDescription[] = PATHS.flatMap(
  ({ path, key, suffix, of }): RouteDescription[] => [
    {
      method: 'GET',
      path: `${path}/conflicts`,
      operationId: `get${suffix}Conflicts`,
      tag: 'Keys',
      summary: `The siblings of ${of}, and how earlier conflicts were resolved`,
      parameters: [key, ...ANY_READ, ...EXPLAIN],
      answers: {
        200: { description: 'The siblings.', schema: conflictsShape, headers: OF_CONFLICTS },
        404: NEVER_WRITTEN,
      },
    },
    {
      method: 'POST',
      path: `${path}/conflicts/resolve`,
      operationId: `resolve${suffix}Conflict`,
      tag: 'Keys',
      summary: `Resolves the siblings of ${of} that a context shows: by a strategy, or to a value`,
      parameters: [key, DRY_RUN, ...UNCONDITIONAL],
      body: { 'application/json': resolveShape },
      bodyExample: { context: CONTEXT, strategy: 'set-union' },
      answers: {
        ...WRITTEN,
        200: {
          description: 'Written, as durably as the level asks; or what a dry run would keep.',
          schema: z.union([writtenShape, previewShape]),
          headers: WRITE_RECEIPT,
        },
        409: {
          description:
            'Other siblings are there by now (`version_changed`), or the strategy cannot resolve ' +
            'these values (`siblings`). Nothing happened.',
          headers: ONCE,
        },
      },
    },
    {
      method: 'GET',
      path: `${path}/versions`,
      operationId: `get${suffix}Versions`,
      tag: 'Keys',
      summary: `The versions of ${of}: current, and superseded ones that are kept`,
      parameters: [key, ...ANY_READ, ...EXPLAIN],
      answers: {
        200: {
          description: 'The versions, without their values.',
          schema: versionsShape,
          headers: READ_RECEIPT,
        },
        404: NEVER_WRITTEN,
      },
    },
  ],
);

const HEADS: readonly RouteDescription[] = PATHS.flatMap(
  ({ path, key, suffix, of }): RouteDescription[] => [
    {
      method: 'HEAD',
      path: `${path}/conflicts`,
      operationId: `head${suffix}Conflicts`,
      tag: 'Keys',
      summary: `The headers of the siblings of ${of}`,
      parameters: [key, ...ANY_READ],
      answers: {
        200: { description: 'They are there.', headers: OF_CONFLICTS },
        404: NEVER_WRITTEN,
      },
    },
    {
      method: 'HEAD',
      path: `${path}/versions`,
      operationId: `head${suffix}Versions`,
      tag: 'Keys',
      summary: `The headers of the versions of ${of}`,
      parameters: [key, ...ANY_READ],
      answers: {
        200: { description: 'They are there.', headers: READ_RECEIPT },
        404: NEVER_WRITTEN,
      },
    },
  ],
);

export const HISTORY_ROUTES: readonly RouteDescription[] = [...BODIES, ...HEADS];
