/** What nodes work on, whether or not its client still waits for the answer. */
import type { HttpAnswer } from './http-answers.js';
import type { Machine } from './machine.js';
import type { World } from './world.js';

interface Sent {
  readonly machine: Machine;
  readonly life: number;
}

const LOOK_MILLISECONDS = 50;

export class RequestsUnderWay {
  readonly #world: World;
  readonly #sent = new Set<Sent>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @param answer of the present life of the machine */
  add(machine: Machine, answer: Promise<HttpAnswer>, onOver?: () => void): void {
    const sent = { machine, life: machine.lives };
    this.#sent.add(sent);
    const end = (): void => {
      this.#sent.delete(sent);
      onOver?.();
    };
    answer.then(end, end);
  }

  /** Resolves when all that are under way now were answered, or their nodes have died. */
  async allEnded(): Promise<void> {
    const before = [...this.#sent];
    while (before.some((sent) => this.#isUnderWay(sent))) {
      await this.#world.wait(LOOK_MILLISECONDS, 'requests end');
    }
  }

  #isUnderWay(sent: Sent): boolean {
    const { machine, life } = sent;
    const isAlive = machine.isUp && machine.lives === life;
    if (!isAlive) this.#sent.delete(sent);
    return this.#sent.has(sent);
  }
}
