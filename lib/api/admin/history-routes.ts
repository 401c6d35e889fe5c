/** What the document says of conflicts and versions of a key; the data path serves them. */
import { z } from 'zod';
import { STRATEGY_NAMES } from '../../resolution/strategies.js';
import { COMMON, CONTEXT, PATHS, WRITE, WRITTEN } from './data-routes.js';
import { anyJson, bytesShape, oneOf, sibling, time, writtenShape } from './data-shapes.js';
import { EXPLAIN, explained } from './explain-shape.js';
import type { RouteDescription } from './route.js';

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

export const HISTORY_ROUTES: readonly RouteDescription[] = PATHS.flatMap(
  ({ path, key, suffix, of }): RouteDescription[] => [
    {
      method: 'GET',
      path: `${path}/conflicts`,
      operationId: `get${suffix}Conflicts`,
      tag: 'Keys',
      summary: `The siblings of ${of}, and how earlier conflicts were resolved`,
      parameters: [key, ...COMMON, ...EXPLAIN],
      answers: {
        200: { description: 'The siblings.', schema: conflictsShape },
        404: { description: 'The key was never written.' },
      },
    },
    {
      method: 'POST',
      path: `${path}/conflicts/resolve`,
      operationId: `resolve${suffix}Conflict`,
      tag: 'Keys',
      summary: `Resolves the siblings of ${of} that a context shows: by a strategy, or to a value`,
      parameters: [key, DRY_RUN, ...WRITE],
      body: { 'application/json': resolveShape },
      bodyExample: { context: CONTEXT, strategy: 'set-union' },
      answers: {
        ...WRITTEN,
        200: {
          description: 'Written, as durably as the level asks; or what a dry run would keep.',
          schema: z.union([writtenShape, previewShape]),
        },
        409: {
          description:
            'Other siblings are there by now (`version_changed`), or the strategy cannot resolve ' +
            'these values (`siblings`). Nothing happened.',
        },
      },
    },
    {
      method: 'GET',
      path: `${path}/versions`,
      operationId: `get${suffix}Versions`,
      tag: 'Keys',
      summary: `The versions of ${of}: current, and superseded ones that are kept`,
      parameters: [key, ...COMMON, ...EXPLAIN],
      answers: {
        200: { description: 'The versions, without their values.', schema: versionsShape },
        404: { description: 'The key was never written.' },
      },
    },
  ],
);
