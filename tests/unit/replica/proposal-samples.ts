/** Requests of a proposer, to an acceptor with one partition. */
import type { Ballot } from '../../../lib/consensus/ballot.js';
import type { AcceptorRequest } from '../../../lib/consensus/messages.js';
import { placeOf, recordKey, type RecordKey } from '../../../lib/persistence/keyspace.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import type { HeldStorage } from '../fakes.js';
import { type Disk, openDisk } from '../persistence/disk.js';

export const PARTITION = 0;
/** All keys are of one partition. */
export const open = (storage?: HeldStorage): Promise<Disk> =>
  openDisk({ partitionCount: 1, ...(storage === undefined ? {} : { storage }) });
export const at = (key: string): RecordKey => recordKey('default', key, 1);
export const keyOf = (name: string): string => placeOf(at(name));

export const ballotOf = (round: number): Ballot => ({
  round,
  node: `n${1 + (round % 3)}`,
  start: 1,
});

/** As the codec decodes them. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** One value, written by the n-th proposal of a round. */
export function stateOf(key: string, round: number, n: number): Siblings {
  const dot = { writer: `n9.${round.toString(36)}.00000000000${key}`, n };
  const version = {
    ...{ dot, state: 'value' as const, contentType: 'text/plain', writtenAt: 0 },
    ...{ value: bytesOf(`${round}/${n}`), expiresAt: undefined },
  };
  return { epoch: 1, context: withMinted(EMPTY_CONTEXT, dot), versions: [version] };
}

export function accept(key: string, round: number, seq: number, start = 1): AcceptorRequest {
  const state = stateOf(key, round, seq);
  const dot = state.versions[0]?.dot;
  const id = { ballot: ballotOf(round), seq };
  return {
    is: 'accept',
    proposal: { key: keyOf(key), id, dot, state, base: [], above: undefined },
    start,
  };
}

export function learn(
  key: string,
  round: number,
  seq: number,
  state: 'held' | 'told' = 'held',
): AcceptorRequest {
  return {
    ...{ is: 'learn', key: keyOf(key), id: { ballot: ballotOf(round), seq }, isSettled: false },
    state: state === 'held' ? state : stateOf(key, round, seq),
  };
}
