/** A node in this process: the real world behind its ports, and the listener for its clients. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Settings } from '../../config/schema.js';
import { createApi, type RequestListener } from '../../lib/api/api.js';
import { isHealthPath } from '../../lib/api/admin/health-routes.js';
import type { ConnectionFigures } from '../../lib/api/api-world.js';
import type { ClientRates } from '../../lib/api/client-rates.js';
import { problemBody } from '../../lib/api/http/problem.js';
import type { Environment } from '../../lib/environment/environment.js';
import type { Transport } from '../../lib/environment/transport.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import type { QuorateNode } from '../../lib/node.js';
import { createNode } from '../../lib/node.js';
import type { NodeOptions } from '../../lib/node-options.js';
import { TokenBucketRates } from '../../lib/platform/client-rates.js';
import type { HttpListener } from '../../lib/platform/http-listener.js';
import { listenHttp } from '../../lib/platform/http-listener.js';
import { STORED_FORMAT, unknownFormat } from '../../lib/persistence/checksummed.js';
import { readFormat, writeFormat } from '../../lib/platform/format-file.js';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import { makeFolder } from '../../lib/platform/make-folder.js';
import type { LogAndMetrics } from '../../lib/platform/observer.js';
import { PeerSockets } from '../../lib/platform/peer-sockets.js';
import { probeDisk } from '../../lib/platform/probe-disk.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';
import { TurnQueue } from '../../lib/platform/turn-queue.js';
import { serveAdminPage } from '../admin/admin-page.js';
import { Renewal } from './renewal.js';
import { addressOf, isWildcard, nodeOptionsOf } from './node-options.js';

export interface ServingNode {
  /** Resolves when the cluster is founded and this node serves; rejects where it must not. */
  ready(): Promise<void>;
  /** Rejects when the node has ended and cannot be made anew, whatever the disk does. */
  readonly failed: Promise<never>;
  /** Answers what is under way, syncs, closes. */
  stop(): Promise<void>;
}

export interface RunNodeOptions {
  readonly settings: Settings;
  readonly secret: Uint8Array;
  readonly version: string;
  readonly customResolver?: NodeOptions['customResolver'];
  readonly observer: LogAndMetrics;
  /** Aborted when the node is to stop, perhaps while it starts. */
  readonly signal: AbortSignal;
  /** Stands between the node and its links; undefined: nothing does. */
  readonly wrap?: (transport: Transport) => Transport;
}

/** What a node, made anew or not, must know of the listener that is made after it. */
interface Served extends RunNodeOptions {
  readonly connections: () => ConnectionFigures;
  readonly rates: ClientRates;
}

const NO_CONNECTIONS: ConnectionFigures = { open: 0, openMax: 0, waitingBytes: 0 };
const HANDSHAKE_TIMEOUT_MILLISECONDS = 5000;
const SLOW_OPENING_MILLISECONDS = 5000;
/** What is still being answered at a stop is cut after it. */
const CLOSE_TIMEOUT_MILLISECONDS = 5000;
const REQUEST_ID_BYTES = 8;
const MEETING_TIMEOUT_MILLISECONDS = 2000;
const MEETING_PAUSE_MILLISECONDS = 10;

/** @throws OperatingError: a bad list, an address that is taken, a disk that cannot be used */
export async function runNode(options: RunNodeOptions): Promise<ServingNode> {
  const { settings, observer } = options;
  let listener: HttpListener | undefined;
  const connections = (): ConnectionFigures => listener?.figures ?? NO_CONNECTIONS;
  const rates = new TokenBucketRates(settings.rateLimit);
  const renewal = await Renewal.start({
    create: (damage) => createServed({ ...options, connections, rates }, damage),
    probe: () => probeDisk(settings.node.dataDir),
    pause: (milliseconds) => setTimeout(milliseconds),
    observer,
  });
  let listening: HttpListener;
  try {
    await meetPeers(renewal.node, options.signal);
    listening = await listen(options, (request, response) => renewal.node.serve(request, response));
  } catch (error) {
    await renewal.stop();
    throw error;
  }
  listener = listening;
  const page = await pageOf(options).catch(async (error: unknown) => {
    await listening.close();
    await renewal.stop();
    throw error;
  });
  observer.log('info', 'listening', { clients: settings.node.listen, port: listening.port });
  return {
    ready: () => renewal.ready,
    failed: renewal.failed,
    stop: async () => {
      renewal.node.announceStop();
      await page?.close();
      await listening.close();
      await renewal.stop();
    },
  };
}

/** Undefined: none is asked for. */
async function pageOf({ settings, version, observer }: RunNodeOptions) {
  const { node, admin, http } = settings;
  if (admin.listen === '') return undefined;
  const { host, port } = addressOf(node.listen);
  // Its own listener, by an address that it can call itself.
  const own = isWildcard(host) ? `127.0.0.1:${port}` : node.listen;
  const page = await serveAdminPage({
    ...{ listen: admin.listen, hostNames: http.hostNames, version, observer },
    // Whoever looks at it is at another machine.
    program: 'quorate',
    nodes: [{ id: node.id, address: own }],
  });
  observer.log('info', 'the admin page is served', { url: page.url });
  return page;
}

/** A node, and how it serves the requests of clients. */
interface ServedNode extends QuorateNode {
  readonly serve: RequestListener;
}

async function createServed(options: Served, damage: string | undefined): Promise<ServedNode> {
  const { settings, version, observer, connections, rates } = options;
  const environment = await environmentOf(options, damage);
  const node = await createNode(environment, nodeOptionsOf(settings, options)).catch(
    async (error: unknown) => {
      await environment.storage.close().catch(() => undefined);
      throw error;
    },
  );
  // Not where the disk is full: each value says its format, too.
  await writeFormat(settings.node.dataDir, STORED_FORMAT).catch((error: unknown) => {
    observer.log('warn', 'the file `format` cannot be written', { reason: messageOf(error) });
  });
  const serve = createApi({
    ...{ node, version, clock: environment.clock, requestId, connections, rates },
    logsRequests: settings.node.logLevel === 'debug',
    limits: settings.requests,
    metrics: () => {
      environment.sockets.measure();
      return observer.metricsText();
    },
    together: leaving.add,
  });
  return { ...node, serve };
}

const random = new SystemRandom();
/** Requests of clients are handled together, when all of a turn have been read. */
const arriving = new TurnQueue(1);
/** Answers to clients and frames to peers leave together: twice as many as after one turn. */
const leaving = new TurnQueue(2);
const requestId = (): string => Buffer.from(random.bytes(REQUEST_ID_BYTES)).toString('hex');

/**
 * A node that comes back would refuse its first requests, before its links are open: clients are
 * let in when it reaches a quorum everywhere, or after a while, to see what is missing.
 */
async function meetPeers(node: QuorateNode, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + MEETING_TIMEOUT_MILLISECONDS;
  while (!node.cluster.readiness('quorum').ready && performance.now() < deadline) {
    if (signal.aborted) return;
    await setTimeout(MEETING_PAUSE_MILLISECONDS);
  }
}

async function environmentOf(
  options: RunNodeOptions,
  damage: string | undefined,
): Promise<Environment & { readonly sockets: PeerSockets }> {
  const { node, peers, storage } = options.settings;
  const { secret, observer } = options;
  const clock = new SystemClock();
  const sockets = new PeerSockets({
    ...{ clock, random, observer, secret, together: leaving.add },
    self: node.id,
    clusterName: node.clusterName,
    listen: addressOf(node.peerListen),
    frameBytesMax: peers.frameBytesMax,
    linkQueueBytesMax: peers.linkQueueBytesMax,
    reconnectDelayMinMilliseconds: peers.reconnectDelayMinMilliseconds,
    reconnectDelayMaxMilliseconds: peers.reconnectDelayMaxMilliseconds,
    handshakeTimeoutMilliseconds: HANDSHAKE_TIMEOUT_MILLISECONDS,
  });
  makeFolder(node.dataDir, `--data-dir ${node.dataDir}`);
  const format = await readFormat(node.dataDir);
  if (format !== undefined && format !== STORED_FORMAT) {
    throw unknownFormat(`--data-dir ${node.dataDir}`, format);
  }
  // A repair reads everything; a frozen disk would leave whoever starts a node without a word.
  const cancel = clock.after(SLOW_OPENING_MILLISECONDS, () => {
    observer.log('warn', 'the storage is still being opened', { directory: node.dataDir });
  });
  const opened = await openLevelStorage({
    directory: join(node.dataDir, 'store'),
    cacheBytes: storage.engineCacheBytes,
    writeBufferBytes: storage.writeBufferBytes,
    damage,
  }).finally(cancel);
  const transport = options.wrap?.(sockets) ?? sockets;
  return { clock, random, storage: opened, transport, sockets, observer };
}

function listen(
  { settings, observer }: RunNodeOptions,
  handler: RequestListener,
): Promise<HttpListener> {
  const { http } = settings;
  return listenHttp({
    ...addressOf(settings.node.listen),
    headersMax: http.headersCountMax,
    headerBytesMax: http.headerBytesMax,
    connectionsMax: http.connectionsMax,
    headersTimeoutMilliseconds: http.headersTimeoutMilliseconds,
    requestTimeoutMilliseconds: http.bodyTimeoutMilliseconds,
    keepAliveTimeoutMilliseconds: http.keepAliveTimeoutMilliseconds,
    sendTimeoutMilliseconds: http.sendTimeoutMilliseconds,
    pipelinedBytesMax: http.pipelinedBytesMax,
    hostNames: http.hostNames,
    isVital: isHealthPath,
    clock: new SystemClock(),
    observer,
    closeTimeoutMilliseconds: CLOSE_TIMEOUT_MILLISECONDS,
    handler,
    together: arriving.add,
    problem: ({ code, detail }) =>
      `${JSON.stringify(problemBody(new OperatingError(code, detail), requestId(), 'none'))}\n`,
  });
}
