/** The inspector of another Node.js process, which SIGUSR1 opens: profiles, counts, memory. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './systems/process.js';

/** Where Node.js listens when it is asked to by signal: loopback only, one process at a time. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list';
/** It stops listening when nobody is connected any more, so it is told to do it soon. */
const STOP_LISTENING =
  "void setTimeout(() => process.getBuiltinModule('node:inspector').close(), 50)";

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export class Inspector {
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(pid: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    let address = '';
    await until('the inspector', async () => {
      const targets = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
      address = targets[0]?.webSocketDebuggerUrl ?? '';
      return address !== '';
    });
    const socket = new WebSocket(address, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Inspector(socket);
  }

  /** @throws Error with what the inspector says */
  call(method: string, params = {}): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const listen = (data: Buffer): void => {
        const reply = JSON.parse(data.toString('utf8')) as Reply;
        if (reply.id !== id) return;
        this.#socket.off('message', listen);
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(`${method}: ${reply.error.message}`));
      };
      this.#socket.on('message', listen);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** What an expression comes to in the process: something that JSON can say. */
  async evaluate(expression: string): Promise<unknown> {
    const reply = await this.call('Runtime.evaluate', { expression, returnByValue: true });
    const { result, exceptionDetails } = reply as {
      readonly result: { readonly value?: unknown };
      readonly exceptionDetails?: { readonly text: string };
    };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    return result.value;
  }

  /** Of the process, once what nobody holds has been collected. */
  async memoryInUse(): Promise<NodeJS.MemoryUsage> {
    // What finalizers of the first let go is collected by the second.
    for (let n = 0; n < 2; n += 1) await this.call('HeapProfiler.collectGarbage');
    return (await this.evaluate('process.memoryUsage()')) as NodeJS.MemoryUsage;
  }

  /** Resolves when the port is free for the next process. */
  async close(): Promise<void> {
    await this.evaluate(STOP_LISTENING);
    this.#socket.terminate();
    await until('the end of the inspector', async () =>
      fetch(INSPECTOR).then(
        () => false,
        () => true,
      ),
    );
  }
}
