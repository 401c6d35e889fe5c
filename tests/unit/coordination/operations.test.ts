/** Writes under an id through whole nodes: applied once, answered alike, whoever dies when. */
import t from 'tap';
import type { Once } from '../../../lib/consensus/once.js';
import type { OperationAnswer } from '../../../lib/coordination/operation/operation-record.js';
import type { OperationCourse } from '../../../lib/coordination/operation/operation-request.js';
import type { PutAnswer, PutRequest } from '../../../lib/coordination/request/request.js';
import type { OperatingError } from '../../../lib/errors.js';
import type { Change } from '../../../lib/replica/intent.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import { OPERATIONS_NAMESPACE } from '../../../lib/partitioning/namespace.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { parseDot } from '../../../lib/versioning/dot.js';
import { NOTHING_SEEN_YET, type SessionToken } from '../../../lib/versioning/session-token.js';
import { LocalCluster } from '../local-cluster.js';

interface Sent {
  readonly id?: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly text?: string;
  readonly payload?: string;
  readonly fields?: Partial<PutRequest>;
  readonly timeoutMilliseconds?: number;
  readonly session?: SessionToken;
  /** What happens once the write is applied, before its answer is stored. */
  readonly afterwards?: (once: Once) => Promise<void>;
  /** What happens before the write is proposed. */
  readonly before?: (once: Once) => Promise<void>;
}

const written = ({ version, replaced }: PutAnswer): OperationAnswer => ({
  ...{ status: 200, headers: ['X-Version', version], body: `${version} ${replaced.join()}` },
  ...{ result: 'ok', version },
});
const refused = ({ code }: OperatingError): OperationAnswer => ({
  ...{ status: 400, headers: [], body: code, result: code },
});

function courseAt(cluster: LocalCluster, node: NodeId, sent: Sent): OperationCourse {
  const { namespace = 'default', key = 'k', text = 'v', fields = {} } = sent;
  const value = Buffer.from(text);
  const change: Change = {
    ...{ state: 'value' as const, contentType: 'text/plain', value, ttlSeconds: undefined },
  };
  const perform: OperationCourse['perform'] = async (once, begunIn, timeoutMilliseconds) => {
    await sent.before?.(once);
    const answer = await cluster.node(node).coordination.put({
      ...{ namespace, key, level: undefined, fallbacks: [], context: undefined },
      ...{ change, durability: 'sync', timeoutMilliseconds, once, begunIn, ...fields },
    });
    await sent.afterwards?.(once);
    return written(answer);
  };
  return { perform, written, refused };
}

function send(cluster: LocalCluster, node: NodeId, sent: Sent = {}) {
  const { id = 'op', namespace = 'default', key = 'k', payload = 'p', timeoutMilliseconds } = sent;
  const asked = { level: undefined, fallbacks: [], session: sent.session };
  const request = { id, payload, namespace, key, timeoutMilliseconds, asked };
  return cluster.node(node).operations.run(request, courseAt(cluster, node, sent));
}

function look(cluster: LocalCluster, node: NodeId, id = 'op') {
  const ask = cluster.node(node).operations.look(id, undefined, () => courseAt(cluster, node, {}));
  return cluster.wait(ask);
}

/** It has begun, and whoever carried it out is dead. @returns when it is */
async function beginAndDie(
  cluster: LocalCluster,
  node: NodeId,
  when: 'before' | 'afterwards',
  sent: Sent = {},
): Promise<Once> {
  let dead: Once | undefined;
  const die = async (once: Once): Promise<void> => {
    dead = once;
    await cluster.crash(node);
    return new Promise(() => undefined);
  };
  void send(cluster, node, { ...sent, [when]: die }).catch(() => undefined);
  for (let i = 0; i < 500 && dead === undefined; i += 1) {
    await cluster.wait(Promise.resolve());
    await cluster.clock.advance(10);
  }
  if (dead === undefined) throw new Error('it has not begun');
  return dead;
}

t.test('sent again through other nodes it is applied once, and answered alike', async (t) => {
  const cluster = await LocalCluster.of();
  const first = await cluster.wait(send(cluster, 'n1'));
  t.notOk(first.isAgain);
  t.same(await cluster.texts('n2', 'k'), ['v']);
  await cluster.put('n2', 'k', 'later', { level: 'strong' });
  for (const id of cluster.ids) {
    const again = await cluster.wait(send(cluster, id));
    t.match(again, { answer: first.answer, isAgain: true });
  }
  t.same(await cluster.texts('n3', 'k', { level: 'strong' }), ['later']);
  const report = await look(cluster, 'n3');
  t.match(report, { status: 'done', key: 'k', answer: first.answer });
  t.equal(await look(cluster, 'n3', 'another'), undefined);
  await cluster.stop();
});

t.test(
  'another payload under the same id is refused, also while the first is under way',
  async (t) => {
    const cluster = await LocalCluster.of();
    const both = await cluster.wait(
      Promise.allSettled([
        send(cluster, 'n1'),
        send(cluster, 'n2', { payload: 'q', text: 'other' }),
      ]),
    );
    const failed = both.filter(({ status }) => status === 'rejected');
    t.match(failed, [{ reason: { code: 'idempotency_key_reused', details: { operation: 'op' } } }]);
    await cluster.stop();
  },
);

t.test('sent through all nodes at once it is applied once', async (t) => {
  const cluster = await LocalCluster.of();
  const all = await cluster.wait(Promise.all(cluster.ids.map((id) => send(cluster, id))));
  t.equal(new Set(all.map(({ answer }) => JSON.stringify(answer))).size, 1);
  t.equal(all.filter(({ isAgain }) => !isAgain).length, 1);
  t.same(await cluster.texts('n1', 'k', { level: 'strong' }), ['v']);
  await cluster.stop();
});

t.test(
  'of two attempts that both know what happened the first answer that is stored counts',
  async (t) => {
    const cluster = await LocalCluster.of();
    await cluster.put('n1', 'k', 'before', { level: 'strong' });
    let applied: () => void = () => undefined;
    let proceed: () => void = () => undefined;
    const isApplied = new Promise<void>((resolve) => {
      applied = resolve;
    });
    const isHeld = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const afterwards = (): Promise<void> => {
      applied();
      return isHeld;
    };
    // It knows what it replaced, and the other attempt does not.
    const slow = send(cluster, 'n1', { afterwards });
    await cluster.wait(isApplied);
    const quick = await cluster.wait(send(cluster, 'n2'));
    proceed();
    t.same((await cluster.wait(slow)).answer, quick.answer);
    t.match(await look(cluster, 'n3'), { status: 'done', answer: quick.answer });
    await cluster.stop();
  },
);

t.test('many operations on one key through one node at once are all applied', async (t) => {
  const cluster = await LocalCluster.of();
  const ids = Array.from({ length: 8 }, (_, i) => `op${i}`);
  const all = await cluster.wait(
    Promise.all(ids.map((id) => send(cluster, 'n1', { id, text: id }))),
  );
  const versions = all.map(({ answer }) => answer.headers[1]);
  t.equal(new Set(versions).size, ids.length);
  const replaced = all.flatMap(({ answer }) => answer.body.split(' ')[1]?.split(',') ?? []);
  // Each replaced the one before, and one is there.
  t.same(replaced.filter((one) => one !== '').sort().length, ids.length - 1);
  t.equal((await cluster.texts('n2', 'k', { level: 'strong' })).length, 1);
  await cluster.stop();
});

t.test('who carried it out died before it was applied: the next attempt applies it', async (t) => {
  const cluster = await LocalCluster.of();
  await beginAndDie(cluster, 'n1', 'before');
  t.same(await cluster.texts('n2', 'k', { level: 'strong' }), []);
  const again = await cluster.wait(send(cluster, 'n2'));
  t.ok(again.isAgain && again.answer.version);
  t.same(await cluster.texts('n3', 'k', { level: 'strong' }), ['v']);
  t.same((await cluster.wait(send(cluster, 'n3'))).answer, again.answer);
  await cluster.stop();
});

t.test('who carried it out died after it was applied: it is not applied again', async (t) => {
  const cluster = await LocalCluster.of();
  const { dot } = await beginAndDie(cluster, 'n1', 'afterwards');
  await cluster.put('n2', 'k', 'later', { level: 'strong' });
  const again = await cluster.wait(send(cluster, 'n2'));
  t.equal(again.answer.headers[1], `${dot.writer}.${dot.n}`);
  t.same(await cluster.texts('n3', 'k', { level: 'strong' }), ['later']);
  await cluster.stop();
});

t.test('its namespace is made anew before it is applied: it has ended', async (t) => {
  const change = { dryRun: false, by: 'a test', ifMatch: undefined };
  const sent = { namespace: 'shop' };
  for (const isDead of [true, false]) {
    const cluster = await LocalCluster.of();
    const { namespaces } = cluster.node('n2');
    await cluster.wait(namespaces.put('shop', {}, change));
    const before = async (): Promise<void> => {
      await namespaces.delete('shop', { ...change, withKeys: true });
      await namespaces.put('shop', {}, change);
    };
    if (isDead) {
      await beginAndDie(cluster, 'n1', 'before', sent);
      await cluster.wait(before());
    }
    const given = await cluster.wait(send(cluster, 'n2', isDead ? sent : { ...sent, before }));
    t.match(given, { isAgain: isDead, answer: { version: undefined, body: 'operation_ended' } });
    t.same(await cluster.texts('n3', 'k', { ...sent, level: 'strong' }), []);
    await cluster.stop();
  }
});

t.test('asked for after its coordinator died: done, where it was applied', async (t) => {
  const cluster = await LocalCluster.of();
  const { dot } = await beginAndDie(cluster, 'n1', 'afterwards');
  t.match(await look(cluster, 'n2'), { status: 'pending', key: 'k' });
  await cluster.clock.advance(11_000);
  const version = `${dot.writer}.${dot.n}`;
  t.match(await look(cluster, 'n2'), {
    status: 'done',
    answer: { headers: ['X-Version', version] },
  });
  const again = await cluster.wait(send(cluster, 'n3', { session: NOTHING_SEEN_YET }));
  t.match(again.answer, { headers: ['X-Version', version] });
  const floors = [...(again.session?.floors.values() ?? [])];
  t.ok(
    floors.some(({ dots }) => dots.get(dot.writer)?.includes(dot.n)),
    'and it is in the session of who asks again',
  );
  await cluster.stop();
});

t.test('asked for after its coordinator died: none, and then it is never applied', async (t) => {
  const cluster = await LocalCluster.of();
  const once = await beginAndDie(cluster, 'n1', 'before');
  await cluster.clock.advance(11_000);
  t.match(await look(cluster, 'n2'), { status: 'none', answer: { version: undefined } });
  // Whoever still carries it out, or begins to, is told so.
  await t.rejects(cluster.put('n3', 'k', 'v', { once }), { code: 'operation_ended' });
  const again = await cluster.wait(send(cluster, 'n3'));
  t.match(again, { isAgain: true, answer: { version: undefined, body: 'operation_ended' } });
  t.same(await cluster.texts('n2', 'k', { level: 'strong' }), []);
  await cluster.put('n2', 'k', 'w', { level: 'strong' });
  await t.rejects(cluster.put('n3', 'k', 'v', { once }), { code: 'operation_ended' });
  await cluster.stop();
});

t.test(
  'a wrong clock of who began it, or is asked, does not put off what became of it',
  async (t) => {
    for (const wrong of ['n1', 'n2']) {
      for (const skew of [-3_600_000, 3_600_000]) {
        const cluster = await LocalCluster.of();
        cluster.skews.set(wrong, skew);
        await cluster.clock.advance(2_000);
        await beginAndDie(cluster, 'n1', 'before');
        t.match(await look(cluster, 'n2'), { status: 'pending' }, `${wrong} by ${skew}, at once`);
        await cluster.clock.advance(11_000);
        t.match(await look(cluster, 'n2'), { status: 'none' }, `${wrong} by ${skew}`);
        await cluster.stop();
      }
    }
  },
);

t.test('a refusal is remembered: the condition holds later, and it is not applied', async (t) => {
  const cluster = await LocalCluster.of();
  const fields = { precondition: { is: 'present' } } as const;
  const first = await cluster.wait(send(cluster, 'n1', { fields }));
  t.match(first.answer, { version: undefined, body: 'precondition_failed' });
  await cluster.put('n2', 'k', 'there');
  const again = await cluster.wait(send(cluster, 'n2', { fields }));
  t.same(again.answer, first.answer);
  t.match(await look(cluster, 'n3'), { status: 'none' });
  t.same(await cluster.texts('n3', 'k'), ['there']);
  await cluster.stop();
});

t.test('an attempt that was refused decides for all, also where its answer got lost', async (t) => {
  const cluster = await LocalCluster.of();
  const fields = { precondition: { is: 'present' } } as const;
  // The refusal is decided at the key, and whoever asked dies with it.
  const once = await beginAndDie(cluster, 'n1', 'before');
  await t.rejects(cluster.put('n2', 'k', 'v', { once, ...fields }), {
    code: 'precondition_failed',
  });
  await cluster.put('n2', 'k', 'there');
  const again = await cluster.wait(send(cluster, 'n3', { fields }));
  t.match(again.answer, { version: undefined, body: 'operation_ended' });
  t.same(await cluster.texts('n3', 'k', { level: 'strong' }), ['there']);
  await cluster.stop();
});

t.test(
  'it is remembered for 24 hours by most clocks, whatever that of its node says',
  async (t) => {
    const cluster = await LocalCluster.of();
    cluster.skews.set('n1', -7_200_000);
    await cluster.clock.advance(2_000);
    await cluster.wait(send(cluster, 'n1'));
    // All nodes own it; one of them may not have it yet.
    const at = recordKey(OPERATIONS_NAMESPACE, 'op', cluster.node('n1').cluster.ring().partitions);
    const ends = cluster.ids.flatMap((id) => {
      const { versions = [] } = cluster.node(id).disk.table.read(at)?.siblings ?? {};
      return versions.map(({ expiresAt = 0 }) => expiresAt - cluster.clock.wallMilliseconds());
    });
    t.ok(ends.length >= 2);
    const [day, skews] = [86_400_000, 2 * 5_000];
    for (const end of ends) t.ok(end > day && end < day + skews + 5_000, `${end}`);
    await cluster.stop();
  },
);

t.test('the record of an operation ends', async (t) => {
  const cluster = await LocalCluster.of({ limits: { operationRetentionMilliseconds: 60_000 } });
  const first = await cluster.wait(send(cluster, 'n1'));
  await cluster.clock.advance(59_000);
  t.ok((await cluster.wait(send(cluster, 'n2'))).isAgain);
  await cluster.clock.advance(15_000);
  t.equal(await look(cluster, 'n3'), undefined);
  const anew = await cluster.wait(send(cluster, 'n2'));
  t.notOk(anew.isAgain);
  t.not(anew.answer.body, first.answer.body);
  await cluster.stop();
});

t.test('without a majority nothing is promised, and the id is answered', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.wait(send(cluster, 'n1', { id: 'warm' }));
  await cluster.crash('n2');
  await cluster.crash('n3');
  const sent = cluster.wait(send(cluster, 'n1', { timeoutMilliseconds: 2000 }));
  const failed: unknown = await sent.then(
    () => undefined,
    (error: unknown) => error,
  );
  t.match(failed, { details: { operation: 'op' } });
  await cluster.restart('n2');
  await cluster.restart('n3');
  const again = await cluster.wait(send(cluster, 'n2', { timeoutMilliseconds: 30_000 }));
  t.ok(again.answer.version);
  await cluster.stop();
});

const onceOf = (n: number): Once => ({
  dot: { writer: 'n1.1.0123456789ab', n: 2 * n },
  end: { writer: 'n1.1.0123456789ab', n: 2 * n + 1 },
});

t.test('a level that promises more than strong is refused, for any replica count', async (t) => {
  const cluster = await LocalCluster.of();
  for (const level of ['all', 'three', '3', 'each-quorum', 'local-quorum']) {
    const put = cluster.put('n1', 'k', 'v', { level, once: onceOf(1) });
    await t.rejects(put, { code: 'invalid_level' });
  }
  const within = ['one', 'two', '2', 'quorum', 'eventual', 'any', 'session', 'strong'];
  const others = ['causal', 'bounded-staleness', 'bounded-staleness;max=5s'];
  for (const [i, level] of [...within, ...others].entries()) {
    const { receipt } = await cluster.put('n1', `k ${level}`, 'v', { level, once: onceOf(i + 1) });
    t.equal(receipt.level, 'strong');
  }
  await cluster.stop();
});

/** A change of settings. */
const PLAIN = { dryRun: false, by: 'a test', ifMatch: undefined };

t.test('a default level that promises more gives way to strong, where none is named', async (t) => {
  const cluster = await LocalCluster.of();
  const defaults = ['all', 'three', 'each-quorum', 'local-quorum', 'causal', 'bounded-staleness'];
  for (const [i, level] of defaults.entries()) {
    const changed = cluster.node('n1').settings.change({ default_write_level: level }, PLAIN);
    await cluster.wait(changed);
    const once = onceOf(i + 1);
    const { receipt, session } = await cluster.put('n1', `k ${level}`, 'v', { once });
    t.equal(receipt.level, 'strong', level);
    t.equal(session !== undefined, level === 'causal', 'a session begins as at that level');
    const named = cluster.put('n1', 'k', 'v', { once, level: 'all' });
    await t.rejects(named, { code: 'invalid_level' }, 'what is named is refused');
  }
  await cluster.stop();
});

t.test('at causal a write that is applied once leaves what its session has seen', async (t) => {
  const cluster = await LocalCluster.of();
  const cause = await cluster.put('n1', 'cause', 'v', { level: 'causal' });
  const once = onceOf(1);
  await cluster.put('n1', 'effect', 'v', { level: 'causal', once, session: cause.session });
  const { session } = await cluster.get('n2', 'effect', { level: 'causal' });
  const seen = [...(session?.floors.values() ?? [])].flatMap(({ dots }) => [...dots.keys()]);
  t.ok(seen.includes(parseDot(cause.version)?.writer ?? ''), `${seen}`);
  await cluster.stop();
});
