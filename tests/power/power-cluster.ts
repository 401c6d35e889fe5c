/** A local cluster whose nodes have a file system each, under a checked load; its power is cut. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckedLoad } from '../integration/checked-load.js';
import type { KillRound } from '../integration/kill-rounds.js';
import { killRound } from '../integration/kill-rounds.js';
import type { Owner } from '../integration/real-cluster.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { DiskImages } from './disk-images.js';

/** What was written without a sync was gone, on all disks; what was synced was there. */
export interface Probes {
  readonly disks: number;
  readonly syncedLeft: number;
  readonly unsyncedLeft: number;
}

export interface CutRound extends KillRound {
  readonly probes: Probes;
}

const NODES = ['n1', 'n2', 'n3'];
const CONTROL_KEYS = 40;
const CONTROL_MILLISECONDS = 500;
const CONTROLS_MAX = 4;

export class PowerCluster {
  readonly cluster: RealCluster;
  readonly load: CheckedLoad;
  readonly #disks: DiskImages;
  #cuts = 0;

  private constructor(cluster: RealCluster, load: CheckedLoad, disks: DiskImages) {
    this.cluster = cluster;
    this.load = load;
    this.#disks = disks;
  }

  static async start(owner: Owner, keyCount: number): Promise<PowerCluster> {
    const disks = DiskImages.create(NODES);
    owner.teardown(() => disks.discard());
    disks.mountAll();
    const words = ['--base-port', String(await freeBasePort()), '--partitions', '64'];
    const cluster = await RealCluster.start(owner, disks.folder, words);
    const endpoints = cluster.announced.nodes.map(({ url }) => url);
    const load = new CheckedLoad({ endpoints, keyCount, workers: 12 });
    owner.teardown(() => load.close());
    return new PowerCluster(cluster, load, disks);
  }

  /** One round: load, power off in the middle of it, power on, everything read back. */
  async cut(): Promise<CutRound> {
    let probes: Probes | undefined;
    this.#cuts += 1;
    const round = await killRound(this.cluster, this.load, this.#cuts, async () => {
      probes = await this.#cutPower(String(this.#cuts));
    });
    if (probes === undefined) throw new Error('the power was not cut');
    return { ...round, probes };
  }

  /**
   * The control: of writes that were acknowledged from memory, until the very cut, the last must be
   * gone, and the very reader that finds nothing lost elsewhere must say so. What a node syncs for
   * itself takes those before it to the disk: where that was the last thing it did, once more.
   * @returns how many keys it calls lost
   */
  async cutWithoutSync(): Promise<number> {
    let lost = 0;
    for (let n = 1; n <= CONTROLS_MAX && lost === 0; n += 1) lost = await this.#cutUnsynced();
    return lost;
  }

  /** An orderly end. */
  async stop(): Promise<unknown> {
    this.load.close();
    const status = await this.cluster.end('SIGTERM');
    await this.#disks.unmountAll();
    return status;
  }

  async #cutUnsynced(): Promise<number> {
    const [endpoint = ''] = this.cluster.announced.nodes.map(({ url }) => url);
    const control = new CheckedLoad({
      ...{ endpoints: [endpoint], keyCount: CONTROL_KEYS, workers: 1 },
    });
    let isOn = true;
    const written = (async (): Promise<void> => {
      while (isOn) for (const key of control.keys) await control.putUnsynced(endpoint, key);
    })();
    await sleep(CONTROL_MILLISECONDS);
    this.#cuts += 1;
    await this.#cutPower(String(this.#cuts));
    isOn = false;
    await written;
    await this.cluster.bringAllBack();
    const { lost } = await control.readBack();
    control.close();
    return lost;
  }

  async #cutPower(mark: string): Promise<Probes> {
    this.#disks.writeProbes(mark);
    await this.#disks.cutPower();
    await this.cluster.killAll();
    await this.#disks.unmountAll();
    this.#disks.mountAll();
    return {
      disks: NODES.length,
      syncedLeft: this.#disks.probesLeft('synced', mark),
      unsyncedLeft: this.#disks.probesLeft('unsynced', mark),
    };
  }
}
