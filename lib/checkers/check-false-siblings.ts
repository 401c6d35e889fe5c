/** Forbids that one answer shows two versions of which the writer of one had seen the other. */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

/** Siblings are then never more than the writes that truly were concurrent. */
export function checkFalseSiblings({ writes, reads, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings: Finding[] = [];
  const answers = [...reads, ...finals.map((final) => ({ ...final, id: 'the end' }))];
  for (const { id, key, versions } of answers) {
    const causality = causalityOf(key);
    for (const { version: later } of versions) {
      for (const { version: earlier } of versions) {
        if (!causality.covers(later, earlier)) continue;
        const message = `${id} shows ${earlier} beside ${later}, whose writer had seen it`;
        findings.push({ checker: 'false siblings', key, message });
      }
    }
  }
  return findings;
}
