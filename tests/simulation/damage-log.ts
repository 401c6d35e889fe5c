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
  /** Undefined: it may have been records and hints. */
  readonly part?: 'record' | 'hint' | undefined;
}

/** Something that so many primaries hold durably, by what was answered. */
export interface Holding {
  readonly key: string;
  readonly holders: number;
  /**
   * Where it can have lain when it was answered: primaries, or the stand-ins where it was a hint
   * alone. Undefined: nobody has looked.
   */
  readonly heldBy?: readonly string[] | undefined;
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
   * May nobody hold it any more? One who holds it beside the damaged disk gives it back.
   * @param owners of its key
   */
  mayBeLost(holding: Holding, owners: readonly string[]): boolean {
    const { key, holders, began, ended } = holding;
    if (holders >= 2) return false;
    return this.#damages.some((damage) => {
      if (began > damage.at || (damage.key ?? key) !== key) return false;
      const { machine, part, keptUntil } = damage;
      const isOwner = owners.includes(machine);
      // What was a hint alone may have been delivered there first, whenever that was.
      if (holders === 0 && isOwner) return part !== 'hint';
      if (part === (holders === 0 ? 'record' : 'hint') || ended < keptUntil) return false;
      const { heldBy } = holding;
      return heldBy?.includes(machine) ?? (isOwner || holders === 0);
    });
  }
}
