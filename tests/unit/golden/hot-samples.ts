/** A sample of every message of fixed layout: each flag set and not. */
import { OperatingError } from '../../../lib/errors.js';
import { encodeAudit } from '../../../lib/coordination/wire/audit-wire.js';
import { HOT, type HotMessage } from '../../../lib/rpc/hot-messages.js';
import { encodeDots } from '../../../lib/versioning/dot-set.js';
import { LAYOUT_SAMPLES } from './layout-samples.js';
import {
  answeredMessage,
  askedMessage,
  copiesMessage,
  readsMessage,
  refusedMessage,
  shownMessage,
  storedMessage,
} from '../rpc/hot-encoding.js';

const head = { epoch: 1, settingsHash: 0xfedc_ba98 };
const id = { slot: 7, generation: 0xfedc_ba98 };
const left = { leftMilliseconds: 4_999.5 };
const address = { namespace: 'default', key: 'clé' };
const record = Uint8Array.of(1, 2, 3, 255);
const none = new Uint8Array(0);
const lost: [string, number][] = [['n2', 3]];
const asked = { ...id, ...left, ...address };
const version = 'n1.1.0123456789ab:7';
const audit = encodeAudit({
  ...{ at: 1_700_000_000_000, strategy: 'last-writer', by: 'read', kept: version },
  dropped: [{ version, contentType: 'text/plain', value: null, bytes: 4, writtenAt: 2 ** 40 }],
});
const error = new OperatingError('level_not_reached', 'two of three are away', {
  outcome: 'unknown',
});
const tooLarge = new OperatingError('record_too_large', 'the siblings exceed the limit', {
  details: { limit: 1000, size: 1204 },
});

/** The record of the only item, beside it; it is short here for the sake of the recorded bytes. */
function shortened([kind, items]: HotMessage): HotMessage {
  return [kind, items, record];
}

const dots = encodeDots(new Map([['n1.3.0123456789ab', [7, 9, 300]]]));
const large = Buffer.alloc(65_536, 1);

/** Of declared types: each sample alone, and all that are asked or answered in one message. */
function ofLayouts(): [string, HotMessage][] {
  return LAYOUT_SAMPLES.flatMap(({ type, requests, replies }): [string, HotMessage][] => {
    const asking = requests.map((body, n) => ({ ...id, slot: n, ...left, body }));
    const answering = replies.map((body, n) => ({ ...id, slot: n, body }));
    return [
      ...asking.map((one, n): [string, HotMessage] => [
        `${type.name} request ${n}`,
        askedMessage(head, type, [one]),
      ]),
      ...answering.map((one, n): [string, HotMessage] => [
        `${type.name} reply ${n}`,
        answeredMessage(type, [one]),
      ]),
      [`${type.name} requests`, askedMessage(head, type, asking)],
      [`${type.name} replies`, answeredMessage(type, answering)],
    ];
  });
}

export const HOT_SAMPLES: ReadonlyMap<string, HotMessage> = new Map([
  [
    'reads',
    readsMessage(head, [
      { ...asked, want: 'full', atLeast: 'settled', floor: none },
      { ...asked, want: 'versions', atLeast: 'held', floor: none },
      { ...asked, slot: 8, want: 'fingerprint', atLeast: 'synced', floor: none },
      { ...asked, slot: 9, want: 'full', atLeast: 'synced', floor: dots },
    ]),
  ],
  [
    'copies',
    copiesMessage(head, [
      { ...asked, durability: 'sync', record, audit: none, blind: '' },
      { ...asked, durability: 'os', record: none, audit, blind: 'n1.3.0123456789ab.7' },
      { ...asked, slot: 8, durability: 'memory', record, audit: none, blind: '' },
    ]),
  ],
  [
    'a large copy',
    shortened(
      copiesMessage(head, [
        { ...asked, durability: 'sync', record: large, audit: none, blind: '' },
      ]),
    ),
  ],
  [
    'shown',
    shownMessage([
      { ...id, start: 3, fingerprint: '', record: null, lost: undefined, missing: none },
      { ...id, start: 3, fingerprint: 'n1:7;', record, lost, missing: none },
      { ...id, start: 3, fingerprint: 'n1:7;', record: null, lost, missing: dots },
      { ...id, slot: 8, start: 3, fingerprint: 'n1:7;', record, lost: undefined, missing: dots },
    ]),
  ],
  [
    'a large record shown',
    shortened(
      shownMessage([
        { ...id, start: 3, fingerprint: 'n1:7;', record: large, lost: undefined, missing: none },
      ]),
    ),
  ],
  [
    'stored',
    storedMessage(2 ** 40, [
      { ...id, start: 3, fate: undefined, lost: undefined, report: none },
      { ...id, start: 3, fate: 'collected', lost, report: audit },
      { ...id, slot: 8, start: 3, fate: 'ended', lost: undefined, report: audit },
    ]),
  ],
  [
    'refused',
    refusedMessage([
      { ...id, error },
      { ...id, slot: 8, error: tooLarge },
    ]),
  ],
  ...ofLayouts(),
]);

/** Of those that ask: where their epoch and hash of settings lie, in the items. */
export const HOT_REQUESTS: ReadonlyMap<unknown, number> = new Map([
  [HOT.reads, 0],
  [HOT.copies, 0],
  // Behind the number of its type.
  [HOT.asked, 1],
]);
