/** ACTIVATE in pages: as many entries in each as so many bytes hold, or one. Pure. */
import type { ProposerEffect } from '../consensus/effects.js';
import type { KeyText, AcceptorRequest, Settlement } from '../consensus/messages.js';
import type { Siblings } from '../versioning/siblings.js';

type Activation = Extract<ProposerEffect, { do: 'activate' }>;
type Page = Extract<AcceptorRequest, { is: 'activate' }>;

/** About what an entry takes beside its values. */
const ENTRY_BYTES = 400;
const VERSION_BYTES = 100;

/** @param recordOf the own record, as it is now */
export function activationPages(
  { ballot, adopted, brought }: Activation,
  recordOf: (key: KeyText) => Siblings | undefined,
  bytesMax: number,
): Page[] {
  const entries: Settlement[] = [
    ...adopted.map(({ key, acceptance }) => ({ key, adopted: acceptance })),
    ...brought.map(({ key, mark }) => ({ key, adopted: undefined, mark, record: recordOf(key) })),
  ];
  const pages: Settlement[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    const page = pages.at(-1) ?? [];
    if (page.length > 0 && bytes + size > bytesMax) {
      pages.push([entry]);
      bytes = size;
    } else {
      page.push(entry);
      bytes += size;
    }
  }
  return pages.map((page, i) => {
    return { is: 'activate', ballot, entries: page, isLast: i === pages.length - 1 };
  });
}

function bytesOf(entry: Settlement): number {
  const state = entry.adopted === undefined ? entry.record : entry.adopted.state;
  const versions = state?.versions ?? [];
  return versions.reduce(
    (sum, { value }) => sum + VERSION_BYTES + value.length,
    ENTRY_BYTES + entry.key.length,
  );
}
