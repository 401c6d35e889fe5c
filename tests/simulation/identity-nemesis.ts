/**
 * Nodes that must not run, while clients are served: a second life of an id, a node on a foreign
 * disk, a founder with another list. All the rest is quiet meanwhile, so that who must yield is
 * certain. Its draws are a stream of their own.
 */
import type { ApiLimits } from '../../lib/api/api-world.js';
import type { NodeOptions } from '../../lib/node-options.js';
import { PREFIX } from '../../lib/persistence/keyspace.js';
import { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedDisk } from './simulated-disk.js';
import { CALM_NETWORK } from './network-faults.js';
import { SimulatedNetwork } from './simulated-network.js';
import type { World } from './world.js';

export interface IdentityNemesisOptions {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly machines: readonly Machine[];
  /** What each machine is started with. */
  readonly nodes: readonly NodeOptions[];
  readonly apiLimits: ApiLimits;
  readonly onTrouble: (message: string) => void;
}

/** Of each kind of fault, in a seed. */
const PROBABILITY = 0.1;
/** So long nobody may serve after all have heard of the other list: some questions more. */
const REFUSAL_MILLISECONDS = 2000;
const STEP_MILLISECONDS = 20;
/** Whatever must come true has come true by then, also where heartbeats are slow. */
const PATIENCE_MILLISECONDS = 60_000;

/** What nodes log of those that must not run, as errors. */
const OTHER_LIST = 'a founder has another founding list';
const TWO_NODES = 'two nodes run under one id';
const STRANGERS = [
  'another node runs under the id of this one',
  'a node of another cluster was refused',
];

type Founders = NodeOptions['founders'];

/** Lists that differ from what the other founders were given. */
const OTHER_WEIGHTS = 'other weights';
const OTHER_LISTS: Readonly<Record<string, (founders: Founders) => Founders>> = {
  [OTHER_WEIGHTS]: (founders) => changeLast(founders, ({ weight }) => ({ weight: weight + 1 })),
  'other zones': (founders) => changeLast(founders, ({ zone }) => ({ zone: `${zone} too` })),
  'one more': (founders) => [
    ...founders,
    { id: 'n99', address: 'n99:9090', zone: 'z0', weight: 1 },
  ],
};

const OTHER_KINDS = Object.keys(OTHER_LISTS).filter((kind) => kind !== OTHER_WEIGHTS);

/** Where a disk comes from that its node must not take. */
const FOREIGN = ['another node', 'another cluster', 'another cluster of this name'] as const;

export class IdentityNemesis {
  readonly #options: IdentityNemesisOptions;
  readonly #random: SeededRandom;
  readonly #misfounds: boolean;
  readonly #doubles: boolean;
  readonly #swaps: boolean;
  /** Who has reported a founder with another list. */
  readonly #haveSeen = new Set<string>();
  /** What nodes are to log now, though it is an error. */
  #expected: readonly string[] = [];
  /** All that ran beside the cluster. */
  readonly #guests: Machine[] = [];
  /** Where second lives of an id were started. */
  readonly #seconds: string[] = [];

  constructor(options: IdentityNemesisOptions) {
    this.#options = options;
    this.#random = options.world.random('identity nemesis');
    this.#misfounds = this.#random.chance(PROBABILITY);
    this.#doubles = this.#random.chance(PROBABILITY);
    this.#swaps = this.#random.chance(PROBABILITY);
  }

  /** Is this what nodes must log of those that are started wrongly now? */
  expects(message: string): boolean {
    const [place = '', ...rest] = message.split(': ');
    const what = rest.join(': ');
    // A member may judge late, where frames of before hold up the answer of the first: the second
    // has ended by then. Never may the first be the one that is refused.
    if (what.startsWith(TWO_NODES))
      return this.#seconds.some((second) => what.includes(`"refused":"${second}:`));
    if (!this.#expected.some((event) => what.startsWith(event))) return false;
    if (what.startsWith(OTHER_LIST)) this.#haveSeen.add(place);
    return true;
  }

  /** All serve. @returns is `run` to be called now? */
  founded(): boolean {
    this.#expected = [];
    return this.#doubles || this.#swaps;
  }

  /** Before the founding: one founder is started with another list; then it is stopped. */
  async misfound(): Promise<void> {
    if (!this.#misfounds) return;
    this.#expected = [OTHER_LIST];
    const { world, machines } = this.#options;
    const { machine, node } = this.#pick();
    // Half of them of weights, which alone change no more than how much a node holds.
    const kind = this.#random.chance(0.5) ? OTHER_WEIGHTS : this.#random.pick(OTHER_KINDS);
    const founders = OTHER_LISTS[kind]?.(node.founders) ?? [];
    world.note(`${machine.id} is given another list: ${kind}`);
    for (const one of machines) one.start(one === machine ? { ...node, founders } : undefined);
    const haveAllSeen = (): boolean => machines.every(({ place }) => this.#haveSeen.has(place));
    const what = `a founder with ${kind}`;
    const serves = (): boolean => machines.some(isReady);
    let isWrong = await this.#until(haveAllSeen, serves, what);
    const seenAt = world.now;
    const isLater = (): boolean => world.now >= seenAt + REFUSAL_MILLISECONDS;
    isWrong ||= await this.#until(isLater, serves, what);
    if (!isWrong) world.count(`founding refused: ${kind}`);
    machine.crash(false);
  }

  /** While clients are served. Resolves when all is as it was. */
  async run(): Promise<void> {
    const { network } = this.#options;
    const { faults } = network;
    this.#expected = STRANGERS;
    network.faults = CALM_NETWORK;
    if (this.#doubles) await this.#startTwice();
    if (this.#swaps) await this.#swapDisk();
    network.faults = faults;
    this.#expected = [];
  }

  release(): void {
    for (const guest of this.#guests) guest.release();
  }

  /** The holder of the id goes on, the newcomer ends and says why. */
  async #startTwice(): Promise<void> {
    const { world, machines } = this.#options;
    const { machine, node } = this.#pick();
    await this.#untilAnswers(machine, node);
    await this.#settled();
    const place = `second-${machine.id}`;
    this.#seconds.push(place);
    const isClone = this.#random.chance(0.5);
    const disk = isClone ? machine.disk.clone(place) : undefined;
    const { lives } = machine;
    const what = `a second ${machine.id} ${isClone ? 'on a copy of the disk' : 'on an empty disk'}`;
    const isRefused = await this.#mustEnd(this.#guest(node, place, { disk }), what, 'id_in_use');
    const others = machines.filter((one) => one !== machine);
    const isLinked = ({ node: other }: Machine): boolean => other?.view.isUp(machine.id) === true;
    await this.#until(
      () => others.every(isLinked),
      () => !machine.isUp || machine.lives !== lives,
      `${what}: the first one goes on`,
    );
    if (isRefused) world.count(`second life refused: ${isClone ? 'copied disk' : 'empty disk'}`);
  }

  /** The node ends, what is on the foreign disk stays, and the node returns on its own. */
  async #swapDisk(): Promise<void> {
    const { world, machines } = this.#options;
    const { machine, node } = this.#pick();
    await this.#settled();
    const place = `foreign-${machine.id}`;
    const origin = this.#random.pick(FOREIGN);
    const another = machines.find((one) => one !== machine) ?? machine;
    const disk =
      origin === 'another node'
        ? another.disk.clone(place)
        : await this.#diskOfTwin(node.id, origin === 'another cluster' ? 'other' : node.cluster);
    // Of the same name and list: only the others can say that it is of another cluster.
    const kept = origin === 'another cluster of this name' ? PREFIX.record : '';
    const before = textOf(disk, kept);
    machine.crash(this.#random.chance(0.5));
    const what = `${machine.id} on a disk of ${origin}`;
    const guest = this.#guest(node, place, { disk });
    const isRefused = await this.#mustEnd(guest, what, 'founding_refused');
    if (textOf(disk, kept) !== before) this.#options.onTrouble(`${what} has written to it`);
    if (isRefused) world.count(`foreign disk refused: of ${origin}`);
    machine.start();
    await this.#settled();
  }

  /** Starts it and waits for its end. @returns was it refused, for this reason alone? */
  async #mustEnd(guest: Machine, what: string, code: string): Promise<boolean> {
    this.#options.world.note(what);
    guest.start();
    const hasEnded = (): boolean => guest.refusal !== undefined;
    const served = await this.#until(hasEnded, () => isReady(guest), `${what} ends`);
    guest.crash(false);
    if (served) return false;
    if (guest.refusal?.code === code) return true;
    this.#options.onTrouble(`${what} ended otherwise: ${guest.refusal?.message}`);
    return false;
  }

  /** A cluster of the same list, on a network of its own; with a record that nobody here wrote. */
  async #diskOfTwin(id: string, cluster: string): Promise<SimulatedDisk> {
    const { world, nodes } = this.#options;
    const network = new SimulatedNetwork(world, this.#options.network.frameBytesMax);
    const placeOf = (of: string): string => `elsewhere-${of}`;
    const twins = nodes.map((node) => {
      const founders = node.founders.map((one) => ({ ...one, address: `${placeOf(one.id)}:9090` }));
      return this.#guest({ ...node, cluster, founders }, placeOf(node.id), { network });
    });
    for (const twin of twins) twin.start();
    const never = (): boolean => false;
    await this.#until(() => twins.every(isReady), never, 'another cluster is founded');
    const twin = twins.find((one) => one.id === id);
    await twin?.node?.coordination.put({
      ...{ namespace: 'default', key: 'k1', level: 'all', fallbacks: [], context: undefined },
      ...{ timeoutMilliseconds: 2000, durability: 'sync', change: foreignValue() },
    });
    for (const one of twins) one.crash(false);
    if (twin === undefined) throw new Error(`${id} is no founder`);
    return twin.disk.clone(`foreign-${id}`);
  }

  #guest(
    node: NodeOptions,
    place: string,
    { disk, network }: { disk?: SimulatedDisk | undefined; network?: SimulatedNetwork },
  ): Machine {
    const { onTrouble, ...shared } = this.#options;
    const listed = node.founders.map((one) =>
      one.id === node.id ? { ...one, address: `${place}:9090` } : one,
    );
    const guest: Machine = new Machine({
      ...{ ...shared, node: { ...node, founders: listed }, place },
      ...(disk === undefined ? {} : { disk }),
      network: network ?? shared.network,
      onMint: (at) => network ?? onTrouble(`${place} has made a version of ${at.key}`),
      onClaim: (at) => network ?? onTrouble(`${place} has claimed siblings of ${at.key}`),
      onChosen: (at) => network ?? onTrouble(`${place} has chosen a state of ${at.key}`),
      hasAnyDiskLost: () => true,
      // That it is refused is what must happen.
      onTrouble: (message) => guest.refusal ?? onTrouble(message),
    });
    this.#guests.push(guest);
    return guest;
  }

  #pick(): { readonly machine: Machine; readonly node: NodeOptions } {
    const { machines, nodes } = this.#options;
    const machine = this.#random.pick(machines);
    const node = nodes.find(({ id }) => id === machine.id);
    if (node === undefined) throw new Error(`${machine.id} has no options`);
    return { machine, node };
  }

  /**
   * Frames of before may hold up what the machine answers, for longer than members wait for it:
   * then they must take it for gone (decision 0030).
   */
  async #untilAnswers(machine: Machine, { limits }: NodeOptions): Promise<void> {
    const { network, world } = this.#options;
    const patience = limits.heartbeatIntervalMilliseconds * limits.heartbeatsMissedDead;
    await this.#until(
      () => network.heldUpUntil(machine.place) < world.now + patience / 2,
      () => false,
      `${machine.id} answers`,
    );
  }

  /** Everybody serves and is linked with everybody. Frames of before may still hold up others. */
  async #settled(): Promise<void> {
    const { machines } = this.#options;
    const ids = machines.map(({ id }) => id);
    const seesAll = ({ id, node }: Machine): boolean =>
      ids.every((other) => other === id || node?.view.isUp(other) === true);
    await this.#until(
      () => machines.every((one) => isReady(one) && seesAll(one)),
      () => false,
      'all are linked',
    );
  }

  /** @returns did that happen meanwhile what must not? Both that and a vain wait are findings. */
  async #until(holds: () => boolean, isWrong: () => boolean, what: string): Promise<boolean> {
    const { world, onTrouble } = this.#options;
    const end = world.now + PATIENCE_MILLISECONDS;
    while (!holds()) {
      if (isWrong() || world.now > end) {
        onTrouble(`${what}: ${isWrong() ? 'somebody serves, or has ended' : 'in vain'}`);
        return true;
      }
      await world.wait(STEP_MILLISECONDS, 'identity nemesis');
    }
    return false;
  }
}

function isReady({ node }: Machine): boolean {
  return node?.cluster.readiness(undefined).ready === true;
}

function changeLast(
  founders: Founders,
  change: (founder: Founders[number]) => Partial<Founders[number]>,
): Founders {
  return founders.map((founder, at) =>
    at === founders.length - 1 ? { ...founder, ...change(founder) } : founder,
  );
}

function textOf(disk: SimulatedDisk, prefix: string): string {
  return disk
    .durableEntries(prefix)
    .map(([key, bytes]) => `${key} ${Buffer.from(bytes).toString('hex')}`)
    .join('\n');
}

function foreignValue() {
  const value = Buffer.from('of another cluster');
  return { state: 'value', contentType: 'text/plain', value, ttlSeconds: undefined } as const;
}
