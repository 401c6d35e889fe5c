/** Starts the cluster of a file, runs the five scenarios one after the other, and judges. */
import { messageOf, OperatingError } from '../../lib/errors.js';
import { analyse, costOf, unjustified } from './analysis.js';
import type { AssessConfig } from './assess-config.js';
import { AssessedCluster } from './assessed-cluster.js';
import { check, scenarioResult, type ScenarioResult } from './check.js';
import { rateLimiting, recovery } from './limits-and-recovery.js';
import { basicOperations, consistency, faultTolerance } from './scenarios.js';
import { TemporaryFolder } from '../temporary-folder.js';

export interface AssessOptions {
  readonly config: AssessConfig;
  readonly basePort: number;
  /** Dollars an hour. */
  readonly nodeCost: number;
  readonly budget: number;
  readonly signal: AbortSignal;
  /** @param done of all that it does, 0 to 1 */
  readonly tell: (text: string, done: number) => void;
}

/** As `-o json` has it. */
export interface AssessReport {
  readonly verdict: 'good' | 'weak';
  readonly points: number;
  readonly of: number;
  readonly nodes: number;
  readonly write_quorum: number;
  readonly read_quorum: number;
  readonly analysis: { readonly quorums: string; readonly failures: string };
  readonly cost: {
    readonly per_hour: number;
    readonly budget: number;
    readonly within_budget: boolean;
  };
  readonly scenarios: readonly ScenarioResult[];
  /** What is to be changed; empty where the verdict is good. */
  readonly faults: readonly string[];
  readonly justifications: Readonly<Record<string, string>>;
}

const SCENARIOS = [
  { name: 'basic operations', of: 15, run: basicOperations },
  { name: 'fault tolerance', of: 25, run: faultTolerance },
  { name: 'consistency', of: 25, run: consistency },
  { name: 'rate limiting', of: 15, run: rateLimiting },
  { name: 'recovery', of: 20, run: recovery },
] as const;

/** @throws OperatingError where the cluster cannot be started, or time is up */
export async function assess(options: AssessOptions): Promise<AssessReport> {
  const { signal, tell } = options;
  const folder = new TemporaryFolder('quorate-assess-');
  const scenarios: ScenarioResult[] = [];
  const tellNext = (what: string): void => tell(what, scenarios.length / SCENARIOS.length);
  const cluster = new AssessedCluster({ ...options, tell: tellNext, dataDir: folder.path });
  // Before the folder goes: nobody is left who would write into it.
  process.prependOnceListener('exit', cluster.kill);
  try {
    tellNext(`starts ${options.config.nodes} nodes`);
    await cluster.start();
    for (const { name, of, run } of SCENARIOS) {
      tellNext(`${name} (${of} points)`);
      scenarios.push(await attempted(name, of, signal, () => run(cluster)));
    }
  } catch (error) {
    if (signal.aborted) throw new OperatingError('deadline_passed', `ended: ${signal.reason}`);
    throw error;
  } finally {
    await cluster.stop();
    process.off('exit', cluster.kill);
    folder.remove();
  }
  return reportOf(options, scenarios);
}

/** A scenario that could not go on is worth nothing; the next begins all the same. */
async function attempted(
  name: string,
  of: number,
  signal: AbortSignal,
  run: () => Promise<ScenarioResult>,
): Promise<ScenarioResult> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) throw error;
    return scenarioResult(name, of, [check('it can be tried', of, false, messageOf(error))]);
  }
}

function reportOf(
  { config, nodeCost, budget }: AssessOptions,
  scenarios: readonly ScenarioResult[],
): AssessReport {
  const { quorums, failures } = analyse(config);
  const cost = costOf(config, nodeCost, budget);
  const failed = scenarios.flatMap(({ name, checks }) =>
    checks
      .filter(({ points, of }) => points < of)
      .map(({ what, seen }) => `${name}: not "${what}": ${seen}`),
  );
  const dear = `cost: $${cost.perHour} an hour is above the budget of $${budget}`;
  const missing = unjustified(config).map((name) => `justifications: none for ${name}`);
  const faults = [...failed, ...(cost.isWithin ? [] : [dear]), ...missing];
  return {
    verdict: faults.length === 0 ? 'good' : 'weak',
    points: scenarios.reduce((sum, { points }) => sum + points, 0),
    of: scenarios.reduce((sum, { of }) => sum + of, 0),
    ...{ nodes: config.nodes, write_quorum: config.writeQuorum, read_quorum: config.readQuorum },
    analysis: { quorums, failures },
    cost: { per_hour: cost.perHour, budget, within_budget: cost.isWithin },
    ...{ scenarios, faults, justifications: config.justifications as Record<string, string> },
  };
}
