/** The course of a strong read, told word by word what came: what it does then. */
import t from 'tap';
import type { ReadReport } from '../../../lib/consensus/strong-read.js';
import { StrongCore } from '../../../lib/coordination/strong/strong-core.js';
import type { StrongEffect } from '../../../lib/coordination/strong/strong-effects.js';
import { Plan } from '../../../lib/replication/plan.js';
import { Quorum } from '../../../lib/replication/quorum.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';

const NODES = ['a', 'b', 'c'];
const PROPOSER = 'b';
const promised = { round: 3, node: PROPOSER, start: 1 };

/** As it lies in a record; others tell it without its value. */
function stateOf(value: string): Siblings {
  const dot = { writer: 'b.1.0123456789ab', n: 1 };
  const version = {
    ...({ dot, state: 'value', contentType: 'text/plain', writtenAt: 1 } as const),
    ...{ value: Buffer.from(value), expiresAt: undefined },
  };
  return { epoch: 1, context: withMinted(EMPTY_CONTEXT, dot), versions: [version] };
}

function reportOf(node: string, record: Siblings): ReadReport {
  const isActive = node === PROPOSER;
  return {
    ...{ from: { node, start: 1 }, promised, isActive, isBusy: false },
    ...{ record, acceptance: undefined },
  };
}

function strongRead(): StrongCore {
  const primaries = NODES.map((node) => ({ node, zone: 'z', up: true }));
  const plan = new Plan({
    ...{ partition: 1, epoch: 1, sets: [primaries], order: NODES, standIns: [] },
    ...{ self: 'a', zone: 'z' },
  });
  return new StrongCore({
    ...{ plan, quorum: new Quorum([{ nodes: NODES, required: 2 }]), isRead: true, mayRepeat: true },
    ...{ decides: false, isForwarded: false, takesOver: false },
    ...{ timeoutMilliseconds: 1000, silenceMilliseconds: 250 },
    standing: { stands: () => true, struck: () => undefined },
    proposer: () => PROPOSER,
    isUp: () => true,
    isSilent: () => false,
    mayHaveEnded: () => false,
    fraction: () => 0,
  });
}

function textOf(effect: StrongEffect): string {
  if (effect.do === 'ask') return `ask ${effect.node}`;
  if (effect.do === 'propose') {
    const { node, decide, takeOver } = effect;
    return `propose to ${node}${decide ? ', to be decided' : ''}${takeOver ? ', taking over' : ''}`;
  }
  if (effect.do === 'count read') return `count: ${effect.result}`;
  if (effect.do !== 'answer' || effect.result.is !== 'read') return effect.do;
  const values = effect.result.record?.versions.map(({ value }) => Buffer.from(value).toString());
  return `answer ${values?.join(' ') ?? 'nothing'} of ${effect.answered}`;
}

t.test('a settled read answers with the values of the own record', async (t) => {
  const core = strongRead();
  t.strictSame(core.begin().map(textOf), ['ask a', 'ask b']);
  t.strictSame(core.reported(reportOf('b', stateOf(''))).map(textOf), []);
  const answered = core.reported(reportOf('a', stateOf('x'))).map(textOf);
  t.strictSame(answered, ['count: settled', 'answer x of 2']);
  t.ok(core.isDone);
});

t.test(
  'where the own replica is under rebuild, two others agree, and none has told its values',
  async (t) => {
    const core = strongRead();
    core.begin();
    t.strictSame(core.notReported('a').map(textOf), ['ask c'], 'another owner in its place');
    t.strictSame(core.reported(reportOf('b', stateOf(''))).map(textOf), []);
    const decided = core.reported(reportOf('c', stateOf(''))).map(textOf);
    t.strictSame(decided, ['count: not settled', 'propose to b, to be decided']);
    t.notOk(core.isDone);
    const handled = core.proposed('b', { is: 'read', record: stateOf('x') }).map(textOf);
    t.strictSame(handled, ['answer x of 2']);
  },
);
