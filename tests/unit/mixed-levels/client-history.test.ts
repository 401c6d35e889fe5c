/** Histories of clients, good and bad: what the checkers make of them. */
import t from 'tap';
import { checkHistory } from '../../../lib/checkers/check-history.js';
import { shapedValue } from '../../../lib/checkers/checked-value.js';
import { ClientHistory, type MixedWrite } from '../../mixed-levels/client-history.js';
import type { Answer, ReadAnswer, Receipt } from '../../simulation/kv-answer.js';

const key = 'k';

function receipt(level: string, answered: number): Receipt {
  return { level, answered, asked: 3, standIns: 0, durability: 'sync', bound: undefined };
}

/** One client after the other: each step takes one unit of time. */
class Reported {
  readonly history = new ClientHistory(3);
  #now = 0;

  write(how: Partial<MixedWrite>, version: string | undefined, answered = 2): MixedWrite {
    const plain = { key, kind: 'value', shown: undefined, expected: undefined } as const;
    const write = this.history.begin({ ...plain, isStrong: true, ...how, began: this.#next() });
    const { replaced = [], isStrong } = { isStrong: true, ...how };
    const answer: Answer | undefined =
      version === undefined
        ? undefined
        : {
            ...{ kind: 'written', version, context: 'c', replaced },
            receipt: receipt(isStrong ? 'strong' : 'quorum', answered),
          };
    this.history.ended(write, answer, this.#next());
    return write;
  }

  refused(how: Partial<MixedWrite>, met: readonly string[]): void {
    const plain = { key, kind: 'value', shown: undefined, expected: undefined } as const;
    const write = this.history.begin({ ...plain, isStrong: true, ...how, began: this.#next() });
    const code = 'precondition_failed';
    this.history.ended(write, { kind: 'refused', code, outcome: 'none', met }, this.#next());
  }

  read(level: string, shown: readonly (readonly [string, string])[], after?: readonly string[]) {
    const versions = shown.map(([version, id]) => ({
      version,
      value: shapedValue({ key, writeId: id }, 'string'),
    }));
    const session = after && { after, isCausal: level === 'causal' };
    const times = { began: this.#next(), ended: this.#next() };
    const answer: Pick<ReadAnswer, 'versions' | 'receipt'> = {
      versions,
      receipt: receipt(level, level === 'strong' || level === 'quorum' ? 2 : 1),
    };
    return this.history.read({ key, ...times, session }, answer);
  }

  get checkers(): string[] {
    return [
      ...new Set(checkHistory(this.history.history([])).map(({ checker }) => checker)),
    ].sort();
  }

  #next(): number {
    this.#now += 1;
    return this.#now;
  }
}

t.test('what strong operations were answered has an order', async (t) => {
  const reported = new Reported();
  const { id } = reported.write({}, 'a.1');
  reported.read('strong', [['a.1', id]]);
  const second = reported.write({ expected: ['a.1'], replaced: ['a.1'] }, 'a.2');
  reported.refused({ expected: ['a.1'] }, ['a.2']);
  reported.read('strong', [['a.2', second.id]]);
  t.strictSame(reported.checkers, []);
});

t.test('a strong read of what was replaced before it began is found', async (t) => {
  const reported = new Reported();
  const first = reported.write({}, 'a.1');
  reported.write({ replaced: ['a.1'] }, 'a.2');
  reported.read('strong', [['a.1', first.id]]);
  t.ok(reported.checkers.includes('order'));
});

t.test('two comparisons that hold of one version are found', async (t) => {
  const reported = new Reported();
  reported.write({}, 'a.1');
  reported.write({ expected: ['a.1'], replaced: ['a.1'] }, 'a.2');
  reported.write({ expected: ['a.1'], replaced: ['a.1'] }, 'a.3');
  t.ok(reported.checkers.includes('order'));
});

t.test('a comparison that met what nobody else saw there is found', async (t) => {
  const reported = new Reported();
  reported.write({}, 'a.1');
  reported.write({ replaced: ['a.1'] }, 'a.2');
  reported.refused({ expected: ['a.9'] }, ['a.1']);
  t.ok(reported.checkers.includes('order'));
});

t.test('a write without an answer may surface, and may be replaced by what was shown it', (t) => {
  const reported = new Reported();
  const first = reported.write({}, 'a.1');
  const open = reported.write({ shown: ['a.1'], isStrong: false }, undefined);
  reported.read('strong', [['a.1', first.id]]);
  reported.read('strong', [['b.1', open.id]]);
  reported.read('quorum', [['b.1', open.id]]);
  t.strictSame(reported.checkers, []);
  // Once it was there, and nobody has replaced it, it stays.
  reported.read('strong', [['a.1', first.id]]);
  t.strictSame(reported.checkers, ['order', 'stale reads', 'zones']);
  t.end();
});

t.test('of a key where nobody knows what a lost write has replaced, the order is judged', (t) => {
  const reported = new Reported();
  reported.write({}, 'a.1');
  const open = reported.write({}, undefined);
  reported.read('quorum', [['b.1', open.id]]);
  t.strictSame(reported.checkers, []);
  t.same(reported.history.unjudgedKeys([]), { order: 1, none: 0 });
  reported.read('strong', []);
  t.strictSame(reported.checkers, ['order', 'zones']);
  t.end();
});

t.test('of a key where a lost write was replaced before anybody was shown it, nothing is', (t) => {
  const reported = new Reported();
  reported.write({}, 'a.1');
  reported.write({}, undefined);
  const last = reported.write({ replaced: ['b.1'] }, 'a.2');
  reported.read('strong', [['a.2', last.id]]);
  t.strictSame(reported.checkers, []);
  t.same(reported.history.unjudgedKeys([]), { order: 0, none: 1 });
  t.end();
});

t.test('a session that is shown less than before is found', async (t) => {
  const reported = new Reported();
  const first = reported.write({}, 'a.1');
  const second = reported.write({ replaced: ['a.1'] }, 'a.2');
  const seen = reported.read('session', [['a.2', second.id]], []);
  reported.read('session', [['a.1', first.id]], [seen.id]);
  t.ok(reported.checkers.includes('sessions'));
});

t.test('steps of a session are kept in order where some of them are not judged', async (t) => {
  const reported = new Reported();
  const { history } = reported;
  const one = reported.write({}, 'a.1');
  const seen = reported.read('session', [['a.1', one.id]], []);
  const other = {
    key: 'other',
    began: 90,
    ended: 91,
    session: { after: [seen.id], isCausal: false },
  };
  const versions = [
    { version: 'x.1', value: shapedValue({ key: 'other', writeId: 'w2' }, 'string') },
  ];
  history.begin({
    ...{ key: 'other', kind: 'value', began: 80, isStrong: true },
    ...{ shown: undefined, expected: undefined },
  });
  const between = history.read(other, { versions, receipt: receipt('session', 1) });
  const last = reported.read('session', [], [between.id]);
  const read = history.history([]).reads.find(({ id }) => id === last.id);
  t.strictSame(read?.session?.after, [seen.id]);
  t.ok(
    reported.checkers.includes('sessions'),
    'and what it saw before is asked of what comes after',
  );
});
