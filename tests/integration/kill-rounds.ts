/** All nodes die under load, again and again; each time all that was acknowledged is there. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedLoad } from './checked-load.js';
import { errorsIn } from './node-logs.js';
import type { RealCluster } from './real-cluster.js';

export interface KillRound {
  readonly round: number;
  /** How long the load ran before the nodes died. */
  readonly loadMilliseconds: number;
  readonly acknowledged: number;
  /** Writes that were under way, and may or may not be there. */
  readonly unknown: number;
  readonly keysKept: number;
  readonly keysLost: number;
  readonly keysUnread: number;
  /** Answers of reads that contradict what is known, before the nodes died. */
  readonly wrong: number;
  /** Lines of severity error in the logs of the nodes since they were started again. */
  readonly errors: readonly string[];
  /** From the first start to the last node that serves. */
  readonly startSeconds: number;
}

const LOAD_MILLISECONDS_MIN = 150;
const LOAD_MILLISECONDS_MAX = 1500;

/** @param kill ends all nodes: their processes, or the power */
export async function killRound(
  cluster: RealCluster,
  load: CheckedLoad,
  round: number,
  kill: () => Promise<void>,
): Promise<KillRound> {
  const { tally } = load;
  const before = { acknowledged: tally.successes.put, unknown: tally.unknown };
  const wrongBefore = tally.incorrect;
  load.start();
  const loadMilliseconds = Math.round(
    LOAD_MILLISECONDS_MIN + Math.random() * (LOAD_MILLISECONDS_MAX - LOAD_MILLISECONDS_MIN),
  );
  await sleep(loadMilliseconds);
  await kill();
  await load.stop();
  const logs = cluster.ids.map((id) => logOf(cluster, id));
  const began = performance.now();
  await cluster.bringAllBack();
  const startSeconds = (performance.now() - began) / 1000;
  const { kept, lost, unread } = await load.readBack();
  return {
    ...{ round, loadMilliseconds, startSeconds },
    acknowledged: tally.successes.put - before.acknowledged,
    unknown: tally.unknown - before.unknown,
    ...{ keysKept: kept, keysLost: lost, keysUnread: unread },
    wrong: tally.incorrect - wrongBefore,
    errors: logs.flatMap(({ file, bytes }) => errorsIn(file, bytes)),
  };
}

/** Was nothing lost, and every start clean? */
export function isClean({ keysLost, keysUnread, wrong, errors }: KillRound): boolean {
  return keysLost === 0 && keysUnread === 0 && wrong === 0 && errors.length === 0;
}

function logOf(cluster: RealCluster, id: string): { file: string; bytes: number } {
  const file = join(cluster.dataDir, id, 'log');
  return { file, bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0 };
}
