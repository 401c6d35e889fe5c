/** Operations under the stored name of their namespace; all else is passed on as it is. */
import t from 'tap';
import type {
  OperationCourse,
  OperationReport,
  OperationRequest,
  OperationsControl,
} from '../../../lib/coordination/operation/operation-request.js';
import { OperatingError } from '../../../lib/errors.js';
import { NamespaceLookup } from '../../../lib/membership/namespace-lookup.js';
import { NamespacedOperations } from '../../../lib/membership/namespaced-operations.js';
import type { LiveNamespace } from '../../../lib/membership/settings-state.js';
import { ManualClock } from '../fakes.js';

const ANSWER = { status: 200, headers: [], body: '{}', result: 'ok', version: 'v' };
const COURSE: OperationCourse = {
  perform: async () => ANSWER,
  written: () => ANSWER,
  refused: () => ANSWER,
};
const REPORT: OperationReport = { status: 'pending', namespace: 'shop~2', key: 'k' };
const requestIn = (namespace: string): OperationRequest => ({
  ...{ id: 'op', payload: 'p', namespace, key: 'k', timeoutMilliseconds: 100 },
  asked: { level: undefined, fallbacks: [] },
});

/** Says what it was asked, and in which order the namespaces were looked up. */
class Reported implements OperationsControl {
  readonly asked: unknown[][] = [];

  async run(request: OperationRequest, course: OperationCourse) {
    this.asked.push(['run', request, course]);
    return { answer: ANSWER, isAgain: true, session: undefined };
  }

  async bind(...asked: Parameters<OperationsControl['bind']>): Promise<void> {
    this.asked.push(['bind', ...asked]);
  }

  async look(...asked: Parameters<OperationsControl['look']>): Promise<OperationReport> {
    this.asked.push(['look', ...asked]);
    return REPORT;
  }
}

function operationsOver() {
  const reported = new Reported();
  const lookups: string[] = [];
  const known = (name: string): LiveNamespace | undefined => {
    lookups.push(name);
    return name === 'shop' ? ({ stored: 'shop~2' } as LiveNamespace) : undefined;
  };
  const find = async (name: string): Promise<LiveNamespace> => {
    throw new OperatingError('namespace_not_found', `there is no namespace "${name}"`);
  };
  const clock = new ManualClock();
  const namespaces = { known, find };
  const lookup = new NamespaceLookup({ namespaces, clock, timeoutDefaultMilliseconds: 5000 });
  return { reported, lookups, operations: new NamespacedOperations(reported, lookup) };
}

t.test('a write of a namespace is of its present generation', async (t) => {
  const { reported, operations } = operationsOver();
  const given = await operations.run(requestIn('shop'), COURSE);
  t.strictSame(given, { answer: ANSWER, isAgain: true, session: undefined });
  t.strictSame(reported.asked, [['run', requestIn('shop~2'), COURSE]]);
});

t.test('of the default namespace nobody is asked', async (t) => {
  const { reported, lookups, operations } = operationsOver();
  await operations.run(requestIn('default'), COURSE);
  t.strictSame(reported.asked, [['run', requestIn('default'), COURSE]]);
  t.strictSame(lookups, []);
});

t.test('where there is no such namespace nothing begins', async (t) => {
  const { reported, operations } = operationsOver();
  await t.rejects(operations.run(requestIn('none'), COURSE), { code: 'namespace_not_found' });
  t.strictSame(reported.asked, []);
});

t.test('an id is one, whatever namespace its write is of', async (t) => {
  const { reported, lookups, operations } = operationsOver();
  const batch = { id: 'b', payload: 'p', timeoutMilliseconds: undefined };
  await operations.bind(batch, [0, 2]);
  const courseOf = () => COURSE;
  const shown = await operations.look('op', 50, courseOf);
  t.strictSame(shown, { ...REPORT, namespace: 'shop' }, 'as clients name it');
  t.strictSame(reported.asked, [
    ['bind', batch, [0, 2]],
    ['look', 'op', 50, courseOf],
  ]);
  t.strictSame(lookups, []);
});
