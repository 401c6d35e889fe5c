/** What a replica says of a blind write, as it travels with its acknowledgement. */
import { decodeFrame, encodeFrame } from '../../encoding/frame.js';
import { OperatingError } from '../../errors.js';
import type { BlindReport } from '../../replica/blind-report.js';
import { blindReport } from './messages.js';
import { contextFromWire, contextToWire } from './seen-wire.js';

const USUAL = new Uint8Array(0);

/** Undefined: as usual. */
export function encodeReport(report: BlindReport | undefined): Uint8Array {
  if (report === undefined) return USUAL;
  const { live, open, beside, context } = report;
  return encodeFrame([{ live, open, beside, context: contextToWire(context) }]);
}

/** @throws OperatingError `corrupt_bytes` */
export function decodeReport(bytes: Uint8Array): BlindReport | undefined {
  if (bytes.length === 0) return undefined;
  const parsed = blindReport.safeParse(decodeFrame(bytes)[0]);
  if (!parsed.success) {
    throw new OperatingError('corrupt_bytes', 'a report is malformed', { cause: parsed.error });
  }
  const { context, ...report } = parsed.data;
  return { ...report, context: contextFromWire(context) };
}
