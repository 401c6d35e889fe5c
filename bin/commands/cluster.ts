/** `quorate cluster`: a local cluster, one process a node, until Ctrl-C. See docs/operations.md. */
import { relative, resolve } from 'node:path';
import type { ProfileName } from '../../config/profiles.js';
import { PROFILES } from '../../config/profiles.js';
import { OperatingError } from '../../lib/errors.js';
import type { Observer } from '../../lib/environment/observer.js';
import { type AdminPage, serveAdminPage } from '../admin/admin-page.js';
import { adminAddress, type LocalClusterPlan, planOf } from '../cluster/cluster-plan.js';
import { DATA_DIR_OPTION } from '../cluster/data-dir-option.js';
import { LocalProcesses } from '../cluster/local-processes.js';
import type { CommandRow, Invocation } from '../command.js';
import { VARIABLES_OPTION } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { CONFIG_OPTION } from '../node/setting-options.js';
import { jsonText, OUTPUT_OPTION, print, table } from '../output.js';
import { softwareVersion } from '../software-version.js';
import { advised, programOf } from '../terminal.js';
import { stopRequest } from '../supervision.js';
import { pidCommand } from './cluster-pid.js';
import { startNodeCommand } from './cluster-start-node.js';

export const clusterCommand: CommandRow = {
  name: 'cluster',
  group: 'Run a cluster:',
  example: 'cluster --nodes 5 --data-dir ./data',
  summary: 'run a local cluster, one process a node, until Ctrl-C',
  options: [
    {
      flags: '--nodes <count>',
      variable: 'QUORATE_CLUSTER_NODES',
      summary: 'how many nodes',
      default: '3',
    },
    {
      flags: '--base-port <port>',
      variable: 'QUORATE_CLUSTER_BASE_PORT',
      summary: 'port of the first node; the others follow, peers listen 2000 above',
      default: '8090',
    },
    {
      flags: '--admin-port <port>',
      variable: 'QUORATE_CLUSTER_ADMIN_PORT',
      summary: 'port of the admin page, which no node takes (default base port + 3)',
    },
    DATA_DIR_OPTION,
    {
      flags: '--replicas <count>',
      variable: 'QUORATE_CLUSTER_REPLICAS',
      summary: 'copies of each key (N)',
      default: '3',
    },
    {
      flags: '--partitions <count>',
      variable: 'QUORATE_CLUSTER_PARTITIONS',
      summary: 'slices of the ring (Q), a power of two',
      default: '256',
    },
    {
      flags: '--auto-spawn',
      variable: 'QUORATE_CLUSTER_AUTO_SPAWN',
      summary: 'start a node again when it dies',
    },
    {
      flags: '--auto-spawn-delay <duration>',
      variable: 'QUORATE_CLUSTER_AUTO_SPAWN_DELAY',
      summary: 'how long it stays dead before that',
      default: '5s',
    },
    {
      flags: '--profile <name>',
      variable: 'QUORATE_CLUSTER_PROFILE',
      summary: 'defaults of the nodes',
      default: 'local',
      choices: Object.keys(PROFILES),
    },
    CONFIG_OPTION,
    VARIABLES_OPTION,
    OUTPUT_OPTION,
  ],
  commands: [startNodeCommand, pidCommand],
  run,
};

/** Longer than the nodes are given, and what is left of a start. */
const STOP_LIMIT_MILLISECONDS = 30_000;

async function run({ options, terminal }: Invocation): Promise<ExitCode> {
  const tell = (text: string): void => terminal.err(`quorate: ${advised(terminal, text)}\n`);
  const dataDir = resolve(options.required('dataDir'));
  const delay = options.milliseconds('autoSpawnDelay', { minimum: 0, maximum: 3_600_000 });
  if (!options.isSet('autoSpawn')) options.refuseIdle('autoSpawnDelay', '--auto-spawn');
  const profile = options.oneOf('profile', Object.keys(PROFILES) as ProfileName[]);
  const founding = planOf(options, dataDir);
  let page: AdminPage | undefined;
  const cluster = new LocalProcesses({
    ...{ dataDir, founding },
    nodeArguments: [
      ...['--profile', profile],
      ...passedOn('--config', options.text('config')),
      ...passedOn('--variables', options.text('variables')),
    ],
    autoSpawnDelayMilliseconds: options.isSet('autoSpawn') ? delay : undefined,
    tell,
  });
  const stop = stopRequest({
    limitMilliseconds: STOP_LIMIT_MILLISECONDS,
    endNow: (why) => {
      cluster.kill();
      tell(why);
    },
  });
  try {
    if (await cluster.start(stop.signal)) {
      page = await pageOf(cluster, founding, programOf(terminal), tell);
      announce(cluster, page, { options, terminal }, dataDir);
    }
    await stop.requested;
    tell('stopping');
  } finally {
    // A page that cannot be closed keeps no node from its stop.
    await Promise.resolve(page?.close()).finally(() => cluster.stop());
    stop.close();
  }
  return EXIT.done;
}

function passedOn(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, resolve(value)];
}

function shorter(path: string): string {
  const below = relative('.', path);
  return below.startsWith('..') ? path : below;
}

/** The nodes serve without it, too: where there is none, that is told. */
async function pageOf(
  { nodes }: LocalProcesses,
  founding: LocalClusterPlan,
  program: string,
  tell: (text: string) => void,
): Promise<AdminPage | undefined> {
  try {
    return await serveAdminPage({
      ...{ listen: adminAddress(founding), hostNames: [], version: softwareVersion(), program },
      ...{ nodes, observer: observerOf(tell) },
    });
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    tell(error.message);
    return undefined;
  }
}

/** What goes wrong with the page is told; its requests are not counted. */
function observerOf(tell: (text: string) => void): Observer {
  const ignore = (): void => undefined;
  return {
    log: (severity, event) => {
      if (severity === 'error') tell(`the admin page: ${event}`);
    },
    ...{ count: ignore, measure: ignore },
  };
}

function announce(
  { nodes }: LocalProcesses,
  page: AdminPage | undefined,
  { options, terminal }: Pick<Invocation, 'options' | 'terminal'>,
  dataDir: string,
): void {
  const rows = nodes.map((node) => ({ ...node, url: `http://${node.address}` }));
  const [first, second = first] = rows;
  if (first === undefined || second === undefined) return;
  const requests = [
    `curl -X PUT -H 'Content-Type: application/json' -d '{"value":"hello"}' ` +
      `${first.url}/api/v1/kv/greeting`,
    `curl ${second.url}/api/v1/kv/greeting`,
  ];
  const pageLine = page === undefined ? '' : `Admin page: ${page.url}\n\n`;
  print(terminal, options, {
    table: () => {
      const lines = rows.map(({ id, pid, url, peerAddress, logFile }) => [
        ...[id, String(pid), url, peerAddress],
        shorter(logFile),
      ]);
      const head = ['NODE', 'PID', 'CLIENTS', 'PEERS', 'LOG'];
      return (
        `${table(terminal, head, lines)}\n${pageLine}A first request:\n` +
        `${requests.map((request) => `  ${request}\n`).join('')}\nCtrl-C stops the cluster.\n`
      );
    },
    json: () =>
      jsonText({
        data_dir: dataDir,
        pid: process.pid,
        nodes: rows.map(({ id, pid, url, peerAddress, logFile }) => ({
          ...{ id, pid, url },
          peer_address: peerAddress,
          log: logFile,
        })),
        ...(page && { admin_page: page.url }),
        first_requests: requests,
      }),
    value: () => rows.map(({ url }) => url).join(','),
  });
}
