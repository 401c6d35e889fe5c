/** A hint for a stand-in, in a message of fixed layout. */
import type { Durability } from '../../persistence/store.js';
import { layoutType } from '../../rpc/layout-type.js';
import { readDurabilityPart, writeDurabilityPart } from './layout-parts.js';

interface HoldRequest {
  readonly namespace: string;
  readonly key: string;
  /** The primary that is absent. */
  readonly target: string;
  readonly record: Uint8Array;
  readonly durability: Durability;
}

/** Start and durable commit number: by them peers will know a rolled-back disk. */
export interface Acknowledgement {
  readonly start: number;
  readonly commit: number;
}

/** Hold this state for an absent primary; the reply says that the hint is as durable as asked. */
export const HOLD = layoutType<HoldRequest, Acknowledgement>('coordination.hold', 6, {
  request: {
    write: (writer, { namespace, key, target, record, durability }) => {
      writer.text(namespace);
      writer.text(key);
      writer.text(target);
      writeDurabilityPart(writer, durability);
      writer.bytes(record);
    },
    read: (reader) => ({
      namespace: reader.text(),
      key: reader.text(),
      target: reader.text(),
      durability: readDurabilityPart(reader),
      record: reader.bytesToKeep(),
    }),
  },
  reply: {
    write: (writer, { start, commit }) => {
      writer.u53(start);
      writer.u53(commit);
    },
    read: (reader) => ({ start: reader.u53(), commit: reader.u53() }),
  },
});
