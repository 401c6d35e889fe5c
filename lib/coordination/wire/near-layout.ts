/** What a read with a bound asks the nearest replica, in a message of fixed layout. */
import type { StalenessBound, StalenessDemand } from '../request/staleness-demand.js';
import { layoutType } from '../../rpc/layout-type.js';
import {
  readBytesOrNone,
  readFlag,
  readOneOf,
  readTime,
  writeBytesOrNone,
  writeFlag,
  writeOneOf,
} from './layout-parts.js';

interface NearRequest extends StalenessDemand {
  readonly namespace: string;
  readonly key: string;
}

interface NearReply {
  /** Undefined: so much cannot be proven, and there is no record. */
  readonly bound: StalenessBound | undefined;
  readonly record: Uint8Array | undefined;
}

const DEMANDED = ['all', 'quorum', 'any'] as const;
const PROVEN = ['all', 'quorum'] as const;

/**
 * What do you hold of this key, and how old can that be? It shows all that was acknowledged so long
 * before you were asked, of that scope. The first question mostly cannot be answered, and makes the
 * node that is asked collect proofs; later ones get a bound.
 */
export const NEAR = layoutType<NearRequest, NearReply>('coordination.near', 5, {
  request: {
    write: (writer, { namespace, key, maxMilliseconds, scope }) => {
      writer.text(namespace);
      writer.text(key);
      writer.float(maxMilliseconds);
      writeOneOf(writer, DEMANDED, scope);
    },
    read: (reader) => ({
      namespace: reader.text(),
      key: reader.text(),
      maxMilliseconds: readTime(reader),
      scope: readOneOf(reader, DEMANDED),
    }),
  },
  reply: {
    write: (writer, { bound, record }) => {
      writeFlag(writer, bound !== undefined);
      if (bound === undefined) return;
      writer.float(bound.age);
      writeOneOf(writer, PROVEN, bound.scope);
      writeBytesOrNone(writer, record);
    },
    read: (reader) => {
      if (!readFlag(reader)) return { bound: undefined, record: undefined };
      const bound = { age: readTime(reader), scope: readOneOf(reader, PROVEN) };
      return { bound, record: readBytesOrNone(reader) };
    },
  },
});
