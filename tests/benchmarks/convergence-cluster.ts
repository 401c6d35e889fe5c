/** Nodes with real disks and sockets in one process, whose links can be cut and measured. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeLimits } from '../../lib/node-options.js';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import type { Owner } from '../integration/real-cluster.js';
import { LocalCluster } from '../partition/local-cluster.js';
import { MeasuredTransport, type Meter } from './measured-transport.js';

const MEBIBYTE = 1024 * 1024;
export const PARTITIONS = 256;

/** As a node of a local cluster has them, but for hints: nobody holds any. */
export function startCluster(
  owner: Owner,
  ids: readonly string[],
  meter: Meter,
  limits: Partial<NodeLimits>,
): Promise<LocalCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-convergence-'));
  owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return LocalCluster.start(ids, {
    partitions: PARTITIONS,
    // All nodes share one thread, which is busy: none is taken for dead because of that.
    limits: {
      heartbeatsMissedSuspect: 100,
      heartbeatsMissedDead: 200,
      hintsBytesMax: 0,
      ...limits,
    },
    sockets: { frameBytesMax: 16 * MEBIBYTE, linkQueueBytesMax: 16 * MEBIBYTE },
    wrap: (transport, id) => new MeasuredTransport(transport, id, meter),
    storageOf: (id) =>
      openLevelStorage({
        directory: join(folder, id),
        cacheBytes: 16 * MEBIBYTE,
        writeBufferBytes: 16 * MEBIBYTE,
      }),
  });
}

/** Are the trees of two nodes the same, leaf by leaf? */
export function areAlike(cluster: LocalCluster, one: string, other: string): boolean {
  const [a, b] = [cluster.node(one).disk.digests, cluster.node(other).disk.digests];
  return Array.from({ length: PARTITIONS }, (_, partition) => partition).every((partition) =>
    a.of(partition).equals(b.of(partition)),
  );
}

/** Records in the trees of a node. */
export function countRecords(cluster: LocalCluster, id: string): number {
  const { digests } = cluster.node(id).disk;
  let count = 0;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    count += digests.of(partition).count;
  }
  return count;
}
