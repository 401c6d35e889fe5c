/** What an answer claims of how it came about, beside what can be seen from outside by then. */
import { STRONG } from '../../lib/coordination/request/level.js';
import type { HistoryRecorder } from './history-recorder.js';
import type { ReadAnswer, WriteAnswer } from './kv-answer.js';
import { type Addressed, levelNameOf, type WriteRequest } from './kv-request.js';
import type { LevelPromises } from './level-promises.js';
import type { Machine } from './machine.js';
import type { Beginning, Witness } from './witness.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';

export interface ReceiptClaimsOptions {
  readonly witness: Witness;
  readonly recorder: HistoryRecorder;
  readonly namespaces: Pick<WorkloadNamespaces, 'possible'>;
}

interface Asked {
  readonly machine: Machine;
  readonly since: Beginning;
}

export class ReceiptClaims {
  readonly #options: ReceiptClaimsOptions;
  readonly #promises: LevelPromises;

  constructor(options: ReceiptClaimsOptions, promises: LevelPromises) {
    this.#options = options;
    this.#promises = promises;
  }

  note(
    { machine, since }: Asked,
    request: Addressed & Partial<Pick<WriteRequest, 'durability' | 'condition'>>,
    id: string,
    answer: ReadAnswer | WriteAnswer,
  ): void {
    const { witness, recorder } = this.#options;
    const { key, fallbacks } = request;
    const { receipt } = answer;
    const levels = [...this.#levelsOf(request, answer), ...fallbacks].map(levelNameOf);
    const claim = {
      ...{ id, key, levels },
      ...{ level: receipt.level, answered: receipt.answered, standIns: receipt.standIns },
      ...{ primaries: witness.primaries(key), zone: witness.zoneOf(machine.id) },
    };
    if (answer.kind === 'read') {
      recorder.claimed({ ...claim, witnesses: witness.asked(key, since), isHinted: false });
      this.#noteRepaired(claim, answer, since);
      return;
    }
    const durability = request.durability ?? 'sync';
    const { version } = answer;
    recorder.claimed({
      ...claim,
      witnesses: witness.holders(key, version, durability, since),
      isHinted: receipt.answered > 0 || witness.isHinted(key, version, durability, since),
      durability: { asked: durability, held: receipt.durability },
    });
  }

  /** Without a level it is the default; of a condition always the one that can check it. */
  #levelsOf(
    {
      key,
      level,
      condition,
    }: Pick<Addressed, 'key' | 'level'> & Partial<Pick<WriteRequest, 'condition'>>,
    { kind }: ReadAnswer | WriteAnswer,
  ): string[] {
    if (level !== undefined) return [level];
    if (condition !== undefined) return [STRONG];
    const field = kind === 'read' ? 'default_level' : 'default_write_level';
    return this.#options.namespaces.possible(key, field).map(String);
  }

  /** What a read promises to have made last is on the disks of a majority when it answers. */
  #noteRepaired(
    claim: Pick<Parameters<HistoryRecorder['claimed']>[0], 'id' | 'key' | 'primaries' | 'zone'>,
    { versions, receipt }: ReadAnswer,
    since: Beginning,
  ): void {
    const repaired = this.#promises.repaired(receipt);
    if (repaired === 0) return;
    const { witness, recorder } = this.#options;
    const { key, primaries, zone, id } = claim;
    for (const { version } of versions) {
      recorder.claimed({
        ...{ id: `${id} of ${version}`, key, primaries, zone, standIns: 0, isHinted: false },
        ...{ levels: [String(repaired)], level: String(repaired), answered: repaired },
        witnesses: witness.holders(key, version, 'sync', since),
      });
    }
  }
}
