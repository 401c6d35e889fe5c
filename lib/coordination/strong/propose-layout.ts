/** A client's operation on its way to the owner that decides it, in a message of fixed layout. */
import type { LayoutReader, LayoutWriter } from '../../encoding/layout.js';
import type { Condition } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import { layoutType } from '../../rpc/layout-type.js';
import { readChange, writeChange } from '../wire/change-layout.js';
import {
  readBytesOrNone,
  readContext,
  readDot,
  readFlag,
  readList,
  readLongTextOrNone,
  readOneOf,
  readSeen,
  writeBytesOrNone,
  writeContext,
  writeDot,
  writeFlag,
  writeList,
  writeLongTextOrNone,
  writeOneOf,
  writeSeen,
} from '../wire/layout-parts.js';
import type { StrongResult } from './strong-effects.js';
import type { StrongIntent } from './strong-intent.js';

interface ProposeRequest {
  readonly namespace: string;
  readonly key: string;
  /** Undefined: a read. */
  readonly intent: StrongIntent | undefined;
  readonly condition: Condition;
  /** Where it takes effect once. */
  readonly once: Once | undefined;
  /** A read that a clock, or its answers, left open: it must be decided as an operation. */
  readonly decides: boolean;
  /** Be the proposer, whoever was it: that one does not answer. */
  readonly takesOver: boolean;
  /** Say how it came about. */
  readonly explains: boolean;
}

/** Records travel as they are stored. */
export type Proposed =
  | Extract<StrongResult, { is: 'applied' }>
  | { readonly is: 'read' | 'unmet'; readonly record: Uint8Array | undefined }
  | {
      readonly is: 'settled';
      readonly as: (typeof SETTLED)[number];
      readonly record: Uint8Array | undefined;
    }
  /** Nothing happened. Empty: nobody is known to be the proposer. */
  | { readonly is: 'elsewhere'; readonly proposer: string };

interface ProposeReply {
  readonly result: Proposed;
  /** The courses that it ran, as JSON text; undefined: it was not asked to explain. */
  readonly explained: string | undefined;
}

const CONDITIONS = ['none', 'absent', 'present', 'match'] as const;
const RESULTS = ['applied', 'read', 'unmet', 'settled', 'elsewhere'] as const;
const SETTLED = ['applied', 'ended', 'forgotten'] as const;

export const PROPOSE = layoutType<ProposeRequest, ProposeReply>('strong.propose', 3, {
  request: {
    write: (writer, request) => {
      const { namespace, key, intent, condition, once } = request;
      writer.text(namespace);
      writer.text(key);
      writeFlag(writer, request.decides);
      writeFlag(writer, request.takesOver);
      writeFlag(writer, request.explains);
      writeCondition(writer, condition);
      writeFlag(writer, once !== undefined);
      if (once !== undefined) {
        writeDot(writer, once.dot);
        writeDot(writer, once.end);
      }
      writeFlag(writer, intent !== undefined);
      if (intent !== undefined) writeIntent(writer, intent);
    },
    read: (reader) => ({
      namespace: reader.text(),
      key: reader.text(),
      decides: readFlag(reader),
      takesOver: readFlag(reader),
      explains: readFlag(reader),
      condition: readCondition(reader),
      once: readFlag(reader) ? { dot: readDot(reader), end: readDot(reader) } : undefined,
      intent: readFlag(reader) ? readIntent(reader) : undefined,
    }),
  },
  reply: {
    write: (writer, { result, explained }) => {
      writeResult(writer, result);
      writeLongTextOrNone(writer, explained);
    },
    read: (reader) => ({ result: readResult(reader), explained: readLongTextOrNone(reader) }),
  },
});

function writeCondition(writer: LayoutWriter, condition: Condition): void {
  writeOneOf(writer, CONDITIONS, condition.is);
  if (condition.is === 'match') writeLatin1s(writer, condition.values);
}

function readCondition(reader: LayoutReader): Condition {
  const is = readOneOf(reader, CONDITIONS);
  return is === 'match' ? { is, values: readLatin1s(reader) } : { is };
}

function writeIntent(writer: LayoutWriter, { change, seen, resolving, past }: StrongIntent): void {
  writeChange(writer, change);
  writeFlag(writer, seen !== undefined);
  if (seen !== undefined) writeSeen(writer, seen);
  writeFlag(writer, resolving !== undefined);
  if (resolving !== undefined) {
    writer.text(resolving.strategy);
    writer.text(resolving.by);
  }
  writeBytesOrNone(writer, past);
}

function readIntent(reader: LayoutReader): StrongIntent {
  return {
    change: readChange(reader),
    seen: readFlag(reader) ? readSeen(reader) : undefined,
    resolving: readFlag(reader) ? { strategy: reader.text(), by: reader.text() } : undefined,
    past: readBytesOrNone(reader),
  };
}

function writeResult(writer: LayoutWriter, result: Proposed): void {
  writeOneOf(writer, RESULTS, result.is);
  switch (result.is) {
    case 'applied':
      writeDot(writer, result.dot);
      writer.u53(result.stamp);
      writeContext(writer, result.context);
      writeLatin1s(writer, result.replaced);
      break;
    case 'settled':
      writeOneOf(writer, SETTLED, result.as);
      writeBytesOrNone(writer, result.record);
      break;
    case 'read':
    case 'unmet':
      writeBytesOrNone(writer, result.record);
      break;
    case 'elsewhere':
      writer.text(result.proposer);
  }
}

function readResult(reader: LayoutReader): Proposed {
  const is = readOneOf(reader, RESULTS);
  switch (is) {
    case 'applied': {
      const dot = readDot(reader);
      const stamp = reader.u53();
      return { is, dot, stamp, context: readContext(reader), replaced: readLatin1s(reader) };
    }
    case 'settled':
      return { is, as: readOneOf(reader, SETTLED), record: readBytesOrNone(reader) };
    case 'read':
    case 'unmet':
      return { is, record: readBytesOrNone(reader) };
    case 'elsewhere':
      return { is, proposer: reader.text() };
  }
}

/** Of any length each. */
function writeLatin1s(writer: LayoutWriter, texts: readonly string[]): void {
  writeList(writer, texts, (to, text) => to.latin1(text));
}

function readLatin1s(reader: LayoutReader): string[] {
  return readList(reader, (from) => from.latin1());
}
