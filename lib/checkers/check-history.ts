/** All checkers over one history (docs/testing.md: what each level forbids). */
import { checkAgreement } from './check-agreement.js';
import { checkBlindWrites } from './check-blind-writes.js';
import { checkExplanations } from './check-explanations.js';
import { checkExpiry } from './check-expiry.js';
import { checkFalseSiblings, checkLostWrites, checkMisses, checkRaces } from './check-causality.js';
import { checkKept } from './check-kept.js';
import { checkLists } from './check-lists.js';
import { checkOrders } from './check-orders.js';
import { checkReceipts } from './check-receipts.js';
import { checkResolutions } from './check-resolutions.js';
import { checkSessions } from './check-sessions.js';
import { checkStaleReads } from './check-stale-reads.js';
import { checkStaleness } from './check-staleness.js';
import { checkSuperseded } from './check-superseded.js';
import { checkValues } from './check-values.js';
import { checkZones } from './check-zones.js';
import type { Finding, History } from './history.js';

const CHECKERS: readonly ((history: History) => Finding[])[] = [
  checkValues,
  checkLostWrites,
  checkLists,
  checkKept,
  checkSuperseded,
  checkFalseSiblings,
  checkStaleReads,
  checkStaleness,
  checkSessions,
  checkBlindWrites,
  checkRaces,
  checkExpiry,
  checkReceipts,
  checkExplanations,
  checkMisses,
  checkResolutions,
  checkAgreement,
  checkZones,
  checkOrders,
];

export function checkHistory(history: History): Finding[] {
  return CHECKERS.flatMap((check) => check(history));
}
