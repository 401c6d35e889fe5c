/**
 * A node whose disk failed is ended, and made anew once the disk takes writes again: what it had
 * decided and not synced is forgotten, as at a crash (docs/operations.md, A disk that fails).
 */
import type { Observer } from '../../lib/environment/observer.js';
import { isCorrupt, messageOf, OperatingError } from '../../lib/errors.js';

/** A node, as far as its renewal is concerned. */
export interface Renewable {
  /** Resolves when its disk has failed. */
  readonly failed: Promise<OperatingError>;
  /** Resolves where it must not run: then no other is made either. */
  readonly refused: Promise<OperatingError>;
  /** Resolves when it serves; never, where it ended before. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

export interface RenewalOptions<Node extends Renewable> {
  /** @param damage what the engine said of its files, where it found them damaged */
  readonly create: (damage: string | undefined) => Promise<Node>;
  /** Rejects as long as the disk takes no synced write. */
  readonly probe: () => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly observer: Observer;
}

const PAUSE_MILLISECONDS = 250;
const PAUSE_MILLISECONDS_MAX = 10_000;

export class Renewal<Node extends Renewable> {
  readonly #options: RenewalOptions<Node>;
  #node: Node;
  #stopped = false;
  #renewing: Promise<void> = Promise.resolve();
  #giveUp: (error: OperatingError) => void = () => undefined;
  #serves: () => void = () => undefined;
  readonly #served = new Promise<void>((resolve) => {
    this.#serves = resolve;
  });
  /** Rejects with what no further try would change: the node has ended, and stays so. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#giveUp = reject;
  });
  /** Resolves when the first life that comes so far serves; rejects as `failed`. */
  readonly ready: Promise<void> = Promise.race([this.#served, this.failed]);

  private constructor(options: RenewalOptions<Node>, node: Node) {
    this.#options = options;
    this.#node = node;
    this.failed.catch(() => undefined);
    this.ready.catch(() => undefined);
    this.#watch(node);
  }

  static async start<Node extends Renewable>(
    options: RenewalOptions<Node>,
  ): Promise<Renewal<Node>> {
    return new Renewal(options, await createOrRepair(options));
  }

  /** The node of now; while none can be made, the one that has ended: it refuses by itself. */
  get node(): Node {
    return this.#node;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#renewing;
    await this.#node.stop();
  }

  #watch(node: Node): void {
    void node.refused.then((refusal) => this.#giveUp(refusal));
    node.ready().then(this.#serves, (error: OperatingError) => {
      // The next life may come further than one whose disk fails.
      if (error.code !== 'storage_failed') this.#giveUp(error);
    });
    void node.failed.then((failure) => {
      if (this.#stopped || node !== this.#node) return;
      this.#renewing = this.#renew(failure);
    });
  }

  /** The failed node answers reads until the disk is well; then another takes its place. */
  async #renew(failure: OperatingError): Promise<void> {
    const { create, probe, pause, observer } = this.#options;
    let damage = damageIn(failure);
    let ended = false;
    for (let wait = PAUSE_MILLISECONDS; !this.#stopped; wait = longer(wait)) {
      await pause(wait);
      if (this.#stopped) return;
      try {
        await probe();
        if (!ended) await this.#node.stop();
        ended = true;
        this.#node = await create(damage);
        observer.log('info', 'the disk is well: the node was made anew', {});
        this.#watch(this.#node);
        return;
      } catch (error) {
        if (cannotHeal(error)) return this.#giveUp(error);
        damage ??= damageIn(error);
        observer.log('warn', 'the disk is not well yet', { reason: messageOf(error) });
      }
    }
  }
}

/** Damage is repaired, a disk may be freed, a lock be given up; a refusal stays. */
function cannotHeal(error: unknown): error is OperatingError {
  return error instanceof OperatingError && !error.retryable && !isCorrupt(error);
}

/** A start reads what no opening does: damage that shows only then is repaired as any other. */
async function createOrRepair<Node extends Renewable>({
  create,
  observer,
}: RenewalOptions<Node>): Promise<Node> {
  try {
    return await create(undefined);
  } catch (error) {
    const damage = damageIn(error);
    if (damage === undefined) throw error;
    observer.log('warn', 'the engine is damaged: it is repaired', { reason: damage });
    return create(damage);
  }
}

/** What the engine said of its files, where it found them damaged. */
function damageIn(error: unknown): string | undefined {
  const isDamage = error instanceof OperatingError && error.details['corrupt'] === true;
  return isDamage ? error.message : undefined;
}

function longer(milliseconds: number): number {
  return Math.min(2 * milliseconds, PAUSE_MILLISECONDS_MAX);
}
