/** Samples of the messages of the strong level. A further sample goes behind those of its list. */
import * as strong from '../../../lib/coordination/strong/strong-messages.js';
import { samples } from './samples.js';

const address = { namespace: 'default', key: 'clé' };
const record = Uint8Array.of(1, 2, 3, 255);
const WRITER = 'n1.1.0123456789ab';
const dots = [{ writer: WRITER, n: 7 }];
const WRITTEN_AT = 1_700_000_000_000 * 2 ** 12;
const version = `${WRITER}:7`;
const seenContext = { vector: [[WRITER, 7] as [string, number]], beyond: dots };
const seen = { ...seenContext, stamp: WRITTEN_AT };
const ballot = { round: 7, node: 'n1', start: 3 };
const proposalId = { ballot, seq: 2 };
const placed = 'default\u0000clé';
const dot = { writer: WRITER, n: 7 };
const accepted = { id: proposalId, dot, state: record, copied: false };
const proposal = { key: placed, id: proposalId, dot, state: record, base: dots };
const lost: [string, number][] = [['n2', 4]];
const answered = { start: 3, lost };
const held = { key: placed, acceptance: accepted, mark: proposalId, record };
const settled = { key: placed, adopted: accepted, mark: proposalId, record };
const strongChange = {
  ...{ state: 'value' as const, contentType: 'text/plain', value: record },
  ...{ ttlSeconds: 60, expiresAt: 1_700_000_060_000, seen },
  resolving: { strategy: 'last-writer', by: 'ana' },
  past: record,
};
const wish = {
  ...{ ...address, condition: { is: 'none' as const }, decide: false, takeOver: true },
  ...{ explain: false, once: null },
};
const EXPLAINED = '[{"node":"n2","course":"decision","steps":[]}]';

const appliedOf = (explained: string | null) => ({
  ...{ is: 'applied' as const, dot, stamp: WRITTEN_AT, replaced: [version] },
  ...{ context: seenContext, explained },
});

export const STRONG_SAMPLES = [
  samples(
    strong.ACCEPTOR,
    [
      { partition: 1, request: { is: 'prepare', ballot, from: '' } },
      { partition: 1, request: { is: 'activate', ballot, entries: [settled], last: true } },
      {
        partition: 1,
        request: {
          ...{ is: 'activate', ballot, last: false },
          entries: [{ key: placed, adopted: null, mark: null, record: null }],
        },
      },
      {
        partition: 1,
        request: {
          ...{ is: 'activate', ballot, last: true },
          entries: [{ ...settled, adopted: { ...accepted, dot: null } }],
        },
      },
      { partition: 1, request: { is: 'check', proposal } },
      { partition: 1, request: { is: 'check', proposal: { ...proposal, dot: null } } },
      { partition: 1, request: { is: 'accept', proposal, start: 3 } },
      { partition: 1, request: { is: 'accept', proposal: { ...proposal, dot: null }, start: 3 } },
      {
        partition: 1,
        request: { is: 'learn', key: placed, id: proposalId, state: record, settled: false },
      },
      {
        partition: 1,
        request: { is: 'learn', key: placed, id: proposalId, state: 'held', settled: true },
      },
      { partition: 1, request: { is: 'forget', key: placed, id: proposalId } },
      { partition: 1, request: { is: 'forget ballot', ballot } },
    ],
    [
      { ...answered, reply: null },
      {
        ...answered,
        reply: {
          ...{ is: 'promised', ballot, active: ballot, from: '', next: '00ffdefault' },
          entries: [held, { ...held, acceptance: null, mark: null, record: null }],
        },
      },
      {
        ...answered,
        reply: {
          ...{ is: 'promised', ballot, active: ballot, from: '00ffdefault', next: null },
          entries: [{ ...held, acceptance: { ...accepted, dot: null } }],
        },
      },
      { ...answered, reply: { is: 'refused', ballot, promised: ballot } },
      { ...answered, reply: { is: 'activated', ballot } },
      { ...answered, reply: { is: 'covered', key: placed, id: proposalId } },
      { ...answered, reply: { is: 'uncovered', key: placed, id: proposalId, record } },
      { ...answered, reply: { is: 'uncovered', key: placed, id: proposalId, record: null } },
      { ...answered, reply: { is: 'accepted', key: placed, id: proposalId } },
      { ...answered, reply: { is: 'learned', key: placed, id: proposalId } },
    ],
  ),
  samples(
    strong.ASK,
    [address],
    [
      { ...answered, promised: ballot, active: true, busy: false, record, acceptance: accepted },
      {
        ...{ ...answered, promised: ballot, active: false, busy: false, record },
        acceptance: { ...accepted, dot: null },
      },
      {
        ...{ ...answered, promised: ballot, active: false, busy: true },
        ...{ record: null, acceptance: null },
      },
    ],
  ),
  samples(
    strong.PROPOSE,
    [
      { ...wish, change: strongChange, explain: true },
      {
        ...{ ...wish, condition: { is: 'match', values: [`${WRITER}.7;`] } },
        change: {
          ...{ ...strongChange, state: 'tombstone', ttlSeconds: 'keep', expiresAt: null },
          ...{ seen: null, resolving: null, past: null },
        },
      },
      { ...wish, change: { ...strongChange, ttlSeconds: null } },
      { ...wish, condition: { is: 'absent' }, change: null },
      { ...wish, change: strongChange, once: { dot, end: { ...dot, n: dot.n + 1 } } },
    ],
    [
      appliedOf(null),
      appliedOf(EXPLAINED),
      { is: 'read', record, explained: EXPLAINED },
      { is: 'unmet', record: null, explained: null },
      { is: 'elsewhere', proposer: 'n2', explained: null },
      { is: 'elsewhere', proposer: 'n2', explained: EXPLAINED },
      { is: 'settled', as: 'applied', record, explained: null },
      { is: 'settled', as: 'ended', record: null, explained: EXPLAINED },
    ],
  ),
  samples(
    strong.OUTCOME,
    [{ ...address, dot, ballot }],
    [{ outcome: 'chosen' }, { outcome: 'dead' }, { outcome: 'unknown' }],
  ),
];
