/** Writes at quorum and reads of them, at one node after the other; where one refuses, the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type GetResult, QuorateError } from '../../lib/client/client.js';
import type { NodeProcess } from './node-process.js';

const PAUSE_MILLISECONDS = 5;
const READERS = 8;
const OPTIONS = { level: 'quorum', timeoutMilliseconds: 5000 } as const;

type Answer = GetResult | QuorateError;

export class SteadyWrites {
  /** Keys whose write was acknowledged; the value is the key. */
  readonly acknowledged = new Set<string>();
  /** Requests that no node took, and reads that did not show what was acknowledged. */
  readonly failures: string[] = [];
  /** Requests that the first node did not take, and another one did. */
  elsewhere = 0;
  readonly #nodes: readonly NodeProcess[];
  #stopped = false;

  constructor(nodes: readonly NodeProcess[]) {
    this.#nodes = nodes;
  }

  /** Each key is written once, so whatever is read of it must be its value. */
  async run(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn += 1) {
      const key = `key-${turn}`;
      const put = await this.#ask(turn, (node) => node.client.put(key, key, OPTIONS));
      if (put !== undefined) {
        this.acknowledged.add(key);
        const got = await this.#ask(turn + 1, (node) => node.client.get(key, OPTIONS));
        if (got !== undefined && !holds(got, key)) this.failures.push(`${key}: ${got.kind}`);
      }
      await sleep(PAUSE_MILLISECONDS);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** What was acknowledged, and is not found at quorum at some node. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    const rest = this.acknowledged.values();
    const reader = async (): Promise<void> => {
      for (const key of rest) {
        for (const { id, client } of this.#nodes) {
          const got = await client.get(key, OPTIONS).catch(problemOf);
          if (!holds(got, key)) lost.push(`${key} at ${id}: ${got.kind}`);
        }
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return lost;
  }

  /** @returns undefined where no node took it */
  async #ask<Result extends { readonly kind: string }>(
    turn: number,
    request: (node: NodeProcess) => Promise<Result>,
  ): Promise<Result | undefined> {
    const problems: string[] = [];
    const count = this.#nodes.length;
    for (let i = 0; i < count; i += 1) {
      const node = this.#nodes[(turn + i) % count];
      if (node === undefined) continue;
      const result = await request(node).catch(problemOf);
      if (!(result instanceof QuorateError)) {
        if (i > 0) this.elsewhere += 1;
        return result;
      }
      problems.push(`${node.id}: ${result.code} ${result.detail}`);
    }
    this.failures.push(problems.join('; '));
    return undefined;
  }
}

function problemOf(error: unknown): QuorateError {
  if (error instanceof QuorateError) return error;
  throw error;
}

/** A write whose answer was lost, and that another node took too, may be there twice. */
function holds(answer: Answer, key: string): boolean {
  const all =
    answer.kind === 'siblings' ? answer.siblings : answer.kind === 'value' ? [answer] : [];
  return all.length > 0 && all.every(({ value }) => value === key);
}
