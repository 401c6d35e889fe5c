/** Of each kind of request: finding its namespace takes from its time, and never more than that. */
import t from 'tap';
import type { OperationsControl } from '../../../lib/coordination/operation/operation-request.js';
import type { Coordination, KeyLists } from '../../../lib/coordination/request/request.js';
import { NamespaceLookup } from '../../../lib/membership/namespace-lookup.js';
import { NamespacedCoordination } from '../../../lib/membership/namespaced-coordination.js';
import { NamespacedOperations } from '../../../lib/membership/namespaced-operations.js';
import type { LiveNamespace } from '../../../lib/membership/settings-state.js';
import { ManualClock } from '../fakes.js';

const LIVE = { rules: {}, effective: {}, stored: 'shop~2' } as LiveNamespace;
const DEFAULT_MILLISECONDS = 100;
const LIST = { prefix: '', limit: 1, cursor: undefined, values: false };
/** Those of the path of data; the others are as get. */
const REQUESTS = [
  ...['get', 'put', 'conflicts', 'resolve', 'previewResolution', 'versions', 'version'],
  ...['copies', 'list', 'listConflicts', 'run'],
];

interface Asked {
  readonly namespace?: string;
  readonly timeoutMilliseconds?: number;
}

/** A node that hears of the namespace after a while, and notes what it is asked from then on. */
function nodeThatLearnsAfter(milliseconds: number, known?: LiveNamespace) {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const noting = new Proxy(
    {},
    {
      get: () => async (request: Asked) => {
        asked.push(request);
        return { conflicts: [] };
      },
    },
  ) as Coordination & KeyLists & OperationsControl;
  const find = (): Promise<LiveNamespace> =>
    new Promise((resolve) => {
      clock.after(milliseconds, () => resolve(LIVE));
    });
  const namespaces = { known: () => known, find };
  const timeoutDefaultMilliseconds = DEFAULT_MILLISECONDS;
  const lookup = new NamespaceLookup({ namespaces, clock, timeoutDefaultMilliseconds });
  const defaults = () => ({ readLevel: 'one', writeLevel: 'one' });
  const options = { coordination: noting, keyLists: noting, namespaces, lookup, defaults };
  const requests = new NamespacedCoordination(options);
  const operations = new NamespacedOperations(noting, lookup);
  const ask = async (name: string, timeoutMilliseconds?: number): Promise<unknown> => {
    const request = { ...LIST, namespace: 'shop', key: 'k', fallbacks: [], timeoutMilliseconds };
    const target = (name === 'run' ? operations : requests) as unknown as Record<
      string,
      (request: object) => unknown
    >;
    return target[name]?.(request);
  };
  return { clock, asked, ask };
}

for (const name of REQUESTS) {
  t.test(`${name}: what finding it took is gone`, async (t) => {
    const { clock, asked, ask } = nodeThatLearnsAfter(30);
    const answers = [ask(name, 80), ask(name)];
    t.strictSame(asked, [], 'nothing begins before');
    await clock.advance(30);
    await Promise.all(answers);
    const left = asked.map(({ timeoutMilliseconds }) => timeoutMilliseconds);
    t.strictSame(left, [50, DEFAULT_MILLISECONDS - 30]);
    t.equal(clock.waiting, 0, 'no timer is left');
  });

  t.test(`${name}: it is refused at its deadline, and nothing begins`, async (t) => {
    const { clock, asked, ask } = nodeThatLearnsAfter(30);
    const late = { code: 'deadline_passed', outcome: 'none', details: { namespace: 'shop' } };
    const refused = [20, 30].map(async (timeout) => {
      await t.rejects(ask(name, timeout), late);
      t.equal(clock.monotonicMilliseconds(), timeout, 'not later');
    });
    await clock.advance(60);
    await Promise.all(refused);
    t.strictSame(asked, []);
  });
}

t.test('where it is known the request goes on at once, with all of its time', (t) => {
  const { asked, ask } = nodeThatLearnsAfter(30, LIVE);
  void ask('get', 80);
  t.match(asked, [{ namespace: 'shop~2', timeoutMilliseconds: 80 }]);
  t.end();
});
