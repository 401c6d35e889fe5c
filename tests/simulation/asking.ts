/** Asks nodes over HTTP, with the patience of a client. */
import { messageOf } from '../../lib/errors.js';
import type { HttpAnswer, HttpRequest } from './http-answers.js';
import { REFUSED_CONNECTION } from './kv-answer.js';
import type { Addressed } from './kv-request.js';
import type { Machine } from './machine.js';
import { RequestsUnderWay } from './requests-under-way.js';
import type { World } from './world.js';

export interface HowAsked extends Pick<Addressed, 'timeoutMilliseconds'> {
  /** Called when the node is done with it, be its client gone or not; never if the node dies. */
  readonly onOver?: (() => void) | undefined;
}

export interface AskingOptions {
  readonly world: World;
  readonly onTrouble: (message: string) => void;
}

/** A client waits so much longer than the deadline that it named. */
const PATIENCE_MILLISECONDS = 300;

/** What is decided at the deadline is answered so much later at most. */
const LATE_MILLISECONDS = 100;

export class Asking {
  readonly #options: AskingOptions;
  readonly #underWay: RequestsUnderWay;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#underWay = new RequestsUnderWay(options.world);
  }

  /** Undefined: no answer; the node may have died. */
  async ask(
    operation: string,
    machine: Machine,
    { timeoutMilliseconds, onOver }: HowAsked,
    request: HttpRequest,
  ): Promise<HttpAnswer | undefined> {
    const { world, onTrouble } = this.#options;
    world.count(`asked: ${operation}`);
    const answer = machine.exchange(request);
    if (answer === undefined) return REFUSED_CONNECTION;
    this.#underWay.add(machine, answer, onOver);
    const [life, began] = [machine.lives, world.now];
    const result = await Promise.race([
      world.wait(timeoutMilliseconds + PATIENCE_MILLISECONDS, 'patience'),
      answer.catch((error: unknown) => {
        onTrouble(`${operation} on ${machine.id} failed: ${messageOf(error)}`);
        return undefined;
      }),
    ]);
    if (result === undefined) world.count(`${operation} unanswered`);
    this.#checkTime(operation, machine, { life, began, timeoutMilliseconds });
    if ((result?.status ?? 0) === 500) {
      onTrouble(`${operation} on ${machine.id}: ${result?.body.toString('utf8')}`);
    }
    return result ?? undefined;
  }

  /** A node that is well answers by the deadline, in time for the way back. */
  #checkTime(
    operation: string,
    machine: Machine,
    sent: { readonly life: number; readonly began: number; readonly timeoutMilliseconds: number },
  ): void {
    const { world, onTrouble } = this.#options;
    const { time, lives, isServing } = machine;
    const took = (world.now - sent.began) * time.rate;
    if (took <= sent.timeoutMilliseconds + LATE_MILLISECONDS) return;
    if (!isServing || lives !== sent.life || time.pausedUntil > sent.began) return;
    const what = `${operation} on ${machine.id}, asked at ${sent.began.toFixed(3)}`;
    onTrouble(`${what}, took ${took.toFixed(3)} of ${sent.timeoutMilliseconds} ms`);
  }

  /** Resolves when nothing is under way that was asked for by now. */
  allEnded(): Promise<void> {
    return this.#underWay.allEnded();
  }
}
