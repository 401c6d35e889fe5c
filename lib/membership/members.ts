/** The cluster as this node knows it: its ring, its settings, who is up, and what its disk is. */
import type { Environment } from '../environment/environment.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { Ownership } from '../partitioning/ownership.js';
import { historyOf } from '../partitioning/ring-history.js';
import type { Ring } from '../partitioning/ring.js';
import type { Disk } from '../disk/disk.js';
import type { Messenger } from '../rpc/messenger.js';
import { Addresses } from './addresses.js';
import { MemberAdmission } from './admission.js';
import type { ClockSanity } from './clock-sanity.js';
import { DiskCheck } from './disk-check.js';
import { DiskMemory } from './disk-memory.js';
import { FailureDetector } from './failure-detector.js';
import { Founding } from './founding.js';
import { MemberCheck } from './member-check.js';
import { SettingsRegister } from './settings-register.js';
import { SettingsDoubt } from './settings-doubt.js';
import type { ConsistencySettings } from './settings-types.js';
import { Tickets } from './tickets.js';

export interface MembersOptions {
  readonly environment: Environment;
  readonly self: NodeId;
  /** The ring that this node's own list gives. */
  readonly proposed: Ring;
  /** The founders of that list, and where they can be called. */
  readonly founders: readonly { readonly id: NodeId; readonly address: string }[];
  readonly disk: Disk;
  readonly messenger: Messenger;
  readonly clockSanity: ClockSanity;
  readonly consistency: ConsistencySettings;
  readonly limits: {
    readonly heartbeatIntervalMilliseconds: number;
    readonly heartbeatsMissedSuspect: number;
    readonly heartbeatsMissedDead: number;
    readonly clockPersistIntervalMilliseconds: number;
    readonly pageBytesMax: number;
  };
  /** How long a question about settings may take. */
  readonly timeoutMilliseconds: number;
}

export type Members = Awaited<ReturnType<typeof openMembers>>;

const FOUNDING_RETRY_MILLISECONDS = 500;

/** @throws OperatingError `founding_refused` where nobody can say whose the disk is */
export async function openMembers(options: MembersOptions) {
  const { environment, self, proposed, disk, messenger, consistency, limits } = options;
  const { clock, random, observer, transport } = environment;
  const { store, identity, losses, minter, ticket } = disk;
  const isSettled = (): boolean => founding.isComplete && diskCheck.isSettled;
  const doubt = new SettingsDoubt({ store, transport, others: () => peers, isSettled });
  const { damageAll, founding, ownership } = await openRing(options, doubt);
  const { members: stored } = founding.ring;
  const members = stored.map(({ id }) => id);
  const peers = members.filter((id) => id !== self);
  if (!identity.isProven && peers.length === 0) {
    const message = `${proposed.cluster}: no peer can say whose this damaged disk is`;
    throw new OperatingError('founding_refused', message);
  }
  const listed = new Map(options.founders.map(({ id, address }) => [id, address]));
  const addresses = await Addresses.open({ store, members, listed, observer });
  const setPeers = (): void => transport.setPeers(addresses.all().filter(({ id }) => id !== self));
  addresses.onChanged(setPeers);
  setPeers();
  const admission = new MemberAdmission({
    ...{ self, messenger, founding, addresses, clock, random, observer, transport },
    probeMilliseconds: limits.heartbeatIntervalMilliseconds * limits.heartbeatsMissedDead,
  });
  const diskMemory = new DiskMemory({
    ...{ peers, store, losses, clock, random, observer },
    persistIntervalMilliseconds: limits.clockPersistIntervalMilliseconds,
  });
  const diskCheck = await DiskCheck.open({
    ...{ identity, losses, peers, store, messenger, transport, clock, random, observer },
    damageAll,
    onRaised: (start) => minter.raiseStart(start),
    isDoubtful: () => admission.waitReason !== undefined,
  });
  const tickets = new Tickets({
    ...{ peers, ticket, identity, minter, store, messenger, transport, clock, random, observer },
    isVerified: (peer) => diskCheck.isVerified(peer),
  });
  const view = new FailureDetector({
    ...{ self, peers, messenger, admission, transport, clock, random, observer, ...limits },
    clockSanity: options.clockSanity,
    zone: stored.find(({ id }) => id === self)?.zone ?? '',
    numbersFor: (peer) => diskCheck.numbersFor(peer),
  });
  const { timeoutMilliseconds } = options;
  const settings = new SettingsRegister({
    ...{ self, members, store, messenger, clock, random, observer, timeoutMilliseconds, doubt },
    pageBytesMax: limits.pageBytesMax,
    initial: consistency,
  });
  messenger.setMembershipCheck(
    new MemberCheck(ownership, { founding, settings, diskCheck, observer }),
  );
  // Called first: others look at who is up when a link opens.
  const serve = (): void => {
    for (const part of [diskMemory, tickets, view, settings]) part.serve(messenger);
  };
  const cluster = { ownership, founding, addresses, admission, settings };
  return { ...cluster, diskCheck, diskMemory, tickets, view, serve };
}

/** The ring, and what is to be done where all that was stored under it is in doubt. */
async function openRing(options: MembersOptions, doubt: SettingsDoubt) {
  const { environment, self, proposed, disk, messenger } = options;
  const { clock, random, observer, transport, storage } = environment;
  const { store, health, identity, minter } = disk;
  let isDamaged = false;
  let isRecorded = false;
  const damageAll = async (reason: string): Promise<void> => {
    // What it minted as a stand-in is in doubt as well.
    minter.renewAll();
    // The first reason counts: what is under rebuild already loses nothing by another.
    if (!isDamaged) for (const partition of ownership.own) health.damage(partition, reason);
    isDamaged = true;
    // A full queue puts it off: the next call must try again.
    if (!isRecorded) await Promise.all([health.recordDamage(), doubt.raise()]);
    isRecorded = true;
  };
  // Asked for once the ring is known.
  const ownership = new Ownership(self, () => historyOf(founding.ring));
  const founding = await Founding.open({
    ...{ self, store, identity, messenger, proposed, transport, clock, random, observer },
    onWiped: () => damageAll('the disk was wiped'),
    retryIntervalMilliseconds: FOUNDING_RETRY_MILLISECONDS,
  });
  const { repair } = storage;
  if (repair !== undefined) {
    observer.log('warn', 'the engine was repaired', { reason: repair.reason });
    await damageAll('the engine was repaired');
    await repair.noted();
  }
  return { damageAll, founding, ownership };
}
