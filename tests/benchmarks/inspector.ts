/** The CPU profiler of another Node.js process, through the inspector that SIGUSR1 opens in it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './systems/process.js';

/** Where Node.js listens when it is asked to by signal: loopback only. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list';
const SAMPLE_MICROSECONDS = 500;

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** A function as it was called from its parent. */
export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface Reply {
  readonly id?: number;
  readonly result?: { readonly profile?: CpuProfile };
}

/** Where the main thread of the process is while `work` runs. */
export async function profiled(pid: number, work: () => Promise<void>): Promise<CpuProfile> {
  process.kill(pid, 'SIGUSR1');
  let address = '';
  await until('the inspector', async () => {
    const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
    address = target?.webSocketDebuggerUrl ?? '';
    return address !== '';
  });
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, 'open');
  let lastId = 0;
  const call = (method: string, params = {}): Promise<Reply> => {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      const listen = (data: Buffer): void => {
        const reply = JSON.parse(data.toString('utf8')) as Reply;
        if (reply.id !== id) return;
        socket.off('message', listen);
        resolve(reply);
      };
      socket.on('message', listen);
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  try {
    await call('Profiler.enable');
    await call('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
    await call('Profiler.start');
    await work();
    const { profile } = (await call('Profiler.stop')).result ?? {};
    if (profile === undefined) throw new Error('the inspector gave no profile');
    return profile;
  } finally {
    socket.terminate();
  }
}
