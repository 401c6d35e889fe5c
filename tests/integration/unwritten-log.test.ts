/** A node serves and stops, whatever becomes of its log: no room for it, or nobody who reads it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { childEnvironment, freeBasePort, PEERS_ABOVE, QUORATE, until } from './real-cluster.js';

const START_MILLISECONDS = 30_000;
const END_MILLISECONDS = 20_000;
/** Each is a line of the log: together more than pipes and sockets hold. */
const REQUESTS = 12_000;
const AT_ONCE = 16;

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startNode(t: Test, err: 'pipe' | number): Promise<Started> {
  const port = await freeBasePort();
  const folder = t.testdir();
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'ab'.repeat(32), { mode: 0o600 });
  const peers = `127.0.0.1:${port + PEERS_ABOVE}`;
  const words = ['node', '--id', 'n1', '--listen', `127.0.0.1:${port}`, '--peer-listen', peers];
  words.push('--data-dir', join(folder, 'data'), '--initial-cluster', `n1=${peers}`);
  words.push('--secret-file', secret, '--ring-replicas', '1', '--log-level', 'debug');
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', err],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until('the node to be ready', START_MILLISECONDS, async () => {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  });
  return { child, url };
}

async function endsWhenAsked(t: Test, child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await until('the node to end', END_MILLISECONDS, () => child.exitCode !== null);
  t.equal(child.exitCode, 0);
}

async function lostLines(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^quorate_log_lines_lost_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

async function askOften(url: string): Promise<number> {
  let asked = 0;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (asked < REQUESTS) {
      asked += 1;
      const answer = await fetch(`${url}/api/v1/kv/k${asked}`);
      await answer.text();
      if (answer.status === 404) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return answered;
}

t.test('a log for which there is no room', async (t) => {
  // Not every system has a device that is always full.
  if (!existsSync('/dev/full')) return;
  const { child, url } = await startNode(t, openSync('/dev/full', 'w'));
  t.ok((await lostLines(url)) > 0);
  await endsWhenAsked(t, child);
});

t.test('a log that nobody reads any more', async (t) => {
  const { child, url } = await startNode(t, 'pipe');
  child.stderr?.destroy();
  t.equal((await fetch(`${url}/api/v1/kv/k`)).status, 404);
  await endsWhenAsked(t, child);
});

t.test('a log whose reader stands still', async (t) => {
  const { child, url } = await startNode(t, 'pipe');
  child.stderr?.pause();
  t.equal(await askOften(url), REQUESTS);
  t.ok((await lostLines(url)) > 0, 'what nobody reads is lost');
  const first = once(child.stderr ?? child, 'data');
  child.stderr?.resume();
  await first;
  await endsWhenAsked(t, child);
});
