/** A node whose disk failed is made anew, when the disk is well, and not before. */
import t from 'tap';
import { Renewal } from '../../../bin/node/renewal.js';
import { OperatingError } from '../../../lib/errors.js';
import { CountingObserver, turn } from '../fakes.js';

class FakeNode {
  fail: (failure: OperatingError) => void = () => undefined;
  readonly refused = new Promise<OperatingError>(() => undefined);
  readonly failed = new Promise<OperatingError>((resolve) => {
    this.fail = resolve;
  });
  serve: () => void = () => undefined;
  refuse: (error: OperatingError) => void = () => undefined;
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.serve = resolve;
    this.refuse = reject;
  });
  stops = 0;

  ready(): Promise<void> {
    return this.#ready;
  }

  async stop(): Promise<void> {
    this.stops += 1;
  }
}

/** A world in which pauses end when the test says so. */
async function renewalOf() {
  const nodes: FakeNode[] = [];
  const damages: (string | undefined)[] = [];
  const pauses: number[] = [];
  const world = {
    ...{ isWell: true, opens: true, endPause: (): void => undefined },
    refusal: new Error('the directory is locked'),
  };
  const observer = new CountingObserver();
  const renewal = await Renewal.start<FakeNode>({
    create: async (damage) => {
      if (!world.opens) throw world.refusal;
      damages.push(damage);
      const node = new FakeNode();
      nodes.push(node);
      return node;
    },
    probe: async () => {
      if (!world.isWell) throw new Error('no space left');
    },
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      return new Promise((resolve) => {
        world.endPause = resolve;
      });
    },
    observer,
  });
  const next = async (): Promise<void> => {
    world.endPause();
    await turn();
  };
  return { renewal, nodes, damages, pauses, world, next };
}

const failure = (details = {}): OperatingError =>
  new OperatingError('storage_failed', 'the disk failed', { details });

t.test('another takes its place once the disk is well; pauses grow, up to a limit', async (t) => {
  const { renewal, nodes, pauses, world, next } = await renewalOf();
  const [first] = nodes;
  world.isWell = false;
  first?.fail(failure());
  await turn();
  for (let i = 0; i < 8; i += 1) await next();
  t.equal(nodes.length, 1);
  t.equal(first?.stops, 0, 'it answers reads meanwhile');
  t.same(pauses.slice(0, 3), [250, 500, 1000]);
  t.equal(pauses.at(-1), 10_000);
  world.isWell = true;
  await next();
  t.equal(first?.stops, 1);
  t.equal(renewal.node, nodes[1]);
  nodes[1]?.fail(failure());
  await turn();
  await next();
  t.equal(renewal.node, nodes[2], 'as often as it takes');
  await renewal.stop();
  t.same(
    nodes.map(({ stops }) => stops),
    [1, 1, 1],
  );
});

t.test('a storage that does not open yet is tried again; the old node is ended once', async (t) => {
  const { renewal, nodes, world, next } = await renewalOf();
  world.opens = false;
  nodes[0]?.fail(failure());
  await turn();
  await next();
  await next();
  t.equal(nodes[0]?.stops, 1);
  world.opens = true;
  await next();
  t.equal(renewal.node, nodes[1]);
  await renewal.stop();
});

t.test('what the engine said of its files goes to the next opening', async (t) => {
  const { renewal, nodes, damages, next } = await renewalOf();
  nodes[0]?.fail(failure({ corrupt: true }));
  await turn();
  await next();
  t.same(damages, [undefined, 'the disk failed']);
  nodes[1]?.fail(failure({ corrupt: false }));
  await turn();
  await next();
  t.equal(damages[2], undefined);
  await renewal.stop();
});

t.test('nothing is made anew after the stop', async (t) => {
  const { renewal, nodes, next } = await renewalOf();
  nodes[0]?.fail(failure());
  await turn();
  const stopped = renewal.stop();
  await next();
  await stopped;
  t.equal(nodes.length, 1);
  t.equal(nodes[0]?.stops, 1);
});

t.test(
  'what no further try would change ends it; damage and a busy disk are tried again',
  async (t) => {
    const { renewal, nodes, pauses, world, next } = await renewalOf();
    const given = renewal.failed.then(
      () => undefined,
      (error: unknown) => error,
    );
    world.opens = false;
    nodes[0]?.fail(failure());
    await turn();
    for (const code of ['storage_failed', 'corrupt_bytes', 'not_ready'] as const) {
      world.refusal = new OperatingError(code, 'not now');
      const before = pauses.length;
      await next();
      t.equal(pauses.length, before + 1, `${code} is tried again`);
    }
    const refusal = new OperatingError('founding_refused', 'another ring');
    world.refusal = refusal;
    await next();
    t.equal(await given, refusal);
    const ended = pauses.length;
    await next();
    t.equal(pauses.length, ended, 'no further try');
    await renewal.stop();
  },
);

t.test('it is ready when one of its lives serves, whatever became of those before', async (t) => {
  // The disk fails while it waits, or in a step of its founding.
  for (const isInFounding of [false, true]) {
    const { renewal, nodes, next } = await renewalOf();
    let isReady = false;
    void renewal.ready.then(() => {
      isReady = true;
    });
    nodes[0]?.fail(failure());
    if (isInFounding) nodes[0]?.refuse(failure());
    await turn();
    await next();
    t.equal(nodes.length, 2);
    t.notOk(isReady);
    nodes[1]?.serve();
    await turn();
    t.ok(isReady);
  }
});

t.test('what ends a start for another reason than its disk ends it', async (t) => {
  const { renewal, nodes } = await renewalOf();
  nodes[0]?.refuse(new OperatingError('founding_refused', 'another cluster'));
  await t.rejects(renewal.ready, { code: 'founding_refused' });
  await t.rejects(renewal.failed, { code: 'founding_refused' });
});
