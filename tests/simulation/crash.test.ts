/** A crash: what its node would still do reaches no disk. */
import t from 'tap';
import { MachineTime } from './simulated-clock.js';
import { SimulatedDisk } from './simulated-disk.js';
import { World } from './world.js';

t.test('a node that has crashed gives its disk nothing more', async (t) => {
  const world = new World(1);
  const disk = new SimulatedDisk(world, 'n1');
  let isAlive = true;
  const handle = disk.open(new MachineTime(world), () => isAlive);
  const put = (key: string): Promise<void> =>
    handle.write([{ type: 'put', key, value: Uint8Array.of(1) }], { sync: true });
  await world.runUntil(put('before'));
  isAlive = false;
  disk.crash();
  void put('after');
  await world.runUntil(world.wait(1000, 'test'));
  // Another life writes so much that all that was given before is on the platter.
  const next = disk.open(new MachineTime(world), () => true);
  for (let i = 0; i < 100; i += 1) {
    await world.runUntil(
      next.write([{ type: 'put', key: `next ${i}`, value: Uint8Array.of(1) }], { sync: true }),
    );
  }
  await world.runUntil(next.close());
  t.ok(disk.durable('before'));
  t.notOk(disk.durable('after'));
});
