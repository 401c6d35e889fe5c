/**
 * What goes wrong in a simulation: kinds of faults, each on with chance one half, rates from the
 * seed.
 */
import { majority } from '../../lib/replication/quorum.js';
import { DiskNemesis } from './disk-nemesis.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { SettingsClient } from './settings-client.js';
import type { SimulatedNetwork } from './simulated-network.js';
import { CALM_NETWORK } from './network-faults.js';
import type { World } from './world.js';

export interface NemesisOptions {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly machines: readonly Machine[];
  readonly replicaCount: number;
  readonly settings: SettingsClient;
  /** Above one, faults are rarer and pauses may be long. */
  readonly pace: number;
}

/** A direction in which nothing arrives. */
type Cut = readonly [from: string, to: string];

const HOUR_MILLISECONDS = 3_600_000;
const STOP_MILLISECONDS_MAX = 30_000;
/** Of sane clocks from each other. */
const SANE_MILLISECONDS = 50;

export class Nemesis {
  readonly #options: NemesisOptions;
  readonly #random: SeededRandom;
  readonly #ids: readonly string[];
  /** How probable it is that an acknowledgement is the last that a node says. */
  readonly #treachery: number;
  readonly #disks: DiskNemesis;
  /** Whose wall clocks may be anything. */
  readonly #wild: readonly Machine[];
  readonly #areAllWild: boolean;
  /** Also before it runs. */
  #stopped = true;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#random = options.world.random('nemesis');
    this.#ids = options.machines.map(({ id }) => id);
    this.#treachery = this.#isOn() ? this.#random.between(0, 0.05) : 0;
    const { world, machines } = options;
    this.#areAllWild = this.#isOn();
    const wild = this.#areAllWild ? machines.length : wildClocksMax(machines.length);
    this.#wild = this.#random.shuffle(machines).slice(0, wild);
    this.#disks = new DiskNemesis({
      ...{ world, machines, random: world.random('disk nemesis') },
      replicaCount: options.replicaCount,
      kill: (machine, silently) => this.#kill(machine, silently),
      stopCleanly: (machine) => this.#stopCleanly(machine),
      isStopped: () => this.#stopped,
    });
  }

  get disks(): DiskNemesis {
    return this.#disks;
  }

  /** Are so many clocks right, or nearly, that nodes can tell which? */
  get areClocksSane(): boolean {
    return !this.#areAllWild;
  }

  /** What was acknowledged must be there, even if the node dies of it, or all do. */
  acknowledged(machine: Machine): void {
    const random = this.#random;
    if (this.#stopped || !random.chance(this.#treachery)) return;
    const { world, machines } = this.#options;
    world.count('killed at an acknowledgement');
    for (const dying of random.chance(0.5) ? machines : [machine]) {
      this.#kill(dying, random.chance(0.5));
      world.after(random.between(5, 500), 'nemesis', () => dying.start());
    }
  }

  /** May its wall clock be anything? */
  isWild(id: string): boolean {
    return this.#wild.some((machine) => machine.id === id);
  }

  /** From the very start: what the network and the clocks are like. */
  prepare(): void {
    const { network, machines } = this.#options;
    const random = this.#random;
    network.faults = {
      loss: this.#isOn() ? random.between(0, 0.3) : 0,
      duplication: this.#isOn() ? random.between(0, 0.15) : 0,
      reorder: this.#isOn(),
      delayMinimum: 0.1,
      delayMean: random.pick([0.3, 2, 15]),
      clogged: this.#isOn() ? random.between(0, 0.02) : 0,
    };
    const skewed = this.#isOn();
    const drifting = this.#isOn();
    for (const machine of machines) {
      const { time, disk } = machine;
      const skew = this.#wild.includes(machine) ? HOUR_MILLISECONDS : SANE_MILLISECONDS;
      if (skewed) time.wallOffset = random.between(-skew, skew);
      if (drifting) time.rate = random.between(0.9, 1.1);
      disk.speed = { write: 0.05, sync: random.pick([0.5, 4, 20]) };
    }
  }

  /** Resolves some time after `stop`. */
  async run(): Promise<void> {
    this.#stopped = false;
    const plagues = [
      () => this.#cutLinks(),
      () => this.#crashMachines(),
      () => this.#restartCleanly(),
      () => this.#pauseMachines(),
      () => this.#jumpClocks(),
      () => this.#changeSettings(),
    ];
    const on = [...plagues.filter(() => this.#isOn()), ...this.#disks.plagues()];
    await Promise.all(on.map((plague) => this.#repeat(plague)));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Undoes what can be undone; wall clocks stay wrong. */
  calm(): void {
    const { network, machines } = this.#options;
    network.faults = CALM_NETWORK;
    network.healAll();
    this.#disks.calm();
    for (const machine of machines) {
      machine.time.resume();
      machine.start();
    }
  }

  async #repeat(plague: () => Promise<void>): Promise<void> {
    const mean = this.#random.between(400, 4000) * Math.sqrt(this.#options.pace);
    for (;;) {
      await this.#wait(this.#random.exponential(mean));
      if (this.#stopped) return;
      await plague();
    }
  }

  async #cutLinks(): Promise<void> {
    const { network, world } = this.#options;
    const cuts = this.#drawCuts();
    world.note(`cut ${cuts.map((cut) => cut.join('>')).join(' ')}`);
    for (const [from, to] of cuts) network.cut(from, to);
    await this.#wait(this.#random.between(100, 4000));
    for (const [from, to] of cuts) network.heal(from, to);
    world.note('heal');
  }

  #drawCuts(): Cut[] {
    const random = this.#random;
    const [first = '', second = '', ...rest] = random.shuffle(this.#ids);
    const shape = random.pick(['isolate', 'halves', 'one way', 'bridge', 'any', 'pair']);
    this.#options.world.count(`cut: ${shape}`);
    if (shape === 'isolate') return bothWays([first], [second, ...rest]);
    if (shape === 'pair') return bothWays([first], [second]);
    if (shape === 'one way') return [second, ...rest].map((other) => [first, other] as const);
    const half = Math.ceil(rest.length / 2);
    if (shape === 'halves') {
      return bothWays([first, ...rest.slice(half)], [second, ...rest.slice(0, half)]);
    }
    // The first node sees both sides.
    if (shape === 'bridge') return bothWays([second, ...rest.slice(half)], rest.slice(0, half));
    return bothWays(this.#ids, this.#ids).filter(() => random.chance(0.4));
  }

  async #crashMachines(): Promise<void> {
    const random = this.#random;
    const count = random.pick([1, 1, 1, 2, this.#ids.length]);
    const chosen = random.shuffle(this.#options.machines).slice(0, count);
    const silently = random.chance(0.5);
    for (const machine of chosen) {
      this.#kill(machine, silently);
      if (random.chance(0.5)) await this.#wait(random.exponential(30));
    }
    await this.#wait(random.pick([5, 300, 3000]) * random.between(0.5, 1.5));
    for (const machine of chosen) machine.start();
  }

  async #restartCleanly(): Promise<void> {
    const random = this.#random;
    const { machines, world } = this.#options;
    const areAll = random.chance(0.2);
    if (areAll) world.count('all stopped cleanly');
    const chosen = areAll ? machines : [random.pick(machines)];
    await Promise.all(chosen.map((machine) => this.#stopCleanly(machine)));
    await this.#wait(random.between(1, 1000));
    for (const machine of random.shuffle(chosen)) {
      const isTorn = !machine.isUp && random.chance(0.1) && machine.disk.tearTicket();
      if (isTorn) world.count('ticket torn');
      machine.start();
    }
  }

  async #stopCleanly(machine: Machine): Promise<void> {
    const stopped = machine.stop().then(() => true);
    const late = this.#wait(STOP_MILLISECONDS_MAX).then(() => false);
    if (await Promise.race([stopped, late])) return;
    if (machine.isUp) this.#options.world.count('stop took too long');
    this.#kill(machine, false);
  }

  async #pauseMachines(): Promise<void> {
    const isLong = this.#options.pace > 1 && this.#random.chance(0.5);
    const milliseconds =
      (isLong ? 80_000 : this.#random.pick([100, 1000, 3000])) * this.#random.between(0.5, 1.5);
    if (isLong) this.#options.world.count('pause of minutes');
    this.#random.pick(this.#options.machines).pause(milliseconds);
    await this.#wait(milliseconds);
  }

  async #jumpClocks(): Promise<void> {
    if (this.#wild.length === 0) return;
    const { time } = this.#random.pick(this.#wild);
    time.wallOffset += this.#random.between(-HOUR_MILLISECONDS, HOUR_MILLISECONDS);
    this.#options.world.count('wall clock jumped');
  }

  async #changeSettings(): Promise<void> {
    const { machines, settings } = this.#options;
    const machine = this.#random.pick(machines);
    for (let changes = this.#random.pick([1, 2, 4]); changes > 0; changes -= 1) {
      // The node may die of something else meanwhile.
      await Promise.race([settings.change(machine, this.#random), this.#wait(10_000)]);
      await this.#wait(this.#random.exponential(200));
    }
  }

  #kill(machine: Machine, silently: boolean): void {
    machine.crash(silently);
  }

  #isOn(): boolean {
    return this.#random.chance(0.5);
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#options.world.wait(milliseconds, 'nemesis');
  }
}

/** Among any majority that a node may know, those that are right must be more. */
function wildClocksMax(nodes: number): number {
  return Math.max(1, Math.floor((majority(nodes) - 1) / 2));
}

function bothWays(one: readonly string[], other: readonly string[]): Cut[] {
  return one.flatMap((a) =>
    other.filter((b) => b !== a).flatMap((b) => [[a, b] as const, [b, a] as const]),
  );
}
