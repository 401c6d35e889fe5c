/** Child processes of a benchmark: waited for until they say something, and stopped at its end. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 15_000;
const RETRY_MILLISECONDS = 100;

/** Neither profilers nor test runners of this process are meant for those it starts. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !/^(?:TAP|ETCD|QUORATE)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** Resolves with the first text on standard output that `complete` accepts. */
export function firstOutput(
  child: ChildProcess,
  complete: (text: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('no first output')), START_MILLISECONDS);
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (!complete(text)) return;
      clearTimeout(timer);
      resolve(text);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${child.spawnfile} ended with ${code}: ${text}`));
    });
  });
}

/** What a forked child says next. @throws Error where it ends first */
export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`${child.spawnfile} ended with ${code}`));
    };
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/** Asks again until the answer is yes. @throws Error where it never is */
export async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < START_MILLISECONDS; waited += RETRY_MILLISECONDS) {
    if (await ready().catch(() => false)) return;
    await sleep(RETRY_MILLISECONDS);
  }
  throw new Error(`${what} is not ready`);
}

/** Asks it to stop, and kills it where it does not. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}
