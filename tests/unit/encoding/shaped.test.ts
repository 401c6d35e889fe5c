/** What people read where something is not of its shape: plain words, and where it is. */
import t from 'tap';
import { z } from 'zod';
import { problemText, shapedBy } from '../../../lib/encoding/shaped.js';

const shape = z.strictObject({
  count: z.int().min(1).max(9),
  share: z.number().optional(),
  name: z.string().min(2).max(3).optional(),
  on: z.boolean().optional(),
  list: z.array(z.int()).min(1).max(2).optional(),
  way: z.enum(['left', 'right']).optional(),
  only: z.literal('this').optional(),
  ttl: z.union([z.int(), z.literal('keep')]).optional(),
  deep: z.strictObject({ at: z.iso.datetime() }).optional(),
  some: z.partialRecord(z.enum(['a', 'b']), z.string()).optional(),
  said: z
    .string()
    .refine((text) => text === 'x', 'must be x, and nothing else')
    .optional(),
});

const UNKNOWN = 'is not known here; there are';
const NAMES = 'count, share, name, on, list, way, only, ttl, deep, some, said';

const rows: readonly (readonly [unknown, string])[] = [
  [7, 'must be an object'],
  [null, 'must be an object'],
  [{}, 'count: is missing'],
  [{ count: '1' }, 'count: must be a number'],
  [{ count: 1.5 }, 'count: must be a whole number'],
  [JSON.parse('{"count":-1e400}'), 'count: must be a number of JavaScript, which end at 1.8e308'],
  [{ count: 0 }, 'count: must be at least 1'],
  [{ count: 1e300 }, 'count: must be at most 9'],
  [{ count: 1, share: 'x' }, 'share: must be a number'],
  [{ count: 1, name: 'x' }, 'name: must be at least 2 characters long'],
  [{ count: 1, name: 'xxxx' }, 'name: must be at most 3 characters long'],
  [{ count: 1, name: 5 }, 'name: must be a text'],
  [{ count: 1, on: 'yes' }, 'on: must be true or false'],
  [{ count: 1, list: [] }, 'list: must be at least 1 items long'],
  [{ count: 1, list: {} }, 'list: must be a list'],
  [{ count: 1, list: 'a long text' }, 'list: must be a list'],
  [{ count: 1, name: [] }, 'name: must be a text'],
  [{ count: -1e300 }, 'count: must be at least 1'],
  [{ count: 1, list: [1, 'x'] }, 'list.1: must be a number'],
  [{ count: 1, way: 'up' }, 'way: must be one of left, right'],
  [{ count: 1, only: 'that' }, 'only: must be this'],
  [{ count: 1, ttl: 'x' }, 'ttl: must be a number, or must be keep'],
  [{ count: 1, deep: { at: 'now' } }, 'deep.at: is not written as it must be'],
  [{ count: 1, some: { c: 'x' } }, 'some.c: is not known here'],
  [{ count: 1, said: 'y' }, 'said: must be x, and nothing else'],
  [{ count: 1, deep: { at: '2026-01-01T00:00:00Z', in: 1 } }, `deep.in: ${UNKNOWN} at`],
  [
    { count: 1, ['one more']: 1, two: 2 },
    `one more: ${UNKNOWN} ${NAMES}; two: ${UNKNOWN} ${NAMES}`,
  ],
];

t.test('each kind of fault has its words', async (t) => {
  for (const [given, text] of rows) {
    const shaped = shapedBy(shape, given);
    t.equal('problems' in shaped ? problemText(shaped.problems) : '', text);
  }
  t.same(shapedBy(shape, { count: 3, ttl: 'keep' }), { value: { count: 3, ttl: 'keep' } });
});
