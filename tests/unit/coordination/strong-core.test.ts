/** The course of an operation at `strong`: golden transcripts, and whose values a read answers. */
import t from 'tap';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { coreOf, playerOf, reportOf, textOfEffect } from './strong-player.js';
import { playAll } from './transcript.js';
import type { StrongEffect } from '../../../lib/coordination/strong/strong-effects.js';

const HEAD = 'a b c at strong proposer=b';

t.test('golden transcripts', async (t) => {
  playAll(t, 'strong', playerOf);
});

/** As it lies in a record; others tell it without its value. */
function stateWith(value: string): Siblings {
  const dot = { writer: 'b.1.0123456789ab', n: 1 };
  const version = {
    ...({ dot, state: 'value', contentType: 'text/plain', writtenAt: 1 } as const),
    ...{ value: Buffer.from(value), expiresAt: undefined },
  };
  return { epoch: 1, context: withMinted(EMPTY_CONTEXT, dot), versions: [version] };
}

/** The values of what is answered, among the effects. */
function valuesIn(effects: readonly StrongEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.do !== 'answer' || effect.result.is !== 'read') return [];
    const versions = effect.result.record?.versions ?? [];
    return versions.map(({ value }) => Buffer.from(value).toString());
  });
}

t.test('a settled read answers with the values of the own record', async (t) => {
  const core = coreOf(HEAD);
  core.begin();
  t.strictSame(core.reported(reportOf('b', stateWith(''), 'b')), []);
  t.strictSame(valuesIn(core.reported(reportOf('a', stateWith('x'), 'b'))), ['x']);
  t.ok(core.isDone);
});

t.test(
  'where the own replica is under rebuild, two others agree, and none has sent its values',
  async (t) => {
    const core = coreOf(HEAD);
    core.begin();
    t.strictSame(core.notReported('a').map(textOfEffect), ['ask c'], 'another in its place');
    t.strictSame(core.reported(reportOf('b', stateWith(''), 'b')), []);
    const decided = core.reported(reportOf('c', stateWith(''), 'b')).map(textOfEffect);
    t.strictSame(decided, ['count a read: not settled', 'propose to b, to be decided']);
    t.notOk(core.isDone);
    const handled = core.proposed('b', { is: 'read', record: stateWith('x') });
    t.strictSame(valuesIn(handled), ['x']);
  },
);
