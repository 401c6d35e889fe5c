/** ACTIVATE in pages: as many entries in each as so many bytes hold, or one. Pure. */
import type { ProposerEffect } from '../../consensus/effects.js';
import type { KeyText, AcceptorRequest, Settlement } from '../../consensus/messages.js';
import type { Siblings } from '../../versioning/siblings.js';

type Activation = Extract<ProposerEffect, { do: 'activate' }>;
type Page = Extract<AcceptorRequest, { is: 'activate' }>;

/** About what an entry takes beside its values. */
const ENTRY_BYTES = 400;
const VERSION_BYTES = 100;

/**
 * Each page is made when it is asked for: no more records are held than one message takes.
 * @param recordOf the own record, as it is now
 */
export function* activationPages(
  activation: Activation,
  recordOf: (key: KeyText) => Siblings | undefined,
  bytesMax: number,
): Generator<Page, void> {
  const { ballot } = activation;
  let entries: Settlement[] = [];
  let bytes = 0;
  for (const entry of settlementsOf(activation, recordOf)) {
    const size = bytesOf(entry);
    if (entries.length > 0 && bytes + size > bytesMax) {
      yield { is: 'activate', ballot, entries, isLast: false };
      entries = [];
      bytes = 0;
    }
    entries.push(entry);
    bytes += size;
  }
  yield { is: 'activate', ballot, entries, isLast: true };
}

function* settlementsOf(
  { adopted, brought }: Activation,
  recordOf: (key: KeyText) => Siblings | undefined,
): Generator<Settlement, void> {
  for (const { key, acceptance } of adopted) yield { key, adopted: acceptance };
  for (const { key, mark } of brought) {
    yield { key, adopted: undefined, mark, record: recordOf(key) };
  }
}

function bytesOf(entry: Settlement): number {
  const state = entry.adopted === undefined ? entry.record : entry.adopted.state;
  const versions = state?.versions ?? [];
  return versions.reduce(
    (sum, { value }) => sum + VERSION_BYTES + value.length,
    ENTRY_BYTES + entry.key.length,
  );
}
