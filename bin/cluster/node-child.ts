/** One node as a process of its own: started, watched, stopped. Its log goes to a file. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OperatingError } from '../../lib/errors.js';
import type { NodeNews } from '../node/supervision.js';
import { V8_FLAGS } from '../node/v8-flags.js';
import type { PlannedNode } from './cluster-plan.js';

export interface NodeChildOptions {
  readonly planned: PlannedNode;
  /** Words after `quorate node`. */
  readonly words: readonly string[];
  /** It ended, and nobody had asked for it. */
  readonly onDeath: (child: NodeChild, how: string) => void;
}

const READY_TIMEOUT_MILLISECONDS = 60_000;
/** Longer than a node takes to give up by itself. */
const STOP_TIMEOUT_MILLISECONDS = 20_000;
const LOG_BYTES_MAX = 16 * 1024 * 1024;
const LAST_LINES = 3;
const QUORATE = fileURLToPath(new URL('../quorate.js', import.meta.url));

export class NodeChild {
  readonly planned: PlannedNode;
  readonly #options: NodeChildOptions;
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: NodeChildOptions) {
    this.#options = options;
    this.planned = options.planned;
  }

  /** Undefined: it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Resolves when the node serves.
   * @throws OperatingError `not_ready` with the end of its log where it ends, or takes too long
   */
  async start(): Promise<void> {
    if (this.#stopping) throw new OperatingError('not_ready', 'the cluster stops');
    if (this.#process !== undefined) return;
    const { dataDir, logFile } = this.planned;
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const log = openLog(logFile);
    const child = spawn(process.execPath, [...V8_FLAGS, QUORATE, 'node', ...this.#options.words], {
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#process = child;
    let ready = false;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(this.#notReady('is not ready yet'));
      }, READY_TIMEOUT_MILLISECONDS);
      child.on('message', (news: NodeNews) => {
        ready = news.ready;
        clearTimeout(timer);
        resolve();
      });
      this.#exited = new Promise((exited) => {
        const ended = (how: string): void => {
          clearTimeout(timer);
          this.#process = undefined;
          exited();
          if (!ready) reject(this.#notReady(how));
          else if (!this.#stopping) this.#options.onDeath(this, how);
        };
        child.once('error', (error) => ended(`could not be started: ${error.message}`));
        child.once('exit', (code, signal) => ended(`ended with ${signal ?? `status ${code}`}`));
      });
    });
  }

  /** Asks it to stop, and kills it where it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MILLISECONDS);
    await this.#exited;
    clearTimeout(timer);
  }

  #notReady(how: string): OperatingError {
    const { id, logFile } = this.planned;
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    const message = `${id} ${how}; the end of ${logFile}:\n  ${lines.join('\n  ')}`;
    return new OperatingError('not_ready', message);
  }
}

/** One older log is kept, so that starts do not fill the disk. */
function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(file, `${file}.old`);
  return openSync(file, 'a', 0o600);
}
