/** A local cluster on paper: which node listens where. Founded once, then kept in its folder. */
import { join } from 'node:path';
import { z } from 'zod';
import { HAND_WRITTEN_BYTES_MAX, readBounded } from '../../config/bounded-file.js';
import { problemText, shapedBy } from '../../lib/encoding/shaped.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { replaceFile } from '../../lib/platform/replace-file.js';
import type { CommandOptions } from '../command-options.js';

/** What a cluster was founded with. Addresses are part of its ring, so the ports stay too. */
const foundingShape = z.strictObject({
  nodes: z.int().min(1),
  basePort: z.int(),
  adminPort: z.int(),
  replicas: z.int().min(1),
  partitions: z.int().min(1),
});

export type LocalClusterPlan = z.infer<typeof foundingShape>;

export interface PlannedNode {
  readonly id: string;
  /** `host:port` for clients. */
  readonly address: string;
  readonly peerAddress: string;
  readonly dataDir: string;
  readonly logFile: string;
}

const HOST = '127.0.0.1';
/** So that nodes on 8090, 8091, ... leave 9090 to Prometheus. */
const PEER_PORT_DISTANCE = 2000;
const ADMIN_PORT_DISTANCE = 3;
const NODES_MAX = 100;
const BASE_PORT_MAX = 65_535 - PEER_PORT_DISTANCE - NODES_MAX - 1;

export function plannedNodes(
  { nodes, basePort, adminPort }: LocalClusterPlan,
  dataDir: string,
): PlannedNode[] {
  const ports = Array.from({ length: nodes + 1 }, (_, index) => basePort + index)
    .filter((port) => port !== adminPort)
    .slice(0, nodes);
  return ports.map((port, index) => {
    const id = `n${index + 1}`;
    const folder = join(dataDir, id);
    return {
      id,
      address: `${HOST}:${port}`,
      peerAddress: `${HOST}:${port + PEER_PORT_DISTANCE}`,
      dataDir: folder,
      logFile: join(folder, 'log'),
    };
  });
}

/** Where the admin page of the cluster is served. */
export function adminAddress({ adminPort }: LocalClusterPlan): string {
  return `${HOST}:${adminPort}`;
}

/**
 * What the flags say; in a folder that holds a cluster, what that was founded with.
 * @throws OperatingError `invalid_request`, also where a flag contradicts what was founded
 */
export function planOf(options: CommandOptions, dataDir: string): LocalClusterPlan {
  const stored = readPlan(dataDir);
  const basePort = options.integer('basePort', { minimum: 1, maximum: BASE_PORT_MAX });
  const asked: LocalClusterPlan = {
    nodes: options.integer('nodes', { minimum: 1, maximum: NODES_MAX }),
    basePort,
    adminPort: options.isGiven('adminPort')
      ? options.integer('adminPort', { minimum: 1, maximum: 65_535 })
      : basePort + ADMIN_PORT_DISTANCE,
    replicas: options.integer('replicas', { minimum: 1, maximum: 9 }),
    partitions: options.integer('partitions', { minimum: 1, maximum: 4096 }),
  };
  if (stored === undefined) {
    if (options.isFlagged('replicas') && asked.replicas > asked.nodes) {
      const both = `--replicas ${asked.replicas} needs as many nodes, and there are ${asked.nodes}`;
      throw new OperatingError('invalid_request', `${both}; give --nodes ${asked.replicas}`);
    }
    return asked;
  }
  for (const name of Object.keys(asked) as (keyof LocalClusterPlan)[]) {
    if (!options.isGiven(name) || asked[name] === stored[name]) continue;
    throw new OperatingError(
      'invalid_request',
      `${dataDir} holds a cluster that was founded with ${name} ${stored[name]}, not ` +
        `${asked[name]}. Leave the option away, or choose another --data-dir`,
    );
  }
  return stored;
}

/** @throws OperatingError `not_ready` where it cannot be written */
export function writePlan(founding: LocalClusterPlan, dataDir: string): void {
  replaceFile(fileOf(dataDir), `${JSON.stringify(founding, undefined, 2)}\n`);
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'cluster.json');
}

function readPlan(dataDir: string): LocalClusterPlan | undefined {
  const file = fileOf(dataDir);
  let text: string;
  try {
    text = readBounded(file, HAND_WRITTEN_BYTES_MAX).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw broken(file, messageOf(error));
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw broken(file, messageOf(error));
  }
  const shaped = shapedBy(foundingShape, content);
  if ('problems' in shaped) throw broken(file, problemText(shaped.problems));
  return shaped.value;
}

function broken(file: string, why: string): OperatingError {
  const help = 'put back the file that the cluster was founded with, or choose another --data-dir';
  return new OperatingError('invalid_request', `${file} cannot be used: ${why}. To go on, ${help}`);
}
