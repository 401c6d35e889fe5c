/** Foundings while founders crash, lose their disks and hear each other badly (M1). */
import t from 'tap';
import { IdentityWorld, isReady, type Placed } from './identity-world.js';
import type { Machine } from './machine.js';
import { CALM_NETWORK } from './network-faults.js';

/** More of them: FOUNDING_SEEDS=1000 (docs/testing.md). */
const SEEDS = Array.from({ length: Number(process.env['FOUNDING_SEEDS'] ?? 12) }, (_, n) => n + 1);
const FAULTS_MILLISECONDS = 4000;

/** The cluster that the node serves; undefined while it does not. */
function served(machine: Machine): string | undefined {
  return isReady(machine) ? machine.node?.disk.identity.clusterId : undefined;
}

class FaultyFounding {
  readonly #it: IdentityWorld;
  readonly #machines: readonly Machine[];
  /** Every cluster that was served while disks were lost. */
  readonly served = new Set<string>();
  #calm = false;

  constructor(seed: number) {
    const it = new IdentityWorld(seed);
    this.#it = it;
    const count = it.world.random('shape').pick([2, 3, 3, 4, 5]);
    const list: Placed = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`n${i + 1}`, `p${i + 1}`]),
    );
    this.#machines = Object.entries(list).map(([id, place]) => it.machine(place, id, list));
  }

  async run(): Promise<void> {
    const it = this.#it;
    await it.world.runUntil(this.#live());
  }

  get ids(): (string | undefined)[] {
    return this.#machines.map((machine) => machine.node?.disk.identity.clusterId);
  }

  get trouble(): readonly string[] {
    return this.#it.trouble;
  }

  async #live(): Promise<void> {
    const it = this.#it;
    const random = it.world.random('faults');
    it.network.faults = {
      ...CALM_NETWORK,
      ...{ loss: random.pick([0, 0.1, 0.3]), duplication: 0.1, reorder: true },
      delayMean: random.pick([0.4, 5, 40]),
    };
    const watching = this.#watch();
    const faults = this.#machines.map((machine, i) => this.#plague(machine, i));
    await it.wait(FAULTS_MILLISECONDS);
    this.#calm = true;
    await Promise.all(faults);
    it.network.faults = CALM_NETWORK;
    for (const machine of this.#machines) machine.start();
    await it.until(() => this.#machines.every(isReady), 'all serve');
    await watching;
  }

  async #plague(machine: Machine, index: number): Promise<void> {
    const random = this.#it.world.random(`plague ${index}`);
    await this.#it.wait(random.between(0, 1500));
    machine.start();
    while (!this.#calm) {
      await this.#it.wait(random.exponential(600));
      machine.crash(random.chance(0.5));
      // One disk stays: where all are lost there is nothing that could be known.
      const isLast = index === this.#machines.length - 1;
      if (!isLast && random.chance(0.4)) machine.disk.lose();
      await this.#it.wait(random.exponential(200));
      machine.start();
    }
  }

  async #watch(): Promise<void> {
    while (!this.#calm || !this.#machines.every(isReady)) {
      for (const id of this.#machines.flatMap((machine) => served(machine) ?? [])) {
        this.served.add(id);
      }
      await this.#it.wait(5);
    }
  }
}

t.setTimeout(3_600_000);

t.test('one cluster comes of it, whatever happens meanwhile', async (t) => {
  let servedEarly = 0;
  for (const seed of SEEDS) {
    const founding = new FaultyFounding(seed);
    await founding.run();
    const [id] = founding.ids;
    t.ok(
      founding.ids.every((other) => other === id),
      `seed ${seed}: one id`,
    );
    t.ok(
      [...founding.served].every((other) => other === id),
      `seed ${seed}: never another one`,
    );
    servedEarly += founding.served.size;
    t.strictSame(founding.trouble, [], `seed ${seed}: nobody was refused`);
  }
  t.ok(servedEarly > SEEDS.length / 4, 'often somebody served before the faults had ended');
});
