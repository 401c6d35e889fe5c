/** One node as a process of its own: started, watched, stopped. Its log goes to a file. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OperatingError } from '../../lib/errors.js';
import { makeFolder } from '../../lib/platform/make-folder.js';
import { processStamp } from '../../lib/platform/process-stamp.js';
import type { NodeNews } from '../node/supervision.js';
import { V8_FLAGS } from '../node/v8-flags.js';
import type { StopMessage } from '../supervision.js';
import type { PlannedNode } from './cluster-plan.js';
import { lastLines, openLog } from './node-log.js';

export interface NodeChildOptions {
  readonly planned: PlannedNode;
  /** Words after `quorate node`. */
  readonly nodeArguments: readonly string[];
  /** It served, and ended, and nobody had asked for it. */
  readonly onDeath: (child: NodeChild, how: string) => void;
}

/** What stands for a process, also when its number has been given to another. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Undefined: the system does not say. */
  readonly stamp: string | undefined;
}

const READY_TIMEOUT_MILLISECONDS = 60_000;
/** Longer than a node takes to give up by itself. */
const STOP_TIMEOUT_MILLISECONDS = 20_000;
const QUORATE = fileURLToPath(new URL('../quorate.js', import.meta.url));
const STOP: StopMessage = { stop: true };

export class NodeChild {
  readonly planned: PlannedNode;
  readonly #options: NodeChildOptions;
  #child: ChildProcess | undefined;
  #process: ProcessIdentity | undefined;
  #ready: Promise<void> = Promise.resolve();
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: NodeChildOptions) {
    this.#options = options;
    this.planned = options.planned;
  }

  /** Undefined: it does not run. */
  get process(): ProcessIdentity | undefined {
    return this.#process;
  }

  /**
   * Resolves when the node serves; where it starts already, with that start.
   * @throws OperatingError with what the node says where it refuses, else `not_ready` with the end
   *   of its log
   */
  async start(): Promise<void> {
    if (this.#stopping) throw new OperatingError('not_ready', 'the cluster stops');
    if (this.#child === undefined) this.#ready = this.#watch(this.#spawn());
    return this.#ready;
  }

  /** Asks it to stop, and kills it where it does not. It is not started any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined) return;
    // One that is gone already does not hear it: its exit is awaited.
    if (child.connected) child.send(STOP, () => undefined);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MILLISECONDS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** At once, without a wait. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const { dataDir, logFile } = this.planned;
    makeFolder(dataDir, dataDir);
    const log = openLog(logFile);
    const childArguments = [...V8_FLAGS, QUORATE, 'node', ...this.#options.nodeArguments];
    const child = spawn(process.execPath, childArguments, { stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    const { pid } = child;
    this.#child = child;
    this.#process = pid === undefined ? undefined : { pid, stamp: processStamp(pid) };
    return child;
  }

  #watch(child: ChildProcess): Promise<void> {
    let isReady = false;
    let refusal: OperatingError | undefined;
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(this.#notReady('is not ready yet'));
      }, READY_TIMEOUT_MILLISECONDS);
      child.on('message', (news: NodeNews) => {
        if (!news.ready) {
          refusal = new OperatingError(news.code, `${this.planned.id}: ${news.reason}`);
          return;
        }
        isReady = true;
        clearTimeout(timer);
        resolve();
        // Of use where it came too late for whoever waited.
        this.#ready = Promise.resolve();
      });
      this.#exited = new Promise((exited) => {
        const ended = (how: string): void => {
          clearTimeout(timer);
          this.#child = undefined;
          this.#process = undefined;
          exited();
          if (!isReady) reject(refusal ?? this.#notReady(how));
          else if (!this.#stopping) this.#options.onDeath(this, how);
        };
        // Also where a message or a signal could not be sent: it ended only if it never began.
        child.on('error', (error) => {
          if (child.pid === undefined) ended(`could not be started: ${error.message}`);
        });
        // Not 'exit': its last message, why it ends, may come after that.
        child.once('close', (code, signal) => ended(`ended with ${signal ?? `status ${code}`}`));
      });
    });
    return ready;
  }

  #notReady(how: string): OperatingError {
    const { id, logFile } = this.planned;
    const message = `${id} ${how}; the end of ${logFile}:\n  ${lastLines(logFile).join('\n  ')}`;
    return new OperatingError('not_ready', message);
  }
}
