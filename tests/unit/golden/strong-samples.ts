/** Samples of the strong level's messages with a schema. A further one goes behind its list. */
import * as strong from '../../../lib/coordination/strong/strong-messages.js';
import { samples } from './samples.js';

const address = { namespace: 'default', key: 'clé' };
const record = Uint8Array.of(1, 2, 3, 255);
const WRITER = 'n1.1.0123456789ab';
const ballot = { round: 7, node: 'n1', start: 3 };
const proposalId = { ballot, seq: 2 };
const placed = 'default\u0000clé';
const dot = { writer: WRITER, n: 7 };
const accepted = { id: proposalId, dot, state: record, copied: false };
const lost: [string, number][] = [['n2', 4]];
const answered = { start: 3, lost };
const held = { key: placed, acceptance: accepted, mark: proposalId, record };
const settled = { key: placed, adopted: accepted, mark: proposalId, record };
export const STRONG_SAMPLES = [
  samples(
    strong.BALLOTS,
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
    ],
  ),
  samples(
    strong.OUTCOME,
    [{ ...address, dot, ballot }],
    [{ outcome: 'chosen' }, { outcome: 'dead' }, { outcome: 'unknown' }],
  ),
];
