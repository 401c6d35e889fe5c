/** The tokens of a client: whatever the order of the answers, none takes back another. */
import fc from 'fast-check';
import t from 'tap';
import { HeldTokens } from '../../../lib/client/held-tokens.js';

/** A token stands for all requests whose answers it knows. */
type Known = ReadonlySet<number>;

const anyRun = fc.array(fc.record({ answers: fc.boolean(), which: fc.nat() }), { maxLength: 30 });

t.test('what any answer reported is known to every later request', async () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const held = new HeldTokens<Known>();
      const open: { readonly id: number; readonly sent: readonly Known[] }[] = [];
      const reported = new Set<number>();
      let next = 0;
      for (const { answers, which } of run) {
        const known = new Set(held.all.flatMap((token) => [...token]));
        if (![...reported].every((id) => known.has(id))) return false;
        if (!answers || open.length === 0) {
          open.push({ id: next, sent: held.all });
          next += 1;
          continue;
        }
        const [{ id, sent } = { id: -1, sent: [] }] = open.splice(which % open.length, 1);
        held.answered(sent, new Set([...sent.flatMap((token) => [...token]), id]));
        reported.add(id);
      }
      return true;
    }),
  );
});

t.test('an answer takes the place of what its request sent, and of that alone', async (t) => {
  const held = new HeldTokens<string>(['a']);
  const first = held.all;
  held.add(['from elsewhere']);
  const second = held.all;
  held.answered(first, 'b');
  t.strictSame(held.all, ['from elsewhere', 'b']);
  held.answered(second, 'c');
  t.strictSame(held.all, ['b', 'c']);
});
