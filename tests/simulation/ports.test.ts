/** The simulated disk and network keep the contracts of the ports, and misbehave as they say. */
import t from 'tap';
import type { Storage } from '../../lib/environment/storage.js';
import type { NodeId, Receiver, Transport } from '../../lib/environment/transport.js';
import { storageConformance } from '../conformance/storage-suite.js';
import type { TransportNetwork } from '../conformance/transport-network.js';
import { Inbox } from '../conformance/inbox.js';
import { transportConformance } from '../conformance/transport-suite.js';
import { MachineTime } from './simulated-clock.js';
import { SimulatedDisk } from './simulated-disk.js';
import { CALM_NETWORK } from './network-faults.js';
import { SimulatedNetwork } from './simulated-network.js';
import { World } from './world.js';

const always = (): boolean => true;
const EVERYTHING = { from: '', before: '\u{10ffff}', limit: 1000 };
const put = (key: string) => ({ type: 'put', key, value: new Uint8Array([1]) }) as const;

/** Lets a world go on by itself, for suites that only wait. */
function letItRun(world: World): void {
  const turn = async (): Promise<void> => {
    while (!done) {
      if (!(await world.step())) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  let done = false;
  t.teardown(() => {
    done = true;
  });
  turn().catch((error: unknown) => t.error(error));
}

let opened = 0;

await storageConformance(t, 'simulated disk', async () => {
  opened += 1;
  const world = new World(opened);
  letItRun(world);
  const disk = new SimulatedDisk(world, 'n1');
  let life = 0;
  const open = async () => {
    life += 1;
    const own = life;
    return disk.open(new MachineTime(world), () => own === life);
  };
  const crash = async () => {
    life += 1;
    disk.crash();
    return open();
  };
  return { storage: await open(), reopen: open, crash };
});

class CalmNetwork implements TransportNetwork {
  readonly #world = new World(1);
  readonly #network = new SimulatedNetwork(this.#world);
  readonly frameBytesMax = this.#network.frameBytesMax;
  readonly queueBytesMax = this.#network.queueBytesMax;
  readonly systemBufferBytesMax = 0;

  constructor() {
    letItRun(this.#world);
  }

  create(id: NodeId): Transport {
    return this.#network.attach(id, new MachineTime(this.#world), always);
  }

  async start(transport: Transport, _id: NodeId, receiver: Receiver): Promise<void> {
    await transport.start(receiver);
  }

  connect(transport: Transport, peers: readonly NodeId[]): void {
    transport.setPeers(peers.map((id) => ({ id, addresses: [`${id}:1`] })));
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const end = this.#world.now + 60_000;
    while (!condition()) {
      if (this.#world.now > end) throw new Error(`never: ${what}`);
      await this.#world.wait(1, 'until');
    }
  }

  async close(): Promise<void> {}
}

await transportConformance(t, 'simulated network', async () => new CalmNetwork());

t.test('a crash takes any part of what was not synced, the middle too', async (t) => {
  const kept = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const world = new World(seed);
    const disk = new SimulatedDisk(world, 'n1');
    let alive = true;
    const storage = disk.open(new MachineTime(world), () => alive);
    await world.runUntil(storage.write([put('a')], { sync: true }));
    await world.runUntil(storage.write([put('b')], { sync: false }));
    await world.runUntil(storage.write([put('c')], { sync: false }));
    const last = storage.write([put('d')], { sync: true });
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    last.then(settle, settle);
    await world.runUntil(world.wait(0.001, 'the write begins'));
    alive = false;
    disk.crash();
    const again = disk.open(new MachineTime(world), always);
    const found = (await world.runUntil(again.range(EVERYTHING))).map(([key]) => key);
    t.notOk(settled, 'the dead hear nothing');
    kept.add(found.join(''));
  }
  t.strictSame([...kept].sort(), ['a', 'ab', 'abc', 'abcd', 'ac']);
});

function openDisk(seed: number): { world: World; disk: SimulatedDisk; storage: Storage } {
  const world = new World(seed);
  const disk = new SimulatedDisk(world, 'n1');
  return { world, disk, storage: disk.open(new MachineTime(world), always) };
}

t.test('a write that fails is lost or kept, and the handle is dead', async (t) => {
  for (const failure of ['lost', 'kept'] as const) {
    const found = new Set<boolean>();
    for (let seed = 0; seed < 40; seed += 1) {
      const { world, disk, storage } = openDisk(seed);
      let answered = 0;
      disk.onFailed = () => {
        answered += 1;
      };
      await world.runUntil(storage.write([put('a')], { sync: true }));
      disk.failNext = failure;
      await t.rejects(world.runUntil(storage.write([put('b')], { sync: true })));
      await t.rejects(storage.write([put('c')], { sync: true }), 'the handle is dead');
      t.throws(() => storage.get('a'));
      t.equal(answered, 1);
      t.ok(disk.isWell, 'the disk is not');
      disk.crash();
      const again = disk.open(new MachineTime(world), always);
      t.ok(again.get('a'), 'what was synced is there');
      t.notOk(again.get('c'));
      found.add(again.get('b') !== undefined);
    }
    t.strictSame(found, new Set(failure === 'lost' ? [false] : [true, false]));
  }
});

t.test('a full disk takes nothing, and says so before', async (t) => {
  const { world, disk, storage } = openDisk(1);
  disk.freeBytes = -1;
  t.equal(await storage.freeBytes(), 0);
  await t.rejects(world.runUntil(storage.write([put('a')], { sync: true })), /no space/);
  disk.freeBytes = 1000;
  const again = disk.open(new MachineTime(world), always);
  await world.runUntil(again.write([put('a')], { sync: true }));
  t.equal(await again.freeBytes(), 1000);
});

t.test('bits flip, values vanish, disks return to the past or are lost', async (t) => {
  const { world, disk, storage } = openDisk(2);
  await world.runUntil(storage.write([put('r1'), put('x1')], { sync: true }));
  t.equal(disk.rot('y'), undefined, 'there is nothing to rot');
  t.equal(disk.rot('r'), 'r1');
  t.notSame(storage.get('r1'), new Uint8Array([1]), 'at once');
  t.strictSame(storage.get('x1'), new Uint8Array([1]));
  t.strictSame(disk.rotten, new Set(['r1']));
  await world.runUntil(storage.write([put('r1')], { sync: true }));
  t.equal(disk.rotten.size, 0, 'written over');
  t.notOk(disk.rollBack(), 'nothing was remembered');
  disk.remember();
  t.equal(disk.vanish('r'), 'r1');
  t.notOk(storage.get('r1'));
  disk.crash();
  t.ok(disk.rollBack());
  t.ok(disk.open(new MachineTime(world), always).get('r1'), 'as it was remembered');
  disk.damageEngine();
  const { repair } = disk.open(new MachineTime(world), always);
  t.equal(
    repair?.reason,
    disk.open(new MachineTime(world), always).repair?.reason,
    'says so again',
  );
  await repair?.noted();
  t.notOk(disk.open(new MachineTime(world), always).repair, 'until it is noted');
  disk.lose();
  t.strictSame(
    await world.runUntil(disk.open(new MachineTime(world), always).range(EVERYTHING)),
    [],
  );
});

function pairOf(world: World): {
  network: SimulatedNetwork;
  transports: Transport[];
  inboxes: Inbox[];
} {
  const network = new SimulatedNetwork(world);
  const inboxes = [new Inbox(), new Inbox()];
  const transports = ['n1', 'n2'].map((id) => network.attach(id, new MachineTime(world), always));
  transports.forEach((transport, i) => {
    transport.setPeers([{ id: i === 0 ? 'n2' : 'n1', addresses: [i === 0 ? 'n2:1' : 'n1:1'] }]);
  });
  return { network, transports, inboxes };
}

t.test('frames are lost, repeated and overtaken as often as told', async (t) => {
  const world = new World(9);
  const { network, transports, inboxes } = pairOf(world);
  const [one, two] = transports;
  const [, inbox] = inboxes;
  if (one === undefined || two === undefined || inbox === undefined) throw new Error('a pair');
  await one.start(new Inbox());
  await two.start(inbox);
  await world.runUntil(world.wait(500, 'links'));
  network.faults = { ...CALM_NETWORK, loss: 0.2, duplication: 0.2, reorder: true, delayMean: 20 };
  for (let n = 0; n < 1000; n += 1) {
    one.send('n2', n);
    await world.runUntil(world.wait(1, 'pause'));
  }
  await world.runUntil(world.wait(5000, 'rest'));
  const heard = inbox.messages.map(({ message }) => message as number);
  t.ok(heard.length > 900 && heard.length < 1020, `${heard.length} of 1000, some of them twice`);
  t.ok(new Set(heard).size < 900, 'some never');
  t.notSame(
    heard,
    heard.toSorted((a, b) => a - b),
    'not in order',
  );
});

t.test('a cut in one direction is silent, and what is dropped then stays half open', async (t) => {
  const world = new World(3);
  const { network, transports, inboxes } = pairOf(world);
  const [one, two] = transports;
  const [first, second] = inboxes;
  if (one === undefined || two === undefined || first === undefined || second === undefined) {
    throw new Error('a pair');
  }
  await one.start(first);
  await two.start(second);
  await world.runUntil(world.wait(500, 'links'));
  network.cut('n1', 'n2');
  one.send('n2', 'lost');
  two.send('n1', 'heard');
  await world.runUntil(world.wait(500, 'cut'));
  t.strictSame([first.messages.length, second.messages.length], [1, 0]);
  one.drop('n2');
  await world.runUntil(world.wait(500, 'dropped'));
  t.notOk(one.isOpen('n2'));
  t.ok(two.isOpen('n1'), 'it was not notified');
  network.heal('n1', 'n2');
  await world.runUntil(world.wait(500, 'healed'));
  t.ok(one.isOpen('n2') && two.isOpen('n1'));
  t.strictSame(second.events, ['+n1', '-n1', '+n1']);
});
