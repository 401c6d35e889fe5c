/** Samples of the messages that folders declare by a layout: each choice is taken. */
import { ASK, PROPOSAL } from '../../../lib/coordination/strong/proposal-layouts.js';
import { PROPOSE } from '../../../lib/coordination/strong/propose-layout.js';
import { HOLD } from '../../../lib/coordination/wire/hold-layout.js';
import { NEAR } from '../../../lib/coordination/wire/near-layout.js';
import { PUT } from '../../../lib/coordination/wire/put-layout.js';
import type { LayoutType } from '../../../lib/rpc/layout-type.js';

const address = { namespace: 'default', key: 'clé' };
const record = Uint8Array.of(1, 2, 3, 255);
const WRITER = 'n1.1.0123456789ab';
const dot = { writer: WRITER, n: 7 };
const WRITTEN_AT = 1_700_000_000_000 * 2 ** 12;
const ballot = { round: 7, node: 'n1', start: 3 };
const id = { ballot, seq: 2 };
const voided = [dot, { ...dot, n: 8 }];
const named = { key: 'default\u0000clé', id };
const proposal = {
  ...named,
  dot,
  state: record,
  base: [dot, { ...dot, n: 300 }],
  above: { ...dot, n: 5 },
};
const bare = { ...named, dot: undefined, state: new Uint8Array(0), base: [], above: undefined };
const lost: [string, number][] = [['n2', 4]];
const answered = { start: 3, lost };
const calm = { start: 3, lost: [] as [string, number][] };
const context = { vector: new Map([[WRITER, 7]]), beyond: [{ writer: WRITER, n: 9 }] };
const value = {
  change: {
    ...{ state: 'value' as const, contentType: 'text/plain', value: record },
    ...{ ttlSeconds: 60, expiresAt: 1_700_000_060_000 },
  },
  seen: { ...context, stamp: WRITTEN_AT },
  resolving: { strategy: 'last-writer', by: 'ana' },
  past: record,
};
const plain = { seen: undefined, resolving: undefined, past: undefined };
const wish = {
  ...{ ...address, condition: { is: 'none' as const }, decides: false, takesOver: true },
  ...{ explains: false, once: undefined, intent: undefined },
};
const dropped = {
  version: `${WRITER}.6`,
  contentType: 'text/plain',
  bytes: 4,
  writtenAt: WRITTEN_AT,
};
const put = {
  ...{
    ...address,
    change: value.change,
    seen: value.seen,
    durability: 'sync' as const,
    past: record,
  },
  ...{ levels: ['quorum', 'one'], zone: 'a', explains: false },
  resolving: {
    ...{ strategy: 'last-writer', by: 'read' },
    dropped: [
      { ...dropped, value: record },
      { ...dropped, value: undefined },
    ],
  },
  session: {
    ...{ dots: new Map([['n1.3.0123456789ab', [7, 9]]]), one: true, mark: 2 },
    flag: 'majority' as const,
  },
};
const putResult = {
  ...{ version: `${WRITER}.7`, writtenAt: WRITTEN_AT, seen: value.seen, claim: `${WRITER}.8` },
  ...{ replaced: [`${WRITER}.6`], beside: [`${WRITER}.5`] },
  ...{ level: 'quorum', answered: 2, asked: 3, standIns: 1 },
};
const EXPLAINED = '[{"node":"n2","course":"decision","steps":[]}]';

export interface LayoutSamples<Request = unknown, Reply = unknown> {
  readonly type: LayoutType<Request, Reply>;
  readonly requests: readonly Request[];
  readonly replies: readonly Reply[];
}

function samples<Request, Reply>(
  type: LayoutType<Request, Reply>,
  requests: readonly Request[],
  replies: readonly Reply[],
): LayoutSamples {
  return { type: type as LayoutType<unknown, unknown>, requests, replies };
}

export const LAYOUT_SAMPLES: readonly LayoutSamples[] = [
  samples(
    PROPOSAL,
    [
      { partition: 1, request: { is: 'check', proposal } },
      { partition: 1, request: { is: 'check', proposal: bare } },
      { partition: 1, request: { is: 'accept', proposal, start: 3 } },
      { partition: 1, request: { is: 'accept', proposal: bare, start: 3 } },
      { partition: 1, request: { is: 'learn', ...named, state: record, settled: false, voided } },
      {
        partition: 1,
        request: { is: 'learn', ...named, state: 'held', settled: true, voided: [] },
      },
      {
        partition: 1,
        request: { is: 'learn', ...named, state: 'absent', settled: false, voided: [] },
      },
      { partition: 1, request: { is: 'forget', ...named } },
    ],
    [
      { ...answered, answer: undefined },
      { ...calm, answer: { is: 'covered' } },
      { ...calm, answer: { is: 'accepted' } },
      { ...calm, answer: { is: 'learned' } },
      { ...calm, answer: { is: 'uncovered', record } },
      { ...calm, answer: { is: 'uncovered', record: undefined } },
      { ...calm, answer: { is: 'refused', promised: ballot } },
    ],
  ),
  samples(
    ASK,
    [address],
    [
      {
        ...{ ...answered, promised: ballot, active: true, busy: false, record },
        acceptance: { id, dot, state: record, copied: true },
      },
      {
        ...{ ...calm, promised: ballot, active: false, busy: true, record: undefined },
        acceptance: undefined,
      },
    ],
  ),
  samples(
    PROPOSE,
    [
      { ...wish, intent: value, explains: true },
      {
        ...{ ...wish, condition: { is: 'match', values: [`${WRITER}.7;`, ''] } },
        intent: { ...plain, change: { state: 'tombstone' } },
      },
      {
        ...{ ...wish, condition: { is: 'present' } },
        intent: { ...plain, change: { ...value.change, ttlSeconds: 'keep', expiresAt: undefined } },
      },
      {
        ...{ ...wish, decides: true, takesOver: false, once: { dot, end: { ...dot, n: 8 } } },
        intent: {
          ...plain,
          change: { ...value.change, ttlSeconds: undefined, expiresAt: undefined },
        },
      },
      { ...wish, condition: { is: 'absent' } },
    ],
    [
      {
        result: { is: 'applied', dot, stamp: WRITTEN_AT, context, replaced: [`${WRITER}.6`] },
        explained: EXPLAINED,
      },
      { result: { is: 'read', record }, explained: undefined },
      { result: { is: 'unmet', record: undefined }, explained: undefined },
      { result: { is: 'settled', as: 'applied', record }, explained: undefined },
      { result: { is: 'settled', as: 'ended', record: undefined }, explained: undefined },
      { result: { is: 'settled', as: 'forgotten', record: undefined }, explained: undefined },
      { result: { is: 'elsewhere', proposer: 'n2' }, explained: undefined },
    ],
  ),
  samples(
    PUT,
    [
      { ...put, explains: true },
      {
        ...{ ...put, change: { state: 'tombstone' }, durability: 'os', seen: undefined },
        resolving: undefined,
      },
      { ...put, change: { ...value.change, ttlSeconds: 'keep', expiresAt: undefined } },
      {
        ...{ ...put, change: { ...value.change, ttlSeconds: undefined }, durability: 'memory' },
        ...{ session: undefined, past: undefined },
      },
    ],
    [
      { result: putResult, explained: undefined },
      {
        result: { ...putResult, replaced: [], beside: [], claim: undefined },
        explained: EXPLAINED,
      },
    ],
  ),
  samples(
    NEAR,
    [
      { ...address, maxMilliseconds: 1000, scope: 'any' },
      { ...address, maxMilliseconds: 0.5, scope: 'all' },
      { ...address, maxMilliseconds: 0, scope: 'quorum' },
    ],
    [
      { bound: { age: 240.5, scope: 'all' }, record },
      { bound: { age: 0, scope: 'quorum' }, record: undefined },
      { bound: undefined, record: undefined },
    ],
  ),
  samples(
    HOLD,
    [
      { ...address, target: 'n2', record, durability: 'sync' },
      { ...address, target: 'n2', record, durability: 'os' },
      { ...address, target: 'n2', record: new Uint8Array(0), durability: 'memory' },
    ],
    [{ start: 3, commit: 2 ** 40 }],
  ),
];
