/** What a request must meet, as lib/coordination/read/cover.ts and read-core.ts have it. */
import type { DotSet } from '../../../../lib/versioning/dot-set.js';
import { dotsIn } from '../../../../lib/versioning/dot-set.js';
import { dotText } from '../../../../lib/versioning/dot.js';
import type { Flag, PartitionFloor } from '../../../../lib/versioning/session-token.js';
import { type Key, merged, NOTHING, type Owner, type Record } from './owner.js';

export interface Meeting {
  /** So many owners are asked in any case. */
  readonly least: number;
  /** So many there are. */
  readonly all: number;
  /** So often one of them has lost all that it held. */
  readonly losses: number;
}

/** @param owners who answer, in order; undefined: refused */
export function meet(
  owners: readonly Owner[],
  floor: PartitionFloor,
  key: Key,
  { least, all, losses }: Meeting,
): Record | undefined {
  if (floor.flag === 'all' && losses > floor.mark) return undefined;
  const enough = Math.max(least, askedFor(floor.flag, all));
  for (let asked = enough; asked <= owners.length; asked += 1) {
    const some = owners.slice(0, asked);
    for (const owner of some) owner.sync();
    const areAll = asked === all && losses <= floor.mark;
    if (areAll || isCovered(floor.dots, some, key)) return shown(some, key);
  }
  return undefined;
}

function askedFor(flag: Flag, all: number): number {
  if (flag === 'none') return 1;
  return flag === 'all' ? all : Math.floor(all / 2) + 1;
}

function isCovered(dots: DotSet, owners: readonly Owner[], key: Key): boolean {
  return dotsIn(dots).every((dot) => {
    return owners.some((owner) => {
      return owner.clock.has(dot) || owner.recordOf(key).context.has(dotText(dot));
    });
  });
}

/** With what is accepted, where several were asked: there it is settled first. */
function shown(owners: readonly Owner[], key: Key): Record {
  let record: Record = NOTHING;
  for (const owner of owners) record = merged(record, owner.recordOf(key));
  if (owners.length < 2) return record;
  for (const { accepted } of owners) {
    for (const one of accepted) if (one.key === key) record = merged(record, one.record);
  }
  return record;
}
