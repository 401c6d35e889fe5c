/**
 * What must have happened in a batch of seeds, or the batch proves too little. Each row sums the
 * counters whose names match.
 */

interface RareEvent {
  readonly counters: RegExp;
  /** Must have happened in a batch of so many seeds. */
  readonly within: number;
}

/** In the seeds of every test run, and in long runs only. */
const OFTEN = 250;
const RARELY = 10_000;

const often = (counters: RegExp): RareEvent => ({ counters, within: OFTEN });
const rarely = (counters: RegExp): RareEvent => ({ counters, within: RARELY });

export const RARE_EVENTS: Readonly<Record<string, RareEvent>> = {
  'hint held': often(/^hints_stored/),
  'hint delivered': often(/^hints_delivered/),
  'hint expired': often(/^hints_expired/),
  'old hint kept for lack of holders': often(/^hints_kept/),
  'hint refused by the quota': often(/^hints_refused/),
  'stand-in used': often(/^stand-in used/),
  'minted by a stand-in': often(/^minted by a stand-in/),
  'acknowledged by a hint alone': often(/^acknowledged by a hint alone/),
  'read from stand-ins': often(/^read from stand-ins/),
  'sibling created': often(/^siblings_created/),
  'read with siblings': often(/^read with siblings/),
  'read with ten siblings': rarely(/^read with ten siblings/),
  'read repaired before the answer': often(/^read_repairs foreground/),
  'read repaired in the background': often(/^read_repairs background/),
  'slow read hedged': often(/^hedges/),
  'put passed on': often(/^forwards ok/),
  'passing on failed': often(/^forwards (?!ok)/),
  'fallback used': often(/^fallback used/),
  'level not reached': often(/^(get|put) level_not_reached/),
  'unknown outcome': often(/^unknown outcome/),
  'stale read at a weak level': often(/^stale read at a weak level/),
  'refused over siblings': often(/^put siblings/),
  'level beyond N refused': often(/^(get|put) invalid_level/),
  'superseded version filtered': often(/^filter superseded/),
  'exchange found a difference': often(/^exchanges different/),
  'record taken by an exchange': often(/^exchanged_records/),
  'audit of the trees found a difference': often(/^audit_differences/),
  'tombstone collected': often(/^tombstone collected/),
  'stub made': often(/^expired_values/),
  'stub collected': often(/^stub collected/),
  'collection put off until all have seen it': often(/^collection_blocked not seen by all/),
  'filter met what was collected': often(/^filter collected/),
  'filter asked: dropped': often(/^filter dropped/),
  'filter asked: damaged': rarely(/^filter damaged/),
  'hint rotted': often(/^rot: hint/),
  'record rotted': often(/^rot: record/),
  'clock rotted': often(/^rot: clock/),
  'digest rotted': often(/^rot: digest/),
  'record vanished': often(/^record vanished/),
  'corrupt record found': often(/^corrupt_records/),
  'damage found by counting': often(/^damaged_partitions count/),
  'mint missing': rarely(/^damaged_partitions own mint missing/),
  'partition rebuilt': often(/^rebuilt_partitions/),
  'loss announced': often(/^announced_losses/),
  'answer of before a loss struck': rarely(/^struck_answers/),
  'read begun anew': rarely(/^reads_begun_anew/),
  'version purged at the end of a rebuild': rarely(/^purged_versions/),
  'refused by a replica under rebuild': often(/^peer_messages refused rebuilding/),
  'writer changed in a life': often(/^writer changed in a life/),
  'put with a time to live': often(/^put with a time to live/),
  'crash lost unsynced writes': often(/^crash lost unsynced/),
  'crash lost writes given without sync': often(/^crash lost finished/),
  'crash lost the middle': often(/^crash lost the middle/),
  'crash tore a write': often(/^crash tore/),
  'process killed': often(/^process killed/),
  'machine lost': often(/^machine lost/),
  'killed at an acknowledgement': often(/^killed at an ack/),
  'clean stop': often(/^clean stop/),
  'all stopped cleanly': often(/^all stopped cleanly/),
  'ticket used': often(/^tickets used/),
  'ticket refused': rarely(/^tickets refused/),
  'context at its limit': often(/^put context_too_large/),
  'key near a limit': often(/^log a key has come near a limit/),
  'ticket torn': often(/^ticket torn/),
  'disk remembered at a clean stop': often(/^disk remembered at a clean stop/),
  'alike without any read': often(/^alike without any read/),
  'half-open link': often(/^half-open link/),
  'cut in one direction': often(/^cut: one way/),
  'cut around a bridge': often(/^cut: bridge/),
  pause: often(/^pause/),
  'pause of minutes': rarely(/^pause of minutes/),
  'wall clock jumped': often(/^wall clock jumped/),
  'frame lost': often(/^frame lost/),
  'frame repeated': often(/^frame repeated/),
  'frame overtaken': often(/^frame overtaken/),
  'settings changed': often(/^settings changed/),
  'settings change refused': often(/^settings not changed/),
  'disk nearly full': often(/^disk: nearly full/),
  'disk full to the last byte': often(/^disk: full/),
  'write failed and lost': often(/^disk: write failed, batch lost/),
  'write failed and kept': often(/^disk: write failed, batch kept/),
  'failed disk survived': often(/^failed disk survived/),
  'quorum read': often(/^get ok quorum/),
  'quorum write': often(/^put ok quorum/),
};
