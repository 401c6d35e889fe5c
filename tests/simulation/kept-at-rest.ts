/** The kept versions that lie on a disk when the cluster is at rest (docs/consistency.md). */
import { keptTrouble } from '../../lib/checkers/check-kept.js';
import type { QuorateNode } from '../../lib/node.js';
import { PREFIX, type RecordKey, recordKeyAt } from '../../lib/persistence/keyspace.js';
import { dotText } from '../../lib/versioning/dot.js';
import { nameOf } from './key-names.js';
import { stateOf } from './node-view.js';
import type { SimulatedDisk } from './simulated-disk.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';

/** What is not as it should be, of each key of which the disk keeps versions. */
export function keptTroubles(
  node: QuorateNode,
  disk: SimulatedDisk,
  namespaces: Pick<WorkloadNamespaces, 'owns' | 'versionsKeptOf'>,
): string[] {
  // Where a disk has lost the list of a key, and not the versions, they wait for a sweep.
  if (disk.everFaulty) return [];
  const { id, settings, cluster } = node;
  const { versions_kept: setting } = settings.current().settings;
  return [...keptOn(disk)].flatMap(([place, count]) => {
    const at = recordKeyAt(place, cluster.ring().partitions);
    // Others make namespaces of their own, under rules that only they know.
    if (!namespaces.owns(at.namespace)) return [];
    const most = namespaces.versionsKeptOf(at.namespace) ?? setting;
    const held = disk.visible(at.storageKey) !== undefined;
    const trouble = keptTrouble({ count, current: currentOf(node, at), most, hasRecord: held });
    return trouble === undefined ? [] : [`${id} ${trouble}: ${nameOf(at)}`];
  });
}

/** How many versions lie there, by the place of their key. */
export function keptOn(disk: SimulatedDisk): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key] of disk.visibleEntries(PREFIX.version)) {
    // Behind the place are a U+0000, the time and the version.
    const place = key.slice(PREFIX.version.length, key.lastIndexOf('\u0000'));
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** What it keeps of the past, and holds now. */
function currentOf(node: QuorateNode, at: RecordKey): string[] {
  const versions = stateOf(node, at)?.versions ?? [];
  const kept = node.disk.versions.list(at).map(({ version }) => version);
  return versions
    .filter(({ state }) => state === 'value')
    .map(({ dot }) => dotText(dot))
    .filter((version) => kept.includes(version));
}
