/**
 * May this node serve? Not before the cluster is founded, its peers have said what they remember
 * of its disk, and it is known who mints (docs/architecture.md, M1, D3, V1); not while another node
 * may run under its id (M6).
 */

/** A part of membership that can keep the node from serving. */
interface Waiting {
  /** Why the node does not serve now; undefined: this part does not keep it from that. */
  readonly waitReason: string | undefined;
}

export interface ReadinessParts {
  readonly founding: Waiting;
  readonly diskCheck: Waiting;
  readonly tickets: Waiting;
  readonly admission: Waiting;
}

/** Why this node does not serve now; undefined: it serves. */
export function waitReasonOf(parts: ReadinessParts): string | undefined {
  const { admission, founding, diskCheck, tickets } = parts;
  const unsettled = founding.waitReason ?? diskCheck.waitReason ?? tickets.waitReason;
  return admission.waitReason ?? unsettled;
}
