/** A read answers nothing that a replica has dropped meanwhile: it begins anew (R5). */
import t, { type Test } from 'tap';
import type { GetAnswer } from '../../../lib/coordination/request/request.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

const OLD = 'old';
const TOMBSTONE = { change: { state: 'tombstone' } } as const;

interface Stage {
  readonly cluster: LocalCluster;
  readonly key: string;
  /** Under way since before the tombstone was collected: n3 has answered, n1 has not been asked. */
  readonly read: Promise<GetAnswer>;
  /** Shown what was deleted. */
  readonly context: string;
}

/** READ and WRITE from n4 to n1 take so long. */
const READ_MILLISECONDS = 20_000;
const WRITE_MILLISECONDS = 5000;

/** The delete was acknowledged before the read began; n3 did not know of it when it answered. */
async function stageFor(t: Test): Promise<Stage> {
  const cluster = await LocalCluster.of({
    nodes: 4,
    limits: {
      ...{ hedgeDelayMilliseconds: 60_000, hintsBytesMax: 0 },
      ...{ exchangeIntervalMilliseconds: 1000, collectIntervalMilliseconds: 100 },
    },
  });
  t.teardown(() => cluster.stop());
  await cluster.wait(
    cluster.node('n1').settings.change(
      { tombstone_retention_s: 0 },
      {
        ...{ ifMatch: undefined, dryRun: false, by: 'test' },
      },
    ),
  );
  let key = 'k';
  const owners = (): string[] =>
    cluster
      .node('n4')
      .cluster.locate('default', key)
      .primaries.map(({ node }) => node);
  while (owners().includes('n4')) key += 'k';
  const at = recordKey('default', key, 16);
  const holds = (id: string): boolean => cluster.node(id).disk.table.read(at) !== undefined;
  let delay = 0;
  let isApart = false;
  cluster.network.delay = () => delay;
  cluster.network.gate = (from, to, message) => {
    const name = nameOf(message);
    // n1 is the farthest: n4 asks n3 first.
    delay = from === 'n4' && to === 'n1' ? 20 : 0;
    if (from === 'n4' && to === 'n1' && name === 'coordination.read') delay = READ_MILLISECONDS;
    if (from === 'n4' && to === 'n1' && name === 'coordination.write') delay = WRITE_MILLISECONDS;
    // n3 meets the others only after it has answered.
    return !(isApart && [from, to].includes('n3') && /anti|write|handoff/.test(name));
  };
  await cluster.put('n1', key, OLD, { level: 'all' });
  await cluster.clock.advance(5000);

  isApart = true;
  const { context } = await cluster.put('n1', key, '', { level: 'quorum', ...TOMBSTONE });
  cluster.network.cut('n4', 'n2');
  const request = { namespace: 'default', key, level: 'quorum', fallbacks: [] };
  const read = Promise.resolve(
    cluster.node('n4').coordination.get({ ...request, timeoutMilliseconds: 60_000 }),
  );
  read.catch(() => undefined);
  await cluster.clock.advance(1000);
  isApart = false;
  await cluster.clock.advance(READ_MILLISECONDS - 5000);
  t.notOk(holds('n1') || holds('n2') || holds('n3'), 'the tombstone is collected');
  return { cluster, key, read, context };
}

function textsOf({ siblings }: GetAnswer): string[] {
  return siblings.map(({ value }) => Buffer.from(value).toString());
}

t.test('a value that the filter has dropped as collected', async (t) => {
  const { cluster, read } = await stageFor(t);
  t.strictSame(textsOf(await cluster.wait(read)), [], 'deleted before the read began');
  const { counts } = cluster.observers.get('n4') ?? {};
  t.equal(counts?.get('quorate_reads_begun_anew_total'), 1);
});

t.test('a value that is superseded where nothing was before', async (t) => {
  const { cluster, key, read, context } = await stageFor(t);
  await cluster.clock.advance(7000);
  await cluster.put('n1', key, 'new', { level: 'all', context });
  t.strictSame(textsOf(await cluster.wait(read)), ['new']);
});
