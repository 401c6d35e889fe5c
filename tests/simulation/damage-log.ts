/**
 * What the disks of a simulation have lost, and which promises that excuses: only those about what
 * the disk in question can have held alone.
 */

interface Damage {
  readonly machine: string;
  /** What began later was not lost. */
  readonly at: number;
  /** What was synced there by then is still there; minus infinity: nothing is sure to be. */
  readonly keptUntil: number;
  /** Undefined: it may have been any. */
  readonly key: string | undefined;
}

/** Something that so many primaries hold durably, by what was answered. */
export interface Holding {
  readonly key: string;
  readonly holders: number;
  readonly began: number;
  /** When it was answered. */
  readonly ended: number;
}

export class DamageLog {
  readonly #damages: Damage[] = [];

  note(damage: Damage): void {
    this.#damages.push(damage);
  }

  /**
   * May nobody hold it any more? One who holds it beside the damaged disk gives it back. What a
   * hint alone holds lies anywhere: also where it was delivered first, much later.
   * @param owners of its key
   */
  mayBeLost({ key, holders, began, ended }: Holding, owners: readonly string[]): boolean {
    if (holders >= 2) return false;
    return this.#damages.some((damage) => {
      if (began > damage.at || (damage.key ?? key) !== key) return false;
      if (holders === 0) return true;
      return owners.includes(damage.machine) && ended >= damage.keptUntil;
    });
  }
}
