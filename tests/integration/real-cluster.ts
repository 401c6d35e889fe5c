/** A local cluster as a user has it: real processes, started and asked through the command line. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askToStart } from '../../bin/cluster/control-socket.js';
import { checkFree } from '../../bin/cluster/free-ports.js';

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningNode {
  readonly id: string;
  readonly pid: number;
  readonly url: string;
}

/** Whoever the processes must not outlive: a test, or a report. */
export interface Owner {
  teardown(end: () => unknown): void;
}

interface Announced {
  readonly pid: number;
  readonly nodes: readonly RunningNode[];
}

export const QUORATE = fileURLToPath(new URL('../../bin/quorate.js', import.meta.url));
const START_MILLISECONDS = 40_000;
const COMMAND_MILLISECONDS = 150_000;
const POLL_MILLISECONDS = 50;
const FIRST_PORT = 20_000;
const PORTS = 8000;
const PORTS_APART = 10;
/** Where the peers of a node call it, above the port for its clients. */
export const PEERS_ABOVE = 2000;

/** What taps and debuggers put into the environment is not for the children. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env);
  return Object.fromEntries(inherited.filter(([name]) => !/^(?:TAP|NODE_|QUORATE_)/.test(name)));
}

/** One command, to its end; killed where it takes too long. */
export async function quorate(words: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: childEnvironment(),
    timeout: COMMAND_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    texts.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    texts.err += String(chunk);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...texts };
}

export class RealCluster {
  readonly dataDir: string;
  readonly announced: Announced;
  readonly #process: ChildProcess;
  readonly #ended: Promise<readonly unknown[]>;

  readonly #texts: { readonly err: string };

  private constructor(
    dataDir: string,
    child: ChildProcess,
    announced: Announced,
    texts: { readonly err: string },
  ) {
    this.dataDir = dataDir;
    this.#texts = texts;
    this.#process = child;
    this.announced = announced;
    this.#ended = once(child, 'exit');
  }

  /**
   * Resolves when it has printed who serves. Nothing of it outlives its owner.
   * @param program of another build
   */
  static async start(
    owner: Owner,
    dataDir: string,
    words: readonly string[],
    program = QUORATE,
  ): Promise<RealCluster> {
    const all = ['cluster', '--data-dir', dataDir, '-o', 'json', ...words];
    const child = spawn(process.execPath, [program, ...all], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Nodes end with their parent, however that ends.
    owner.teardown(() => child.kill('SIGKILL'));
    const texts = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      texts.out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      texts.err += String(chunk);
    });
    await until('the cluster to be announced', START_MILLISECONDS, () => {
      if (child.exitCode !== null) throw new Error(`the cluster ended: ${texts.err}`);
      return texts.out.endsWith('}\n');
    });
    return new RealCluster(dataDir, child, JSON.parse(texts.out) as Announced, texts);
  }

  /** What it has said on standard error so far. */
  get answered(): string {
    return this.#texts.err;
  }

  get ids(): string[] {
    return this.announced.nodes.map(({ id }) => id);
  }

  get endpoints(): string {
    return this.announced.nodes.map(({ url }) => url).join(',');
  }

  url(id: string): string {
    return this.announced.nodes.find((node) => node.id === id)?.url ?? '';
  }

  /** A command against all nodes. */
  ask(...words: readonly string[]): Promise<Ran> {
    return quorate([...words, '--endpoint', this.endpoints]);
  }

  /** As it is now: nodes that came back have another process. */
  pidOf(id: string): number {
    const text = readFileSync(join(this.dataDir, 'running.json'), 'utf8');
    const { nodes } = JSON.parse(text) as { readonly nodes: readonly RunningNode[] };
    const pid = nodes.find((node) => node.id === id)?.pid;
    if (pid === undefined) throw new Error(`${id} does not run`);
    return pid;
  }

  /** As a power cut: no chance to say goodbye. */
  async kill(id: string): Promise<void> {
    const pid = this.pidOf(id);
    process.kill(pid, 'SIGKILL');
    await until(`${id} to be gone`, COMMAND_MILLISECONDS, () => !isAlive(pid));
  }

  /** All at once. Resolves when none is left. */
  async killAll(): Promise<void> {
    const pids = this.ids.map((id) => this.pidOf(id));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until('all nodes to be gone', COMMAND_MILLISECONDS, () => !pids.some(isAlive));
  }

  /** All at once. Resolves when all serve. @throws OperatingError where one does not start */
  async bringAllBack(): Promise<void> {
    await Promise.all(this.ids.map((id) => askToStart(this.dataDir, id)));
  }

  bringBack(id: string): Promise<Ran> {
    return quorate(['cluster', 'start-node', id, '--data-dir', this.dataDir]);
  }

  /** @returns the status of the process, or its signal */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.#process.kill(signal);
    const [status, by] = await this.#ended;
    return status ?? by;
  }
}

/** A port from which on enough are free, and those for peers too. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = FIRST_PORT + PORTS_APART * Math.floor((Math.random() * PORTS) / PORTS_APART);
    const ports = Array.from({ length: PORTS_APART }, (_, index) => base + index);
    const addresses = ports.flatMap((port) => [
      `127.0.0.1:${port}`,
      `127.0.0.1:${port + PEERS_ABOVE}`,
    ]);
    const isFree = await checkFree(addresses).then(
      () => true,
      () => false,
    );
    if (isFree) return base;
  }
}

export async function until(
  what: string,
  milliseconds: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
