/** Balance, moves, lookups of the ring over 3 to 100 nodes: table and picture of docs/ring.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hash32Text } from '../../lib/encoding/hash.js';
import { partitionOf } from '../../lib/partitioning/partition.js';
import { place, sortedMembers } from '../../lib/partitioning/placement.js';
import type { Ring, RingMember } from '../../lib/partitioning/ring.js';
import { foundRing } from '../../lib/partitioning/ring-founding.js';
import { ownersOf } from '../../lib/partitioning/ring.js';
import { movedCopies, ownedCopies } from '../unit/partitioning/placement-figures.js';
import { equalMembers } from '../unit/partitioning/ring-arbitraries.js';
import { drawRingBalance } from './ring-chart.js';
import type { RingFigures } from './ring-figures.js';

const PARTITION_COUNT = 1_024;
const REPLICA_COUNT = 3;
const NODES_FEWEST = 3;
const NODES_MOST = 100;
const LOOKUPS = 200_000;
const PICTURE = 'docs/images/ring-balance.svg';

type Placed = Pick<Ring, 'members' | 'owners'>;

function placed(members: readonly RingMember[], previous?: Placed): Placed {
  const input = { members, partitionCount: PARTITION_COUNT, replicaCount: REPLICA_COUNT };
  const owners = place(previous === undefined ? input : { ...input, previous });
  return { members: sortedMembers(members), owners };
}

/** The circle with tokens that most stores use, with N owners clockwise; fullest over mean. */
function randomPlacesBalance(nodes: number): number {
  const slices = 2 ** 32;
  const tokens = Array.from({ length: nodes * 64 }, (_, index) => ({
    node: index % nodes,
    place: hash32Text(`token ${index}`),
  })).sort((a, b) => a.place - b.place);
  const load = new Array<number>(nodes).fill(0);
  tokens.forEach(({ place: end }, index) => {
    const before = tokens.at(index - 1)?.place ?? 0;
    const width = index === 0 ? end + slices - before : end - before;
    const owners = new Set<number>();
    for (let step = index; owners.size < Math.min(REPLICA_COUNT, nodes); step += 1) {
      owners.add(tokens[step % tokens.length]?.node ?? 0);
    }
    for (const node of owners) load[node] = (load[node] ?? 0) + width;
  });
  return (Math.max(...load) * nodes) / (slices * REPLICA_COUNT);
}

/** From key to owners, hash included. */
function lookupNanoseconds(members: readonly RingMember[]): number {
  const ring = foundRing({
    cluster: 'report',
    partitionCount: PARTITION_COUNT,
    replicaCount: REPLICA_COUNT,
    members,
  });
  const keys = Array.from({ length: 1_000 }, (_, index) => `user:${index}`);
  let found = 0;
  const start = process.hrtime.bigint();
  for (let index = 0; index < LOOKUPS; index += 1) {
    const key = keys[index % keys.length] ?? '';
    found += ownersOf(ring, partitionOf('default', key, PARTITION_COUNT)).length;
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  if (found !== LOOKUPS * REPLICA_COUNT) throw new Error('a lookup found too few owners');
  return elapsed / LOOKUPS;
}

function figuresOf(nodes: number): RingFigures {
  const members = equalMembers(nodes);
  const ring = placed(members);
  const joined = placed(equalMembers(nodes + 1), ring);
  const left = placed(members.slice(1), ring);
  const mean = (PARTITION_COUNT * REPLICA_COUNT) / nodes;
  return {
    nodes,
    mean,
    fullest: Math.max(...ownedCopies(ring)),
    optimum: Math.ceil(mean),
    randomPlaces: randomPlacesBalance(nodes),
    joinMoved: movedCopies(ring, joined),
    joinLeast: Math.floor((PARTITION_COUNT * REPLICA_COUNT) / (nodes + 1)),
    leaveMoved: movedCopies(ring, left),
    leaveLeast: nodes > REPLICA_COUNT ? (ownedCopies(ring)[0] ?? 0) : 0,
    lookupNanoseconds: lookupNanoseconds(members),
  };
}

function ratio(count: number, least: number): string {
  return least === 0 ? `${count} of 0` : (count / least).toFixed(3);
}

function printTable(rows: readonly RingFigures[]): void {
  console.log(`Q = ${PARTITION_COUNT}, N = ${REPLICA_COUNT}, equal weights, one zone`);
  console.log('nodes  fullest  optimum  fullest/mean  join/least  leave/least  lookup ns');
  for (const row of rows) {
    const cells = [
      String(row.nodes).padStart(5),
      String(row.fullest).padStart(7),
      String(row.optimum).padStart(7),
      (row.fullest / row.mean).toFixed(3).padStart(12),
      ratio(row.joinMoved, row.joinLeast).padStart(10),
      ratio(row.leaveMoved, row.leaveLeast).padStart(11),
      row.lookupNanoseconds.toFixed(0).padStart(9),
    ];
    console.log(cells.join('  '));
  }
}

const rows = Array.from({ length: NODES_MOST - NODES_FEWEST + 1 }, (_, index) =>
  figuresOf(NODES_FEWEST + index),
);
printTable(rows);
const missed = rows.filter(
  (row) =>
    (row.fullest > row.mean * 1.05 && row.fullest > row.optimum) ||
    row.joinMoved > row.joinLeast * 1.1 ||
    row.leaveMoved > row.leaveLeast * 1.1,
);
mkdirSync(dirname(PICTURE), { recursive: true });
writeFileSync(PICTURE, drawRingBalance(rows));
console.log(`${missed.length} of ${rows.length} rows miss the reach; picture: ${PICTURE}`);
process.exitCode = missed.length === 0 ? 0 : 1;
