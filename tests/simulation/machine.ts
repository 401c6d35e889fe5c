/**
 * A machine with one node on it: its disk and clock remain while lives of the node come and go. A
 * life whose disk fails is followed by another once the disk is well.
 */
import type { Environment } from '../../lib/environment/environment.js';
import type { Observer } from '../../lib/environment/observer.js';
import type { NodeOptions } from '../../lib/node-options.js';
import type { QuorateNode } from '../../lib/node.js';
import { createNode } from '../../lib/node.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import type { Intent, Realised } from '../../lib/replica/intent.js';
import { type RecordKey, recordKeyAt, recordsOf } from '../../lib/persistence/keyspace.js';
import type { Claimed } from '../../lib/replica/claim.js';
import { type Dot, dotText } from '../../lib/versioning/dot.js';
import type { Siblings } from '../../lib/versioning/siblings.js';
import type { ApiLimits } from '../../lib/api/api-world.js';
import type { ClientConnection } from './client-connection.js';
import type { HttpAnswer, HttpRequest } from './http-answers.js';
import { type ConnectionLimits, HttpPort, MANY_CONNECTIONS } from './http-port.js';
import { nameOf } from './key-names.js';
import type { SeededRandom } from './seeded-random.js';
import { isWhole, stateOf, statesOfRemoved } from './node-view.js';
import { MachineTime, SimulatedClock } from './simulated-clock.js';
import { SimulatedDisk } from './simulated-disk.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { World } from './world.js';
import { UNLIMITED_RATES } from '../unit/unlimited-rates.js';

/** A version was made, for a client or not for any that is still there. */
export type OnClaim = (at: RecordKey, of: Dot, claimed: Claimed) => void;
export type OnMint = (at: RecordKey, intent: Intent, realised: Realised) => void;
/** At `strong`: a state was counted, and goes into the record of its proposer. */
/** @param held what the node that chooses holds of the key just before */
export type OnChosen = (at: RecordKey, state: Siblings, held: Siblings | undefined) => void;

interface Life {
  readonly number: number;
  alive: boolean;
  node: QuorateNode | undefined;
  http: HttpPort | undefined;
}

export interface MachineOptions {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly node: NodeOptions;
  readonly apiLimits: ApiLimits;
  /** By default as many as anybody wants. */
  readonly connectionLimits?: ConnectionLimits;
  /** A request that has a name was handed to the API. */
  readonly onBegun?: (name: string) => void;
  readonly onMint: OnMint;
  readonly onClaim: OnClaim;
  readonly onChosen: OnChosen;
  /** Has any disk lost something? Then its owner can make others believe that they have. */
  readonly hasAnyDiskLost: () => boolean;
  /** By default an empty one. */
  readonly disk?: SimulatedDisk;
  /** Where it is on the network; by default as its node is called. */
  readonly place?: string;
  /** Something happened that no fault explains. */
  readonly onTrouble: (message: string) => void;
}

const SUPERVISION_MILLISECONDS = 200;
/** So long it may take until a node knows what its disk has lost. */
const NOTICE_MILLISECONDS = 3000;

/**
 * After these a node knows what is missing on its disk of a partition; after a rebuild what it had
 * read the disk for since it was gone.
 */
const DAMAGED = 'a partition is damaged and will be rebuilt';
const REBUILT = 'a partition is rebuilt';

export class Machine {
  readonly id: string;
  readonly place: string;
  /** Why the last life ended by itself, where it did. */
  refusal: OperatingError | undefined;
  readonly time: MachineTime;
  readonly disk: SimulatedDisk;
  readonly #options: MachineOptions;
  #life: Life | undefined;
  #lives = 0;
  /** Of all lives. */
  readonly #ports: HttpPort[] = [];
  /** When the record of a key was looked at last, for anybody. */
  readonly lastReads = new Map<string, number>();
  /** Called when a node serves again. */
  onStarted: () => void = () => undefined;
  /** Somebody is to begin another life once the disk is well. */
  #supervised = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.id = options.node.id;
    this.place = options.place ?? this.id;
    this.time = new MachineTime(options.world);
    this.disk = options.disk ?? new SimulatedDisk(options.world, this.place);
    this.disk.onFailed = () => this.#startAgain();
    this.disk.onRemoval = (key, bytes) => {
      const was = statesOfRemoved(key, bytes);
      if (was?.has('tombstone')) options.world.count('tombstone collected');
      if (was?.has('stub')) options.world.count('stub collected');
    };
  }

  /** The node, where it runs. */
  get node(): QuorateNode | undefined {
    return this.#life?.alive === true ? this.#life.node : undefined;
  }

  /** How many lives its node has had, the present one included. */
  get lives(): number {
    return this.#lives;
  }

  get zone(): string {
    const { id, founders } = this.#options.node;
    return founders.find((founder) => founder.id === id)?.zone ?? '';
  }

  get partitionCount(): number {
    return this.#options.node.partitionCount;
  }

  get isUp(): boolean {
    return this.#life?.alive === true;
  }

  /** Does it answer clients? Not while it stops: what takes longer than that is cut. */
  get isServing(): boolean {
    return this.isUp && this.#life?.http?.isOpen === true;
  }

  /** Has the node made good what its disk had lost before `since`? */
  isWhole(since: number): boolean {
    return isWhole(this.node, this.disk) && this.#options.world.now > since + NOTICE_MILLISECONDS;
  }

  /**
   * Begins a life of the node; it may end before it has started.
   * @param node with what, where that is for once something else
   */
  start(node = this.#options.node): void {
    if (this.isUp) return;
    const { world, onTrouble } = this.#options;
    this.#lives += 1;
    const life: Life = { number: this.#lives, alive: true, node: undefined, http: undefined };
    this.#life = life;
    world.note(`start ${this.place} life ${this.#lives}`);
    const environment = this.#environment(life);
    createNode(environment, node).then(
      (created) => {
        life.node = created;
        life.http = this.#httpOf(created, environment, life);
        this.#watch(created);
        void created.refused.then((error) => this.#end(life, error));
        this.onStarted();
        created.ready().catch((error: unknown) => {
          if (this.refusal !== undefined) return;
          if (this.disk.everFaulty) world.count('refused to serve on a faulty disk');
          else onTrouble(`${this.place} was refused: ${messageOf(error)}`);
        });
      },
      (error: unknown) => {
        if (!life.alive) return;
        if (this.disk.everFaulty || this.#supervised) {
          world.count('did not start on a faulty disk');
          world.note(`${this.place} did not start: ${messageOf(error)}`);
          this.#startAgain();
        } else {
          if (error instanceof OperatingError) this.refusal = error;
          onTrouble(`${this.place} did not start: ${messageOf(error)}`);
        }
      },
    );
  }

  /** It must not run, and ends by itself. */
  #end(life: Life, error: OperatingError): void {
    if (!life.alive) return;
    this.refusal = error;
    this.#options.onTrouble(`${this.place} ends: ${error.message}`);
    this.crash(false);
  }

  /** A supervisor: the life whose disk failed ends, another begins once the disk is well. */
  #startAgain(): void {
    if (this.#supervised) return;
    this.#supervised = true;
    const { world } = this.#options;
    const turn = (): void => {
      if (!this.isUp) this.#supervised = false;
      else if (this.disk.isWell) {
        this.#supervised = false;
        this.crash(false);
        this.start();
        world.count('failed disk survived');
      } else world.after(SUPERVISION_MILLISECONDS, `supervise ${this.place}`, turn);
    };
    world.after(SUPERVISION_MILLISECONDS, `supervise ${this.place}`, turn);
  }

  /** Its ports never answer again. @param silently its peers are not notified */
  crash(silently: boolean): void {
    const life = this.#life;
    if (life?.alive !== true) return;
    const { world, network } = this.#options;
    world.note(`crash ${this.place}`);
    world.count(silently ? 'machine lost' : 'process killed');
    life.alive = false;
    network.crash(this.place, silently);
    this.disk.crash();
  }

  /** A clean end. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life?.alive !== true || life.node === undefined) return;
    const { world, network } = this.#options;
    world.note(`stop ${this.place}`);
    life.node.announceStop();
    await life.http?.close();
    if (!life.alive) return;
    for (const watch of network.watches) watch.stopping(this.id);
    await life.node.stop();
    if (!life.alive) return;
    life.alive = false;
    world.count('clean stop');
    this.disk.crash();
  }

  pause(milliseconds: number): void {
    const { world } = this.#options;
    world.note(`pause ${this.place}`);
    world.count('pause');
    this.time.pause(milliseconds);
  }

  /** What a client asks over HTTP; pending for ever if this life ends first. */
  exchange(request: HttpRequest): Promise<HttpAnswer> | undefined {
    const http = this.#life?.http;
    return http?.isOpen === true ? this.call(() => http.exchange(request)) : undefined;
  }

  /** Of a client that does as it likes. Undefined: it is refused. */
  connect(): ClientConnection | undefined {
    const { alive = false, http } = this.#life ?? {};
    return alive && http?.isOpen === true ? http.connect() : undefined;
  }

  /** What is asked of the node; pending for ever if this life ends first. */
  call<T>(ask: (node: QuorateNode) => Promise<T>): Promise<T> | undefined {
    const life = this.#life;
    const node = life?.node;
    if (life?.alive !== true || node === undefined) return undefined;
    return new Promise((resolve, reject) => {
      this.time.whenRunning(`request ${this.place}`, () => {
        if (!life.alive) return;
        ask(node).then(
          (answer) => life.alive && resolve(answer),
          (error: unknown) => life.alive && reject(error as Error),
        );
      });
    });
  }

  #httpOf(node: QuorateNode, environment: Environment, life: Life): HttpPort {
    const { clock, observer } = environment;
    const { world, apiLimits, connectionLimits, onBegun, onTrouble } = this.#options;
    let requests = 0;
    const requestId = (): string => {
      requests += 1;
      return `${this.id}-${life.number}-${requests}`;
    };
    const port = new HttpPort({
      api: {
        ...{ node, clock, requestId, limits: apiLimits, version: 'simulated' },
        together: (run) => run(),
        logsRequests: false,
        rates: UNLIMITED_RATES,
        metrics: async () => '',
      },
      ...{ observer, limits: connectionLimits ?? MANY_CONNECTIONS },
      random: world.random(`connections ${this.place} ${life.number}`),
      onBegun: onBegun ?? (() => undefined),
      onTrouble: (message) => onTrouble(`${this.place}: ${message}`),
    });
    this.#ports.push(port);
    return port;
  }

  /** After the simulation: nothing of it is held any more. */
  release(): void {
    for (const port of this.#ports) port.release();
  }

  #environment(life: Life): Environment {
    const { world, network } = this.#options;
    const isAlive = (): boolean => life.alive;
    const random: SeededRandom = world.random(`node ${this.place} ${life.number}`);
    return {
      clock: new SimulatedClock(world, this.time, this.id, isAlive),
      random,
      storage: this.disk.open(this.time, isAlive),
      transport: network.attach(this.id, this.time, isAlive, this.place),
      observer: this.#observer(isAlive),
    };
  }

  #observer(isAlive: () => boolean): Observer {
    const { world, onTrouble } = this.#options;
    return {
      log: (severity, event, fields) => {
        if (!isAlive()) return;
        world.note(`log ${this.place} ${severity} ${event} ${JSON.stringify(fields ?? {})}`);
        if (event === DAMAGED || event === REBUILT) {
          const range = recordsOf(Number(fields?.['partition']), this.partitionCount);
          this.disk.vanished.known(range, event === REBUILT);
        }
        if (severity === 'warn') world.count(`log ${event}`);
        if (severity !== 'error') return;
        if (this.disk.everFaulty) world.count(`log ${event}`);
        else onTrouble(`${this.place}: ${event} ${JSON.stringify(fields ?? {})}`);
      },
      count: (metric, labels = {}, by = 1) => {
        if (!isAlive()) return;
        if (metric.startsWith('quorate_damaged') && !this.disk.everFaulty) {
          const what = `${this.place} holds itself damaged: ${labels['reason']}`;
          world.count(`false damage: ${labels['reason']}`, by);
          // Digests that were kept tell of a record that was lost before them, unsynced.
          const isTorn = labels['reason'] === 'count' && this.disk.hasLostMiddle;
          if (!isTorn && !this.#options.hasAnyDiskLost()) onTrouble(what);
        }
        if (labels['reason'] === 'the disk was rolled back') this.disk.isOld = false;
        const name = metric.replace(/^quorate_|_total$/g, '');
        world.count([name, ...Object.values(labels)].join(' '), by);
      },
      measure: () => undefined,
    };
  }

  /** Looks over the shoulder of everything that mints. */
  #watch(node: QuorateNode): void {
    const { world } = this.#options;
    /** By partition, in this life. */
    const writers = new Map<number, string>();
    const onMint: OnMint = (at, intent, realised) => {
      const { writer } = realised.dot;
      if ((writers.get(at.partition) ?? writer) !== writer) world.count('writer changed in a life');
      writers.set(at.partition, writer);
      const version = dotText(realised.dot);
      const replaced = realised.replaced.map((one) => one.version).join(' ');
      world.note(`mint ${this.place} ${nameOf(at)} ${version} instead of ${replaced}`);
      this.#options.onMint(at, intent, realised);
    };
    const { replica, hints, disk } = node;
    const { acceptor } = disk;
    const learn = acceptor.learn.bind(acceptor);
    acceptor.learn = (partition, proposal, how) => {
      const at = recordKeyAt(proposal.key, this.partitionCount);
      const held = proposal.state.versions.map(({ dot }) => dotText(dot)).join(' ');
      world.note(`choose ${this.place} ${nameOf(at)} ${held}`);
      this.#options.onChosen(at, proposal.state, stateOf(node, at));
      return learn(partition, proposal, how);
    };
    const read = replica.read.bind(replica);
    replica.read = (at) => {
      const record = read(at);
      this.lastReads.set(nameOf(at), world.now);
      return record;
    };
    const mint = replica.mint.bind(replica);
    replica.mint = (at, intent, durability, also) => {
      const minted = mint(at, intent, durability, also);
      onMint(at, intent, minted.value);
      return minted;
    };
    const claim = replica.claim.bind(replica);
    replica.claim = (at, what, seen, durability, also) => {
      const claimed = claim(at, what, seen, durability, also);
      world.count('blind write claims');
      const taken = claimed.value.replaced.map(({ version }) => version).join(' ');
      world.note(`claim ${this.place} ${nameOf(at)} for ${dotText(what.of)} instead of ${taken}`);
      this.#options.onClaim(at, what.of, claimed.value);
      return claimed;
    };
    const mintHint = hints.mint.bind(hints);
    hints.mint = (at, primaries, intent, durability) => {
      const minted = mintHint(at, primaries, intent, durability);
      world.count('minted by a stand-in');
      onMint(at, intent, minted.value);
      return minted;
    };
  }
}
