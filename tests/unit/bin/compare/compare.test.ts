/** Levels compared: how old answers are, what a fault does to links, and how figures are shown. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import { barCharts } from '../../../../bin/compare/bar-charts.js';
import {
  type ComparedCell,
  compareLevels,
  type ComparisonPlan,
} from '../../../../bin/compare/comparison.js';
import {
  type ComparisonReport,
  headingOf,
  markdownOf,
  pictureOf,
  rowsOf,
} from '../../../../bin/compare/comparison-report.js';
import { FaultyTransport, NO_FAULT } from '../../../../bin/compare/faulty-transport.js';
import { KeyHistory } from '../../../../bin/stress/key-history.js';
import { stressValue } from '../../../../bin/stress/stress-value.js';
import type { LinkFacts, Receiver, Transport } from '../../../../lib/environment/transport.js';
import { runWords } from '../fake-terminal.js';

t.test('an answer is as old as the first write that it lacks', async (t) => {
  const key = new KeyHistory('k');
  const value = (sequence: number): string => stressValue('k', sequence, 40);
  t.equal(key.stalenessOf([], 50), undefined, 'nothing was acknowledged');
  for (const at of [100, 200, 300]) key.endWrite(key.beginWrite(), 'acknowledged', at);
  t.equal(key.stalenessOf([value(3)], 350), undefined);
  t.equal(key.stalenessOf([value(2)], 350), 50);
  t.equal(key.stalenessOf([value(1)], 350), 150);
  t.equal(key.stalenessOf([], 350), 250, 'no value at all');
  t.equal(key.stalenessOf([value(1), value(3)], 350), undefined, 'the newest is a sibling');
  t.equal(key.stalenessOf([value(2)], 300), undefined, 'acknowledged only when it was asked for');
  key.endWrite(key.beginWrite(), 'unknown', 400);
  t.equal(key.stalenessOf([value(3)], 450), undefined, 'nobody was told of the last one');
});

/** Links that are open, and what was sent on them. */
function links() {
  const sent: unknown[] = [];
  let receiver: Receiver | undefined;
  const inner: Transport = {
    start: async (given) => {
      receiver = given;
    },
    setPeers: () => undefined,
    send: (_, message) => sent.push(message) > 0,
    beforeLeaving: () => true,
    isOpen: (peer) => peer === 'n2',
    awaitsVerdictOf: (peer) => peer === 'n3',
    drop: (peer) => void sent.push(`drop ${peer}`),
    stop: async () => undefined,
  };
  const came: unknown[] = [];
  const faulty = new FaultyTransport(inner);
  const node = {
    receive: (_: string, message: unknown) => void came.push(message),
    judge: async (peer: string) => void came.push(`judged ${peer}`),
  };
  const started = faulty.start(node as unknown as Receiver);
  return {
    sent,
    came,
    faulty,
    started,
    come: (message: unknown) => receiver?.receive('n2', message),
    judge: (peer: string) => receiver?.judge(peer, {} as LinkFacts),
  };
}

t.test('across a cut no link opens until it is over', async (t) => {
  const { came, faulty, started, judge } = links();
  await started;
  faulty.fault = { cutFrom: ['n3'], delayMilliseconds: 0 };
  await judge('n2');
  const opened = judge('n3');
  faulty.fault = { cutFrom: 'everybody', delayMilliseconds: 0 };
  await new Promise(setImmediate);
  t.same(came, ['judged n2'], 'it is cut off still');
  faulty.fault = NO_FAULT;
  await opened;
  t.same(came, ['judged n2', 'judged n3']);
});

t.test(
  'a cut is silent, both ways; a slow link is late, both ways, and keeps the order',
  async (t) => {
    const { sent, came, faulty, started, come } = links();
    await started;
    t.equal(faulty.send('n3', 0), false, 'no link');
    t.equal(faulty.send('n2', 1), true);
    come(1);
    faulty.fault = { cutFrom: ['n3'], delayMilliseconds: 0 };
    come('from another');
    faulty.fault = { cutFrom: 'everybody', delayMilliseconds: 0 };
    t.equal(faulty.send('n2', 2), true, 'nobody is told');
    come(2);
    t.same([sent, came], [[1], [1, 'from another']]);
    faulty.fault = { cutFrom: [], delayMilliseconds: 20 };
    for (const message of [3, 4]) {
      faulty.send('n2', message);
      come(message);
    }
    t.same([sent, came], [[1], [1, 'from another']], 'not yet');
    await new Promise((resolve) => setTimeout(resolve, 60));
    t.same(
      [sent, came],
      [
        [1, 3, 4],
        [1, 'from another', 3, 4],
      ],
    );
    faulty.fault = NO_FAULT;
    come(5);
    t.same(came.at(-1), 5);
  },
);

const times = { p50: 1, p95: 2, p99: 3, 'p99.9': 4, max: 5 };
const cell = (
  level: string,
  condition: ComparedCell['condition'],
  stale: number,
): ComparedCell => ({
  ...{ level, condition, answered_per_second: 300, gets_answered_percent: 100 },
  ...{ puts_answered_percent: 66.66, get_ms: times, put_ms: { ...times, p99: 40 } },
  ...{ stale_percent: stale, staleness_ms: { ...times, p99: 700 }, wrong: 0 },
  reasons: {},
});
const plan: ComparisonPlan = {
  ...{ levels: ['one', 'quorum'], conditions: ['healthy', 'cut'], getsPerSecond: 200 },
  ...{ putsPerSecond: 100, durationMilliseconds: 5000, keyCount: 200, slowMilliseconds: 50 },
  ...{ timeoutMilliseconds: 1000, deletesKeys: false },
};
const report: ComparisonReport = {
  machine: { version: '1.0.0', node: 'v20.0.0', cores: 2, load_average: 14, busy: true },
  ...{ plan, command: 'quorate compare --duration 5s' },
  cells: [cell('one', 'healthy', 0.5), cell('one', 'cut', 12), cell('quorum', 'cut', 0)],
};

t.test('figures of a busy machine are marked, and the command stands beside them', async (t) => {
  const text = markdownOf(report, 'compare.svg');
  t.match(text, 'BUSY MACHINE (load 14)');
  t.match(text, '`quorate compare --duration 5s`');
  t.match(
    text,
    '| one | one cut off | 300 | 100 | 66.66 | 1.0 | 3.0 | 1.0 | 40.0 | 12 | 1.0 | 700.0 |',
  );
  t.equal(rowsOf(report.cells).length, 4);
  const quiet = { ...report, machine: { ...report.machine, busy: false } };
  t.notMatch(headingOf(quiet), 'BUSY');
});

t.test('the picture has a bar for each figure, as tall as it is', async (t) => {
  const picture = pictureOf(report);
  // Seven panels with three bars each, three marks of the legend, the ground.
  t.equal(picture.match(/<rect /g)?.length, 7 * 3 + 3 + 1);
  t.match(picture, '<title>one, one cut off: 12</title>');
  t.match(picture, '>throughput (answered a second)</text>');
  const heights = (values: readonly number[], isLogarithmic: boolean) => {
    const series = [{ name: 's', values }];
    const groups = values.map(() => 'bounded-staleness');
    const text = barCharts('x', [{ title: 'y', groups, series, isLogarithmic }]);
    return [...text.matchAll(/height="([\d.]+)" fill="#1b4f72"><title>b/g)].map(([, tall]) => tall);
  };
  t.same(heights([1, 10, 100, 0], true), ['46.7', '93.3', '140', '0'], 'by powers of ten');
  t.same(heights([0, 0], true), ['0', '0']);
  t.same(heights([1, 10, 100], false), ['1.4', '14', '140']);
  const chart = barCharts('a < b', [
    {
      title: 'x',
      groups: ['g'],
      series: [
        { name: 's', values: [5] },
        { name: 'u', values: [undefined] },
      ],
    },
  ]);
  t.match(chart, 'aria-label="a &lt; b"');
  t.match(chart, 'height="140" fill="#1b4f72"', 'the highest is as high as the plot');
});

/** A node in a few lines, ready until it is told. */
async function fakeNode(t: Test) {
  const state = { isReady: true };
  const answers: Readonly<Record<string, object>> = {
    '/api/v1/cluster/levels': {
      levels: ['one', 'two'].map((level) => ({ level, reads: 1, writes: 1 })),
    },
    '/api/v1/cluster/status': { replicas_effective: 3 },
  };
  const server = createServer((request, response) => {
    const { url = '' } = request;
    request.resume();
    response.statusCode = url.startsWith('/readyz') && !state.isReady ? 503 : 200;
    response.end(JSON.stringify(answers[url] ?? { value: 'v' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const short: ComparisonPlan = {
  ...{ ...plan, levels: ['one'], conditions: ['healthy', 'slow'] },
  ...{ getsPerSecond: 1, putsPerSecond: 20, durationMilliseconds: 100, keyCount: 2 },
};

t.test('a cluster that gets over a cut is awaited', async (t) => {
  const { state, endpoint } = await fakeNode(t);
  // As the real one: what has died is known through a getter.
  const cluster = new (class {
    readonly endpoints = [endpoint];
    get deaths(): readonly string[] {
      return [];
    }
    setFault(): void {
      state.isReady = false;
      setTimeout(() => {
        state.isReady = true;
      }, 300);
    }
  })();
  const { signal } = new AbortController();
  const twice: ComparisonPlan = { ...short, levels: ['one', 'two'], conditions: ['slow'] };
  const { cells, trouble } = await compareLevels(cluster, twice, () => undefined, signal);
  t.match({ cells, trouble }, { cells: [{ level: 'one' }, { level: 'two' }], trouble: undefined });
});

t.test('a node that dies ends it, and what was compared until then is kept', async (t) => {
  const { state, endpoint } = await fakeNode(t);
  const deaths: string[] = [];
  const cluster = { endpoints: [endpoint], setFault: () => undefined, deaths };
  const tell = (_: string, share: number): void => {
    if (share === 0) return;
    state.isReady = false;
    deaths.push('n3 ended with SIGKILL');
  };
  const { signal } = new AbortController();
  const { cells, trouble } = await compareLevels(cluster, short, tell, signal);
  t.match(cells, [{ level: 'one', condition: 'healthy' }]);
  t.equal(cells.length, 1);
  t.match(trouble, /does not reach the level all: n3 ended with SIGKILL/);
  await t.rejects(compareLevels(cluster, short, tell, signal), /n3 ended/, 'nothing to keep');
});

t.test('a level that the cluster has not got is refused before the load', async (t) => {
  const { endpoint } = await fakeNode(t);
  const cluster = { endpoints: [endpoint], setFault: () => undefined, deaths: [] };
  const { signal } = new AbortController();
  for (const level of ['7', 'quorum']) {
    const asked = compareLevels(cluster, { ...short, levels: [level] }, () => undefined, signal);
    await t.rejects(asked, { code: 'invalid_level' });
  }
});

t.test('ended in the middle of a level: it has no row', async (t) => {
  const { endpoint } = await fakeNode(t);
  const cluster = { endpoints: [endpoint], setFault: () => undefined, deaths: [] };
  const stopping = new AbortController();
  setTimeout(() => stopping.abort('SIGINT'), 300);
  const long = { ...short, durationMilliseconds: 60_000 };
  const ended = await compareLevels(cluster, long, () => undefined, stopping.signal);
  t.same(ended, { cells: [], trouble: 'ended: SIGINT' });
});

t.test('what cannot be compared is refused before anything is started', async (t) => {
  for (const words of [
    ['--levels', ','],
    ['--endpoint', 'localhost:1', '--nodes', '3'],
    ['--levels', 'nonsense'],
    ['--duration', '1'],
    ['--nodes', '2'],
  ]) {
    const { status, err } = await runWords(['compare', ...words]);
    t.equal(status, 2, `${words.join(' ')}: ${err}`);
  }
});
