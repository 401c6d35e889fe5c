/** Where operations at `strong` go on whole nodes: wrong clocks, slow owners, deadlines. */
import t, { type Test } from 'tap';
import {
  StrongPeers,
  type StrongPeersOptions,
} from '../../../lib/coordination/strong/strong-peers.js';
import { handledHere } from '../../../lib/coordination/strong/strong-results.js';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn, nameOf } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;
const HOUR = 3_600_000;

interface Placed {
  readonly cluster: LocalCluster;
  readonly owners: readonly string[];
  /** Of the partition of `k`, which holds `first`. */
  readonly proposer: string;
  readonly proposerNow: () => string;
}

async function placed(t: Test, nodes = 3): Promise<Placed> {
  const cluster = await LocalCluster.of({ nodes });
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'first', STRONG);
  const { primaries, partition } = cluster.node('n1').cluster.locate('default', 'k');
  const owners = primaries.map(({ node }) => node);
  const proposerNow = (): string =>
    cluster.node(owners[0] ?? '').disk.acceptor.promised(partition).node;
  await cluster.clock.advance(5000);
  return { cluster, owners, proposer: proposerNow(), proposerNow };
}

t.test('where the clock of the proposer is wrong, another gives a value its end', async (t) => {
  const { cluster, owners, proposer, proposerNow } = await placed(t);
  const other = owners.find((node) => node !== proposer) ?? '';
  cluster.skews.set(proposer, HOUR);
  await cluster.clock.advance(20_000);
  const before = cluster.clock.wallMilliseconds();
  await cluster.putFor(other, 'k', 3600, STRONG);
  t.not(proposerNow(), proposer, 'it is the proposer no more');
  const { siblings } = await cluster.get(other, 'k', STRONG);
  const lasts = (siblings[0]?.expiresAt ?? 0) - before;
  t.ok(lasts >= HOUR && lasts < HOUR + 5000, `it ends after ${lasts} ms`);
  const owner = proposerNow();
  await cluster.putFor(proposer, 'k', 'keep', STRONG);
  await cluster.putFor(proposer, 'k', 60, STRONG);
  t.equal(proposerNow(), owner, 'and there it stays');
});

t.test('what has ended is no value for a lock, whose clock is ever wrong', async (t) => {
  const { cluster, proposer } = await placed(t);
  await cluster.putFor(proposer, 'lock', 10, STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'lock');
  const wrong = cluster.node('n1').disk.acceptor.promised(partition).node;
  cluster.skews.set(wrong, -HOUR);
  await cluster.clock.advance(20_000);
  const taken = cluster.putFor(wrong, 'lock', 10, { ...STRONG, precondition: { is: 'absent' } });
  t.match(await taken, { receipt: { level: 'strong' } });
});

t.test('where no clock is right, nothing that ends is written', async (t) => {
  const { cluster, proposer, owners } = await placed(t);
  const others = owners.filter((node) => node !== proposer);
  cluster.skews.set(proposer, HOUR);
  cluster.skews.set(others[0] ?? '', -HOUR);
  await cluster.crash(others[1] ?? '');
  await cluster.clock.advance(20_000);
  const began = cluster.clock.monotonicMilliseconds();
  const refused = cluster.putFor(proposer, 'k', 60, STRONG);
  await t.rejects(refused, { code: 'clock_not_sane', outcome: 'none', retryable: true });
  t.ok(cluster.clock.monotonicMilliseconds() - began < 1000, 'at once');
  await cluster.put(proposer, 'k', 'without an end', STRONG);
});

t.test('a strong read does not wait for a slow owner, and proposes nothing', async (t) => {
  const { cluster, owners, proposer } = await placed(t);
  await cluster.get(proposer, 'k', STRONG);
  for (const slow of owners.filter((node) => node !== proposer)) {
    const third = owners.find((node) => node !== proposer && node !== slow) ?? '';
    const sent: string[] = [];
    cluster.network.delay = (from, to) => (from === slow || to === slow ? 400 : 0);
    cluster.network.gate = (from, to, message) => {
      const name = nameOf(message);
      for (const { is } of acceptorRequestsIn(message)) sent.push(`${from} ${is} ${to}`);
      if (name === 'strong.ask') sent.push(`${from} ask ${to}`);
      return true;
    };
    for (const round of ['once', 'again']) {
      sent.length = 0;
      const began = cluster.clock.monotonicMilliseconds();
      t.same(await cluster.texts(proposer, 'k', STRONG), ['first'], round);
      t.ok(cluster.clock.monotonicMilliseconds() - began <= 60, 'as fast as a hedge');
      const asked = new Set(sent);
      t.ok(asked.delete(`${proposer} ask ${third}`), `${third} is asked`);
      asked.delete(`${proposer} ask ${slow}`);
      t.same([...asked], [], 'nothing else is said');
    }
    const { counts } = cluster.observers.get(proposer) ?? { counts: new Map<string, number>() };
    t.ok((counts.get('quorate_hedges_total') ?? 0) > 0, 'it is counted');
    cluster.network.delay = () => 0;
    cluster.network.gate = () => true;
    await cluster.clock.advance(5000);
  }
});

t.test(
  'where all owners take long, strong reads wait longer before they ask another',
  async (t) => {
    const { cluster, owners, proposer } = await placed(t);
    const [near = '', far = ''] = owners.filter((node) => node !== proposer);
    cluster.network.delay = (from, to) => {
      if (from !== proposer && to !== proposer) return 0;
      return from === far || to === far ? 80 : from === near || to === near ? 60 : 0;
    };
    const hedges = (): number =>
      cluster.observers.get(proposer)?.counts.get('quorate_hedges_total') ?? 0;
    const before = hedges();
    for (let i = 0; i < 20; i += 1) await cluster.get(proposer, 'k', STRONG);
    const hedged = hedges();
    t.ok(hedged > before, 'as long as nobody knows');
    for (let i = 0; i < 5; i += 1) await cluster.get(proposer, 'k', STRONG);
    t.equal(hedges(), hedged, 'what they usually take is known');
  },
);

t.test('a strong read through another node that ends at its deadline did nothing', async (t) => {
  const { cluster, owners } = await placed(t, 5);
  const outside = cluster.ids.find((id) => !owners.includes(id)) ?? '';
  cluster.network.gate = (from, to) => from !== outside && to !== outside;
  for (const timeoutMilliseconds of [100, 300, 1000]) {
    const read = cluster.get(outside, 'k', { ...STRONG, timeoutMilliseconds });
    await t.rejects(read, { code: /level_not_reached|deadline_passed/, outcome: 'none' });
  }
});

t.test('a write whose proposer falls silent is sent once', async (t) => {
  const { cluster, owners, proposer } = await placed(t);
  const other = owners.find((node) => node !== proposer) ?? '';
  const proposed: string[] = [];
  let isSilent = true;
  cluster.network.gate = (from, to, message) => {
    if (from === other && nameOf(message) === 'strong.propose') proposed.push(to);
    return !isSilent || from !== proposer || to !== other;
  };
  const short = { ...STRONG, timeoutMilliseconds: 3000 };
  const written = cluster.put(other, 'k', 'second', short);
  await t.rejects(written, { outcome: 'unknown', code: /outcome_unknown|deadline_passed/ });
  t.same(proposed, [proposer], 'once');
  isSilent = false;
  await cluster.clock.advance(5000);
  t.same(await cluster.texts(other, 'k', STRONG), ['second'], 'it has taken effect');
});

t.test('an answer that cannot be read leaves open what was settled', async (t) => {
  const at = recordKey('default', 'k', 16);
  const record = Buffer.from('no record');
  const answers = [
    { is: 'settled', as: 'applied', record },
    { is: 'unmet', record },
  ] as const;
  const outcomes = answers.map((result) => {
    let outcome: string | undefined;
    const peers = new StrongPeers({
      messenger: {
        ask: (...[, , , , settle]: Parameters<Messenger['ask']>) =>
          settle({ ok: true, reply: { result, explained: undefined } }),
      },
      known: { heard: () => undefined, notHeard: () => undefined },
    } as unknown as StrongPeersOptions);
    const request = { at, intent: undefined, condition: { is: 'none' }, deadline: 1 } as const;
    peers.propose('b', request, { decides: false, takesOver: false }, (handled) => {
      outcome = handled instanceof OperatingError ? handled.outcome : handled.is;
    });
    return outcome;
  });
  t.same(outcomes, ['unknown', 'none']);
});

t.test(
  'a proposer is heard of where it decides, and no more where it says that it does not',
  async (t) => {
    const at = recordKey('default', 'k', 16);
    const settled = { is: 'settled', as: 'applied', record: undefined };
    const refused = (code: string) => ({
      ok: false,
      error: new OperatingError(code as 'rebuilding', ''),
    });
    const decided = (result: unknown) => ({ ok: true, reply: { result, explained: undefined } });
    const rows = [
      [decided(settled), ['heard']],
      [decided({ is: 'elsewhere', proposer: 'c' }), ['not heard']],
      [refused('rebuilding'), ['not heard']],
      [refused('not_ready'), ['not heard']],
      [refused('overloaded'), []],
      [refused('peer_unreachable'), []],
    ] as const;
    for (const [answer, expected] of rows) {
      const noted: string[] = [];
      const peers = new StrongPeers({
        messenger: {
          ask: (...[, , , , settle]: Parameters<Messenger['ask']>) => settle(answer as never),
        },
        known: { heard: () => noted.push('heard'), notHeard: () => noted.push('not heard') },
      } as unknown as StrongPeersOptions);
      const request = { at, intent: undefined, condition: { is: 'none' }, deadline: 1 } as const;
      peers.propose('b', request, { decides: false, takesOver: false }, () => undefined);
      t.strictSame(noted, expected, JSON.stringify(answer));
    }
  },
);

t.test('what was to be ended, and is late, may have been ended', async (t) => {
  const late = (isOpen: boolean, isOnce: boolean) =>
    handledHere({ is: 'late', isOpen }, 'a', undefined, isOnce);
  t.match(late(true, true), { code: 'deadline_passed', outcome: 'unknown' });
  t.match(late(false, true), { outcome: 'none' }, 'it was not proposed');
  t.match(late(true, false), { outcome: 'none' }, 'a read');
});
