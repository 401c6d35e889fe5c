/**
 * Forbids that a value outlives its time to live, where a clock that can be trusted judges it, and
 * that an answer shows another end than the client asked for.
 */
import { Causality } from './causality.js';
import type { Expiry, Finding, History, ReadVersion } from './history.js';

/** That none ends before its time, the checkers of lost writes and stale reads see to. */
export function checkExpiry({ writes, reads, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const outlived = finals.flatMap(({ key, began, versions }) =>
    versions.flatMap(({ version }): Finding[] => {
      const by = causalityOf(key).writeOf(version)?.expiry?.by ?? Number.POSITIVE_INFINITY;
      if (by > began) return [];
      const message = `${version} is there at the end, though its time ended by ${by}`;
      return [{ checker: 'expired values', key, message }];
    }),
  );
  const reported = reads.flatMap(({ id, key, versions }) =>
    versions.flatMap((shown): Finding[] => {
      const write = causalityOf(key).writeOf(shown.version);
      const wrong = write === undefined ? undefined : whatIsWrong(shown, write.expiry);
      if (wrong === undefined) return [];
      return [{ checker: 'ends', key, message: `${id} shows ${shown.version} ${wrong}` }];
    }),
  );
  return [...outlived, ...reported];
}

function whatIsWrong({ endsAt }: ReadVersion, expiry: Expiry | undefined): string | undefined {
  if (endsAt === undefined) return undefined;
  if (expiry === undefined)
    return endsAt === null ? undefined : `with an end that nobody asked for`;
  if (endsAt === null) return 'without the end that was asked for';
  if (endsAt >= expiry.from && endsAt <= expiry.until) return undefined;
  return `ending at ${endsAt}, asked for ${expiry.from} to ${expiry.until}`;
}
