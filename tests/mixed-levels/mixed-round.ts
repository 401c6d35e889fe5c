/**
 * A round of clients that ask real nodes at all levels, while nodes are killed and links are cut.
 * Its keys are its own: so what is to be kept in mind and judged does not grow with the run.
 */
import { z } from 'zod';
import type { ComparedCluster } from '../../bin/compare/compared-cluster.js';
import { NO_FAULT } from '../../bin/compare/faulty-transport.js';
import { checkHistory } from '../../lib/checkers/check-history.js';
import type { FinalState, Finding } from '../../lib/checkers/history.js';
import * as answers from '../simulation/kv-answer.js';
import * as requests from '../simulation/kv-request.js';
import type { SeededRandom } from '../simulation/seeded-random.js';
import { ClientHistory } from './client-history.js';
import type { Endpoint } from './endpoint.js';
import { MixedClient } from './mixed-client.js';

export interface MixedRoundOptions {
  readonly cluster: ComparedCluster;
  readonly endpoints: readonly Endpoint[];
  readonly random: SeededRandom;
  /** Names its keys. */
  readonly round: number;
  /** So many that were answered, or whose outcome is unknown; refusals do not count. */
  readonly operations: number;
  readonly clients: number;
  readonly count: (what: string) => void;
}

export interface MixedRoundResult {
  readonly operations: number;
  readonly findings: readonly Finding[];
  /** What a finding is looked into with. */
  readonly history: unknown;
  readonly unjudgedKeys: ReturnType<ClientHistory['unjudgedKeys']>;
  readonly checkMilliseconds: number;
}

const REPLICAS = 3;
const OPERATIONS_A_KEY = 50;
/** So many are in use at a time, and one goes when it has had its share: the search is short. */
const KEYS_AT_ONCE = 24;
const READ_BACK_MILLISECONDS = 60_000;
const READ_BACK_AT_ONCE = 32;
const PAUSE_MILLISECONDS = 100;

type Fault = (round: MixedRound) => Promise<void>;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export class MixedRound {
  readonly #options: MixedRoundOptions;
  readonly #history = new ClientHistory(REPLICAS);
  #done = 0;
  #asked = 0;

  constructor(options: MixedRoundOptions) {
    this.#options = options;
  }

  async run(): Promise<MixedRoundResult> {
    const { clients, random, endpoints, count, operations, round } = this.#options;
    const nextKey = (): string => this.#key();
    const trouble: Finding[] = [];
    const onTrouble = (message: string): void => {
      trouble.push({ checker: 'trouble', key: '', message });
    };
    const common = { history: this.#history, endpoints, random, nextKey, count, onTrouble };
    const work = async (number: number): Promise<void> => {
      const client = new MixedClient({ ...common, hasSession: number % 3 === 0 });
      while (this.#done < operations) if (await client.operate()) this.#done += 1;
    };
    const working = Promise.all(Array.from({ length: clients }, (_, number) => work(number)));
    const fault = FAULTS[round % FAULTS.length];
    await Promise.all([working, fault?.(this)]);
    await this.#heal();
    const finals = await this.#finals();
    const began = performance.now();
    const history = this.#history.history(finals);
    const findings = [...trouble, ...checkHistory(history)];
    const checkMilliseconds = performance.now() - began;
    const unjudgedKeys = this.#history.unjudgedKeys(finals);
    return { operations: this.#done, findings, history, unjudgedKeys, checkMilliseconds };
  }

  /** Until so much of the round is done. */
  async until(part: number): Promise<void> {
    while (this.#done < part * this.#options.operations) await pause(PAUSE_MILLISECONDS);
  }

  anyNodes(count: number): string[] {
    return this.#options.random.shuffle(this.#options.cluster.ids).slice(0, count);
  }

  async kill(id: string): Promise<void> {
    this.#options.count('node killed');
    await this.#options.cluster.kill(id);
  }

  restart(id: string): Promise<void> {
    return this.#options.cluster.begin(id);
  }

  /** From all nodes that are not among them. */
  cut(side: readonly string[]): void {
    const { cluster, count } = this.#options;
    count(side.length === 1 ? 'node cut off' : 'cut into two sides');
    const others = cluster.ids.filter((id) => !side.includes(id));
    for (const id of side) cluster.setFault({ delayMilliseconds: 0, cutFrom: others }, id);
  }

  heal(): void {
    for (const id of this.#options.cluster.ids) this.#options.cluster.setFault(NO_FAULT, id);
  }

  #key(): string {
    const first = Math.floor(this.#asked / OPERATIONS_A_KEY);
    this.#asked += 1;
    return this.#nameOf(first + this.#options.random.below(KEYS_AT_ONCE));
  }

  #nameOf(number: number): string {
    return `mixed-${this.#options.round}-${number}`;
  }

  /** Every fault is over, and all nodes serve. */
  async #heal(): Promise<void> {
    this.heal();
    await pause(PAUSE_MILLISECONDS);
  }

  /** All that the keys have come to, at `all`, and what each owner holds. */
  async #finals(): Promise<FinalState[]> {
    const count = Math.floor(this.#asked / OPERATIONS_A_KEY) + KEYS_AT_ONCE;
    const rest = Array.from({ length: count }, (_, number) => this.#nameOf(number)).values();
    const finals: FinalState[] = [];
    const deadline = performance.now() + READ_BACK_MILLISECONDS;
    const reader = async (): Promise<void> => {
      for (const key of rest) finals.push(await this.#final(key, deadline));
    };
    await Promise.all(Array.from({ length: READ_BACK_AT_ONCE }, reader));
    return finals;
  }

  async #final(key: string, deadline: number): Promise<FinalState> {
    const { random, endpoints } = this.#options;
    const how = { fallbacks: [], timeoutMilliseconds: 2000, inQuery: false, asList: false };
    for (;;) {
      const began = performance.now();
      const endpoint = random.pick(endpoints);
      const request = { ...how, key, level: 'all', readRepair: undefined } as const;
      const answered = await endpoint.ask(requests.getRequest(request));
      const answer = answered && answers.readAnswer(answered);
      if (answer?.kind === 'read') {
        const replicas = await copiesOf(endpoint, key);
        const isAlike = new Set(replicas).size === 1 && replicas.length === REPLICAS;
        if (isAlike || began > deadline) return { key, began, versions: answer.versions, replicas };
      } else if (began > deadline) {
        throw new Error(`${key} cannot be read at the end: ${JSON.stringify(answer)}`);
      }
      await pause(PAUSE_MILLISECONDS);
    }
  }
}

/** Each begins and ends by how much of the round is done, whatever that takes. */
const FAULTS: readonly Fault[] = [
  async (round) => {
    const [id = ''] = round.anyNodes(1);
    await round.until(0.2);
    await round.kill(id);
    await round.until(0.5);
    await round.restart(id);
  },
  async (round) => {
    await round.until(0.2);
    round.cut(round.anyNodes(1));
    await round.until(0.5);
    round.heal();
  },
  async (round) => {
    await round.until(0.2);
    round.cut(round.anyNodes(2));
    await round.until(0.5);
    round.heal();
  },
  async (round) => {
    const [killed = '', cutOff = ''] = round.anyNodes(2);
    await round.until(0.2);
    await round.kill(killed);
    round.cut([cutOff]);
    await round.until(0.35);
    round.heal();
    await round.restart(killed);
    await round.until(0.6);
    await round.kill(cutOff);
    await round.until(0.8);
    await round.restart(cutOff);
  },
];

const copiesShape = z.object({
  copies: z.array(
    z.object({
      role: z.string(),
      versions: z.array(z.object({ version: z.string(), state: z.string() })),
    }),
  ),
});

/** What each owner says that it holds. */
async function copiesOf(endpoint: Endpoint, key: string): Promise<string[]> {
  const path = `/api/v1/cluster/copies/${encodeURIComponent(key)}`;
  const answered = await endpoint.ask({ method: 'GET', path, headers: {}, body: undefined });
  if (answered?.status !== 200) return [];
  const { copies } = copiesShape.parse(JSON.parse(answered.body.toString('utf8')));
  return copies
    .filter(({ role }) => role === 'owner')
    .map(({ versions }) => versions.map(({ version, state }) => `${version} ${state}`).join(', '));
}
