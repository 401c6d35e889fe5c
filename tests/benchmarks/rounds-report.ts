/** Rounds of nodes that died under load: each as it ends, and what all of them come to. */
import type { KillRound } from '../integration/kill-rounds.js';
import { isClean } from '../integration/kill-rounds.js';

const COLUMNS: readonly (readonly [name: string, cell: (round: KillRound) => string])[] = [
  ['round', ({ round }) => String(round)],
  ['load ms', ({ loadMilliseconds }) => String(loadMilliseconds)],
  ['acked', ({ acknowledged }) => String(acknowledged)],
  ['unknown', ({ unknown }) => String(unknown)],
  ['kept', ({ keysKept }) => String(keysKept)],
  ['lost', ({ keysLost }) => String(keysLost)],
  ['unread', ({ keysUnread }) => String(keysUnread)],
  ['wrong', ({ wrong }) => String(wrong)],
  ['errors', ({ errors }) => String(errors.length)],
  ['start s', ({ startSeconds }) => startSeconds.toFixed(2)],
];
const WIDTH = 8;

export class RoundsReport {
  readonly #rounds: KillRound[] = [];

  constructor(title: string) {
    console.log(title);
    console.log(COLUMNS.map(([name]) => name.padStart(WIDTH)).join(''));
  }

  add(round: KillRound): void {
    this.#rounds.push(round);
    console.log(COLUMNS.map(([, cell]) => cell(round).padStart(WIDTH)).join(''));
    for (const error of round.errors) console.log(`! ${error}`);
  }

  get isClean(): boolean {
    return this.#rounds.length > 0 && this.#rounds.every(isClean);
  }

  /** A row as it stands in docs/testing.md. */
  summary(): string {
    const sum = (value: (round: KillRound) => number): number =>
      this.#rounds.reduce((total, round) => total + value(round), 0);
    const starts = this.#rounds.map(({ startSeconds }) => startSeconds).sort((a, b) => a - b);
    const cells = [
      this.#rounds.length,
      sum(({ acknowledged }) => acknowledged),
      sum(({ unknown }) => unknown),
      sum(({ keysKept }) => keysKept),
      sum(({ keysLost }) => keysLost),
      sum(({ keysUnread }) => keysUnread),
      sum(({ wrong }) => wrong),
      sum(({ errors }) => errors.length),
      `${starts[starts.length >> 1]?.toFixed(2)} / ${starts.at(-1)?.toFixed(2)}`,
    ];
    return [
      '| rounds | writes acknowledged | unknown | keys read back | lost | unread | wrong reads ' +
        '| errors in logs | all serve again after, median / longest s |',
      `|${' --- |'.repeat(cells.length)}`,
      `| ${cells.join(' | ')} |`,
    ].join('\n');
  }
}
