/**
 * What disks do wrong in a simulation. What one owner of a partition loses, the others must make
 * good; so only one machine at a time has a disk that lost something.
 */
import { messageOf } from '../../lib/errors.js';
import { PREFIX } from '../../lib/persistence/keyspace.js';
import { DamageLog } from './damage-log.js';
import { nameStoredAt, recordKeyOfName } from './key-names.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import { FREE_BYTES } from './simulated-disk.js';
import type { World } from './world.js';

export interface DiskNemesisOptions {
  readonly world: World;
  readonly machines: readonly Machine[];
  /** N: of a single copy nothing may be lost. */
  readonly replicaCount: number;
  readonly random: SeededRandom;
  readonly kill: (machine: Machine, silently: boolean) => void;
  readonly stopCleanly: (machine: Machine) => Promise<void>;
  readonly isStopped: () => boolean;
}

interface Loss {
  readonly key?: string;
  readonly keptUntil?: number | undefined;
  readonly part?: 'record' | 'hint';
}

/** Of what is stored, by how its keys begin. */
const ROTTING: Readonly<Record<string, string>> = {
  record: PREFIX.record,
  clock: PREFIX.clock,
  hint: PREFIX.hint,
  digest: PREFIX.digest,
  'digest log': PREFIX.digestLog,
};

/** One seed in so many has records that vanish without a trace. */
const VANISHING_SEEDS = 12;
const MEGABYTE = 1_048_576;

export class DiskNemesis {
  readonly #options: DiskNemesisOptions;
  /** The only machine whose disk may have lost something that is not made good yet. */
  #damaged: Machine | undefined;
  #damagedAt = 0;
  readonly #vanishes: boolean;
  #vanished: string | undefined;
  /** What was lost for good, by whom. */
  readonly log = new DamageLog();

  constructor(options: DiskNemesisOptions) {
    this.#options = options;
    this.#vanishes = options.random.below(VANISHING_SEEDS) === 0;
  }

  /** When a disk lost something last; minus infinity: never. */
  get lastDamage(): number {
    return this.#damaged === undefined && this.#damagedAt === 0
      ? Number.NEGATIVE_INFINITY
      : this.#damagedAt;
  }

  /** The key whose record vanished, so that reads of it may have been wrong until it was missed. */
  get vanishedKey(): string | undefined {
    return this.#vanished;
  }

  /** The kinds that chance wants, each to be repeated for as long as the faults last. */
  plagues(): (() => Promise<void>)[] {
    const plagues = [
      () => this.#slowDown(),
      () => this.#fillUp(),
      () => this.#failWrites(),
      () => this.#rot(),
      () => this.#vanish(),
      () => this.#rollBack(),
      () => this.#lose(),
      () => this.#damageEngine(),
    ];
    return plagues.filter(() => this.#options.random.chance(0.5));
  }

  /** Nothing fails any more; what was lost stays lost. */
  calm(): void {
    for (const { disk } of this.#options.machines) {
      disk.speed = { write: 0.05, sync: 0.5 };
      disk.freeBytes = FREE_BYTES;
      disk.failNext = undefined;
    }
  }

  async #slowDown(): Promise<void> {
    const { random, machines } = this.#options;
    const { disk } = random.pick(machines);
    const { speed } = disk;
    disk.speed = { write: 5, sync: random.between(50, 800) };
    await this.#wait(random.between(200, 3000));
    disk.speed = speed;
  }

  async #fillUp(): Promise<void> {
    const { random, machines, world } = this.#options;
    const { disk } = random.pick(machines);
    const hasReserve = random.chance(0.7);
    world.count(hasReserve ? 'disk: nearly full' : 'disk: full to the last byte');
    disk.everFaulty = true;
    disk.freeBytes = hasReserve ? random.between(0, MEGABYTE) : -1;
    if (random.chance(0.2)) {
      world.count('disk: full until the calm');
      while (!this.#options.isStopped()) await this.#wait(500);
    } else await this.#wait(random.between(300, 4000));
    disk.freeBytes = FREE_BYTES;
  }

  async #failWrites(): Promise<void> {
    const { random, machines, world } = this.#options;
    const { disk } = random.pick(machines);
    world.count('disk: write to fail');
    disk.everFaulty = true;
    disk.failNext = random.pick(['lost', 'kept']);
  }

  async #rot(): Promise<void> {
    const { random, world } = this.#options;
    const machine = this.#draw();
    if (machine === undefined) return;
    const kind = random.pick(Object.keys(ROTTING));
    const key = machine.disk.rot(ROTTING[kind] ?? '');
    if (key === undefined) return;
    this.#noteDamage(machine, `a ${kind} rots: ${JSON.stringify(key)}`);
    world.count(`rot: ${kind}`);
    if (kind === 'record' || kind === 'hint') {
      this.#noteLoss(machine, { key: nameStoredAt(key), part: kind });
    }
  }

  /** The record of this very key rots, and its node looks at it. @returns whether it was there */
  rotRecord(machine: Machine, key: string): boolean {
    const { node, disk, partitionCount } = machine;
    const at = recordKeyOfName(key, partitionCount);
    if (node === undefined || !this.#isFree(machine)) return false;
    if (disk.rot(at.storageKey) !== at.storageKey) return false;
    this.#noteDamage(machine, `a record rots: ${JSON.stringify(at.storageKey)}`);
    this.#noteLoss(machine, { key, part: 'record' });
    node.disk.table.forgetCached(at);
    try {
      node.replica.read(at);
    } catch (error) {
      this.#options.world.note(`${machine.id} notices: ${messageOf(error)}`);
    }
    return true;
  }

  /** Of one machine in a whole simulation: nobody can say when it is made good. */
  async #vanish(): Promise<void> {
    const { world } = this.#options;
    if (!this.#vanishes || this.#vanished !== undefined) return;
    const machine = this.#draw();
    const key = machine?.disk.vanish(PREFIX.record);
    if (machine === undefined || key === undefined) return;
    this.#vanished = nameStoredAt(key);
    this.#noteDamage(machine, `a record vanishes: ${JSON.stringify(key)}`);
    this.#noteLoss(machine, { key: this.#vanished, part: 'record' });
    world.count('record vanished');
  }

  async #rollBack(): Promise<void> {
    const { random, world } = this.#options;
    const machine = this.#draw();
    if (machine === undefined) return;
    // A disk as a clean stop leaves it has a ticket, which the life that follows uses up.
    const isStopped = random.chance(0.3);
    if (isStopped) await this.#options.stopCleanly(machine);
    if (isStopped && machine.isUp) return;
    machine.disk.remember();
    if (isStopped) machine.start();
    if (isStopped) world.count('disk remembered at a clean stop');
    const keptUntil = world.now;
    await this.#wait(random.between(50, 3000));
    if (this.#options.isStopped() || !this.#isFree(machine)) return;
    const what = 'its disk is rolled back';
    await this.#replaceDisk(machine, what, () => machine.disk.rollBack(), keptUntil);
    world.count('disk rolled back');
  }

  async #lose(): Promise<void> {
    const machine = this.#draw();
    if (machine === undefined) return;
    await this.#replaceDisk(machine, 'its disk is lost', () => machine.disk.lose());
    this.#options.world.count('disk lost');
  }

  async #damageEngine(): Promise<void> {
    const machine = this.#draw();
    if (machine === undefined) return;
    await this.#replaceDisk(machine, 'its engine is damaged', () => machine.disk.damageEngine());
    this.#options.world.count('engine damaged');
  }

  async #replaceDisk(
    machine: Machine,
    what: string,
    replace: () => void,
    keptUntil?: number,
  ): Promise<void> {
    const { random, kill } = this.#options;
    kill(machine, random.chance(0.5));
    replace();
    this.#noteDamage(machine, what);
    this.#noteLoss(machine, { keptUntil });
    await this.#wait(random.pick([5, 300, 2000]) * random.between(0.5, 1.5));
    machine.start();
  }

  #noteDamage(machine: Machine, what: string): void {
    const { world } = this.#options;
    this.#damaged = machine;
    this.#damagedAt = world.now;
    world.note(`damage ${machine.id}: ${what}`);
  }

  #noteLoss({ id }: Machine, { key, keptUntil = Number.NEGATIVE_INFINITY, part }: Loss): void {
    this.log.note({ machine: id, at: this.#options.world.now, keptUntil, key, part });
  }

  /** One whose disk may lose something now. */
  #draw(): Machine | undefined {
    if (this.#options.replicaCount === 1) return undefined;
    const machine = this.#options.random.pick(this.#options.machines);
    return this.#isFree(machine) ? machine : undefined;
  }

  #isFree(machine: Machine): boolean {
    if (this.#damaged === undefined || this.#damaged === machine) return true;
    if (this.#vanished !== undefined || !this.#damaged.isWhole(this.#damagedAt)) return false;
    this.#damaged = undefined;
    return true;
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#options.world.wait(milliseconds, 'nemesis');
  }
}
