/** One node as a process, of any build: started, stopped, asked. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeNews } from '../../bin/node/supervision.js';
import { QuorateClient } from '../../lib/client/client.js';
import { childEnvironment, type Owner, PEERS_ABOVE } from './real-cluster.js';

const HOST = '127.0.0.1';

export interface NodeProcessOptions {
  readonly owner: Owner;
  readonly ids: readonly string[];
  readonly id: string;
  /** Clients of the first node; the others follow, peers as far above as `freeBasePort` has it. */
  readonly basePort: number;
  /** Holds the file `secret`, the data and the logs. */
  readonly folder: string;
  /** The one of all nodes where not given. */
  readonly zoneOf?: (id: string) => string;
}

/** What one start is given more than the others. */
export interface StartChanges {
  /** Options of `quorate node`. */
  readonly words?: readonly string[];
  /** Options of Node.js. */
  readonly flags?: readonly string[];
}

export class NodeProcess {
  readonly id: string;
  readonly url: string;
  /** Asks this node only. */
  readonly client: QuorateClient;
  readonly #options: NodeProcessOptions;
  #child: ChildProcess | undefined;

  constructor(options: NodeProcessOptions) {
    const { id, ids, basePort } = options;
    this.#options = options;
    this.id = id;
    this.url = `http://${HOST}:${basePort + ids.indexOf(id)}`;
    this.client = new QuorateClient({ endpoints: [this.url], discover: false, retries: 0 });
  }

  /** Resolves when it serves. Nothing of it outlives its owner. */
  async start(program: string, changes: StartChanges = {}): Promise<void> {
    const child = this.#spawn(program, changes);
    const ended = once(child, 'close').then(() => []);
    const [news] = (await Promise.race([once(child, 'message'), ended])) as [NodeNews?];
    if (news?.ready !== true) throw new Error(`${this.id} does not serve:\n${this.log}`);
  }

  /** Does not wait for it to serve. */
  launch(program: string): void {
    this.#spawn(program);
  }

  /** As `systemctl stop` does. @returns the status of the process, or its signal */
  stop(): Promise<unknown> {
    return this.#end('SIGTERM');
  }

  /** As a power cut: no chance to say goodbye. */
  kill(): Promise<unknown> {
    return this.#end('SIGKILL');
  }

  async #end(how: NodeJS.Signals): Promise<unknown> {
    const child = this.#child;
    if (child === undefined) return undefined;
    const ended = once(child, 'close');
    child.kill(how);
    const [status, signal] = await ended;
    return status ?? signal;
  }

  /** Of all its starts. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  get #logFile(): string {
    return join(this.#options.folder, `${this.id}.log`);
  }

  #spawn(program: string, { words: more = [], flags = [] }: StartChanges = {}): ChildProcess {
    const { owner, id, ids, basePort, folder, zoneOf = () => 'default' } = this.#options;
    const firstPeer = basePort + PEERS_ABOVE;
    const peerOf = (one: string): string => `${HOST}:${firstPeer + ids.indexOf(one)}`;
    const words = [
      ...['node', '--id', id, '--data-dir', join(folder, id)],
      ...['--secret-file', join(folder, 'secret'), '--ring-partitions', '8'],
      ...['--listen', new URL(this.url).host, '--peer-listen', peerOf(id)],
      ...[
        '--initial-cluster',
        ids.map((one) => `${one}=${peerOf(one)};zone=${zoneOf(one)}`).join(','),
      ],
      ...more,
    ];
    const log = openSync(this.#logFile, 'a');
    const child = spawn(process.execPath, [...flags, program, ...words], {
      env: childEnvironment(),
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child = child;
    owner.teardown(() => child.kill('SIGKILL'));
    return child;
  }
}
