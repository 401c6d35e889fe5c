/** Clusters side by side on one network, whose disks and places get mixed up. */
import type { ApiLimits } from '../../lib/api/api-world.js';
import type { NodeOptions } from '../../lib/node-options.js';
import type { QuorateNode } from '../../lib/node.js';
import { Machine } from './machine.js';
import { SimulatedNetwork } from './simulated-network.js';
import { drawApiLimits, drawNodes, PLAIN_SHAPE } from './shape.js';
import { World } from './world.js';

export interface Placed {
  /** Where the node of that id is said to be. */
  readonly [id: string]: string;
}

const PATIENCE_MILLISECONDS = 60_000;
const STEP_MILLISECONDS = 20;

export class IdentityWorld {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly trouble: string[] = [];
  readonly #options: NodeOptions;
  readonly #apiLimits: ApiLimits;

  constructor(seed: number) {
    this.world = new World(seed);
    this.network = new SimulatedNetwork(this.world);
    this.network.onThrow = (node, reason) => this.trouble.push(`${node} threw: ${reason}`);
    const shape = {
      ...{ nodes: 3, replicaCount: 3, partitionCount: 4, zones: 1, keys: ['k'], clients: 1 },
      ...{ faultMilliseconds: 0, pace: 1, ...PLAIN_SHAPE },
    };
    this.#apiLimits = drawApiLimits(this.world.random('limits'), shape);
    const [options] = drawNodes(this.world.random('nodes'), shape);
    if (options === undefined) throw new Error('no node was drawn');
    // A few lives of each node must fit into a context.
    this.#options = { ...options, limits: { ...options.limits, contextBytesMax: 65_536 } };
  }

  /** A machine that does not run yet. @param list where the founders are, by its list */
  machine(place: string, id: string, list: Placed, from?: Machine, cluster = 'same'): Machine {
    const founders = Object.entries(list).map(([founder, at]) => ({
      ...{ id: founder, address: `${at}:9090`, zone: 'z', weight: 1 },
    }));
    return new Machine({
      ...{ world: this.world, network: this.network, place },
      node: { ...this.#options, id, founders, cluster },
      apiLimits: this.#apiLimits,
      ...(from === undefined ? {} : { disk: from.disk }),
      onMint: () => undefined,
      onClaim: () => undefined,
      onChosen: () => undefined,
      hasAnyDiskLost: () => true,
      onTrouble: (message) => this.trouble.push(message),
    });
  }

  /** Founded, one machine for each of the list. */
  async cluster(list: Placed): Promise<Machine[]> {
    const machines = Object.entries(list).map(([id, place]) => this.machine(place, id, list));
    for (const machine of machines) machine.start();
    await this.until(() => machines.every(isReady), 'founded');
    return machines;
  }

  wait(milliseconds: number): Promise<void> {
    return this.world.wait(milliseconds, 'scenario');
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const end = this.world.now + PATIENCE_MILLISECONDS;
    while (!condition()) {
      if (this.world.now > end) throw new Error(`never: ${what}; ${this.trouble.join('; ')}`);
      await this.wait(STEP_MILLISECONDS);
    }
  }

  /** Both directions, between all of one side and all of the other. */
  cut(one: readonly string[], other: readonly string[]): void {
    for (const a of one) {
      for (const b of other) {
        this.network.cut(a, b);
        this.network.cut(b, a);
      }
    }
  }
}

export function isReady({ node }: Machine): boolean {
  return node?.cluster.readiness(undefined).ready === true;
}

export function running(machine: Machine): QuorateNode {
  if (machine.node === undefined) throw new Error(`${machine.place} does not run`);
  return machine.node;
}

/** Is it linked with all of these, as it sees it? */
export function sees(machine: Machine, ids: readonly string[]): boolean {
  return machine.node !== undefined && ids.every((id) => machine.node?.view.isUp(id));
}

export async function put(machine: Machine, key: string, text: string): Promise<void> {
  const plain = { namespace: 'default', key, level: 'quorum', fallbacks: [] };
  const blind = { context: undefined, timeoutMilliseconds: 2000 };
  const value = { contentType: 'text/plain', value: Buffer.from(text), ttlSeconds: undefined };
  const change = { state: 'value', ...value } as const;
  const request = { ...plain, ...blind, change, durability: 'sync' } as const;
  await running(machine).coordination.put(request);
}

export async function get(machine: Machine, key: string): Promise<string[]> {
  const plain = { namespace: 'default', key, level: 'quorum', fallbacks: [] };
  const request = { ...plain, timeoutMilliseconds: 2000 };
  const { siblings } = await running(machine).coordination.get(request);
  return siblings.map(({ value }) => Buffer.from(value).toString()).sort();
}

export async function statusOf(machine: Machine) {
  return running(machine).cluster.status();
}
