/** What writes without a context have replaced at `strong` is kept, whatever their clients do. */
import t, { type Test } from 'tap';
import type { Decided } from '../../../lib/coordination/strong/local-proposer.js';
import type { StrongIntent } from '../../../lib/coordination/strong/strong-intent.js';
import {
  type StrongAuditOptions,
  StrongAudits,
} from '../../../lib/coordination/strong/strong-audit.js';
import type { ProposalOutcome } from '../../../lib/coordination/strong/outcomes.js';
import type { AuditEntry } from '../../../lib/resolution/audit-entry.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import { NO_SIBLINGS, type Siblings, type Version } from '../../../lib/versioning/siblings.js';
import { CountingObserver, ManualClock, turn } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;

interface Raced {
  readonly cluster: LocalCluster;
  readonly proposer: string;
  readonly partition: number;
}

/** A cluster whose key `k` has two siblings, both acknowledged. */
async function raced(t: Test): Promise<Raced> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'begun');
  const { context } = await cluster.get('n1', 'k');
  await cluster.put('n1', 'k', 's1', { context });
  await cluster.put('n2', 'k', 's2', { context });
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  t.same(await cluster.texts('n1', 'k', STRONG), ['s1', 's2']);
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  await cluster.clock.advance(5000);
  return { cluster, proposer, partition };
}

/** What each entry says was dropped, whichever node keeps it. */
async function resolutions({ cluster }: Raced): Promise<string[]> {
  await cluster.clock.advance(5000);
  const { coordination } = cluster.node('n1');
  const asked = { namespace: 'default', key: 'k', level: 'all', fallbacks: [] };
  const conflicts = coordination.conflicts({ ...asked, timeoutMilliseconds: 5000 });
  const entries = (await cluster.wait(conflicts)).resolutions;
  return entries.map(({ strategy, dropped }) => {
    const values = dropped.map(({ value }) => Buffer.from(value ?? []).toString()).sort();
    return `${strategy}: ${values.join(' ')}`;
  });
}

const BOTH = ['blind-write: s1 s2'];

t.test('its client waits no longer when it is counted', async (t) => {
  const there = await raced(t);
  const { cluster, proposer } = there;
  cluster.network.delay = () => 300;
  const short = { ...STRONG, timeoutMilliseconds: 300 };
  const written = cluster.put(proposer, 'k', 'blind', short);
  await t.rejects(written, { code: 'deadline_passed', outcome: 'unknown' });
  await cluster.clock.advance(1000);
  cluster.network.delay = () => 0;
  await cluster.clock.advance(6000);
  t.same(await cluster.texts('n1', 'k'), ['blind']);
  t.same(await resolutions(there), BOTH);
});

for (const timeoutMilliseconds of [20_000, 300]) {
  t.test(`the next ballot adopts it; its client has ${timeoutMilliseconds} ms`, async (t) => {
    const there = await raced(t);
    const { cluster, proposer, partition } = there;
    // Both others accept, and what they answer gets lost: the proposer begins anew.
    let lost = 0;
    cluster.network.gate = (_, to, [kind]) => {
      const isLost = kind !== 0 && to === proposer && lost < 2;
      if (isLost) lost += 1;
      return !isLost;
    };
    const { round } = cluster.node(proposer).disk.acceptor.promised(partition);
    const settled = { ...STRONG, timeoutMilliseconds };
    const written = cluster.put(proposer, 'k', 'blind', settled).catch((error: unknown) => error);
    const answer = await written;
    if (timeoutMilliseconds === 300) t.match(answer, { outcome: 'unknown' });
    else t.match(answer, { receipt: { level: 'strong' } });
    await cluster.clock.advance(6000);
    // Another operation makes sure that somebody decides.
    t.same(await cluster.texts('n1', 'k', STRONG), ['blind']);
    t.ok(cluster.node(proposer).disk.acceptor.promised(partition).round > round, 'a new ballot');
    t.same(await resolutions(there), BOTH);
  });
}

t.test('another owner adopts it', async (t) => {
  const there = await raced(t);
  const { cluster, proposer, partition } = there;
  const [other = ''] = cluster.ids.filter((id) => id !== proposer);
  // One accepts it, and the proposer hears of nobody any more.
  let isCut = false;
  cluster.network.gate = (_, to, message) => {
    const isAccept = acceptorRequestsIn(message).some(({ is }) => is === 'accept');
    isCut ||= isAccept;
    return !isCut || (isAccept ? to === other : to !== proposer);
  };
  const written = cluster.put(proposer, 'k', 'blind', { ...STRONG, timeoutMilliseconds: 300 });
  await t.rejects(written, { code: 'deadline_passed', outcome: 'unknown' });
  cluster.network.gate = (from, to) => from !== proposer && to !== proposer;
  const patient = { ...STRONG, timeoutMilliseconds: 20_000 };
  t.same(await cluster.texts(other, 'k', patient), ['blind']);
  t.not(cluster.node(other).disk.acceptor.promised(partition).node, proposer);
  cluster.network.gate = () => true;
  t.same(await resolutions(there), BOTH);
});

const AT = recordKey('default', 'k', 16);
const DOT = { writer: 'w', n: 1 };
const END = { writer: 'w', n: 2 };

function versionAt(writtenAt: number): Version {
  const plain = { contentType: '', value: Buffer.from('x'), expiresAt: undefined };
  return { ...plain, dot: DOT, state: 'value', writtenAt };
}

function stateWith(...versions: Version[]): Siblings {
  return { epoch: 1, context: withMinted(EMPTY_CONTEXT, DOT), versions };
}

/** Entries of a write that is applied once, deposed, and found in this record. */
async function entriesAfter(outcome: ProposalOutcome, record: Siblings): Promise<AuditEntry[]> {
  const kept: AuditEntry[] = [];
  const audits = new StrongAudits({
    self: 'a',
    audits: {
      add: (_at: unknown, entry: AuditEntry) => {
        kept.push(entry);
        return { committed: Promise.resolve() };
      },
    },
    acceptor: { look: async () => undefined, heldOf: () => ({ record }) },
    outcomes: { of: async () => outcome, isStopped: false },
    clock: new ManualClock(),
    observer: new CountingObserver(),
  } as unknown as StrongAuditOptions);
  const change = { ...versionAt(0), ttlSeconds: undefined, state: 'value' as const };
  const intent: StrongIntent = {
    ...{ change, seen: undefined, resolving: undefined, past: undefined },
  };
  const replaced = [versionAt(1), versionAt(2)];
  const decided: Decided = {
    ...{ is: 'deposed', ballot: { round: 1, node: 'a', start: 1 }, dot: DOT },
    decided: {
      ...{ is: 'applied', dot: DOT, replaced, base: NO_SIBLINGS, state: stateWith(versionAt(7)) },
    },
  };
  audits.decided({ at: AT, intent, once: { dot: DOT, end: END } }, decided);
  for (let i = 0; i < 5; i += 1) await turn();
  return kept;
}

t.test('what is applied once has one entry, of the attempt that was chosen', async (t) => {
  t.equal((await entriesAfter('chosen', stateWith(versionAt(7)))).length, 1, 'this one was');
  t.same(await entriesAfter('chosen', stateWith(versionAt(9))), [], 'a later one was');
  t.same(await entriesAfter('chosen', stateWith()), [], 'it was ended');
  t.same(await entriesAfter('dead', stateWith(versionAt(7))), []);
  t.same(await entriesAfter('unknown', stateWith(versionAt(7))), []);
});
