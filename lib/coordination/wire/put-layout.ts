/**
 * A client's put on its way from a node that is no primary to one that is, and its result, in
 * messages of fixed layout (docs/decisions/0049). It is passed on once.
 */
import type { LayoutReader, LayoutWriter } from '../../encoding/layout.js';
import { recordKey } from '../../persistence/keyspace.js';
import type { DroppedVersion } from '../../resolution/audit-entry.js';
import { layoutType } from '../../rpc/layout-type.js';
import { decodeDots, encodeDots } from '../../versioning/dot-set.js';
import { FLAGS, type PartitionFloor } from '../../versioning/session-token.js';
import { parseLevel } from '../request/level.js';
import type { Put, PutResult, Resolving } from '../request/put-request.js';
import { readChange, writeChange } from './change-layout.js';
import {
  readBytesOrNone,
  readDurabilityPart,
  readFlag,
  readList,
  readLongTextOrNone,
  readOneOf,
  readSeen,
  readTexts,
  writeBytesOrNone,
  writeDurabilityPart,
  writeFlag,
  writeList,
  writeLongTextOrNone,
  writeOneOf,
  writeSeen,
  writeTexts,
} from './layout-parts.js';

type Kept = 'change' | 'seen' | 'durability' | 'resolving' | 'zone' | 'session' | 'past';

/** Its key and its levels by their names: whoever receives them finds them anew. */
export interface ForwardedPut extends Pick<Put, Kept> {
  readonly namespace: string;
  readonly key: string;
  readonly levels: readonly string[];
  /** Say how it came about. */
  readonly explains: boolean;
}

interface ForwardedResult {
  readonly result: PutResult;
  /** The courses that it ran, as JSON text; undefined: it was not asked to explain. */
  readonly explained: string | undefined;
}

export const PUT = layoutType<ForwardedPut, ForwardedResult>('coordination.put', 4, {
  request: {
    write: (writer, put) => {
      const { namespace, key, seen, resolving, session } = put;
      writer.text(namespace);
      writer.text(key);
      writeDurabilityPart(writer, put.durability);
      writeFlag(writer, put.explains);
      writer.text(put.zone);
      writeTexts(writer, put.levels);
      writeChange(writer, put.change);
      writeFlag(writer, seen !== undefined);
      if (seen !== undefined) writeSeen(writer, seen);
      writeFlag(writer, resolving !== undefined);
      if (resolving !== undefined) writeResolving(writer, resolving);
      writeFlag(writer, session !== undefined);
      if (session !== undefined) writeFloor(writer, session);
      writeBytesOrNone(writer, put.past);
    },
    read: (reader) => ({
      namespace: reader.text(),
      key: reader.text(),
      durability: readDurabilityPart(reader),
      explains: readFlag(reader),
      zone: reader.text(),
      levels: readTexts(reader),
      change: readChange(reader),
      seen: readFlag(reader) ? readSeen(reader) : undefined,
      resolving: readFlag(reader) ? readResolving(reader) : undefined,
      session: readFlag(reader) ? readFloor(reader) : undefined,
      past: readBytesOrNone(reader),
    }),
  },
  reply: {
    write: (writer, { result, explained }) => {
      writer.text(result.version);
      writer.u53(result.writtenAt);
      writeSeen(writer, result.seen);
      writeTexts(writer, result.replaced);
      writeTexts(writer, result.beside);
      writer.text(result.claim ?? '');
      writer.text(result.level);
      writer.u16(result.answered);
      writer.u16(result.asked);
      writer.u16(result.standIns);
      writeLongTextOrNone(writer, explained);
    },
    read: (reader) => {
      const result = {
        version: reader.text(),
        writtenAt: reader.u53(),
        seen: readSeen(reader),
        replaced: readTexts(reader),
        beside: readTexts(reader),
        claim: reader.text() || undefined,
        level: reader.text(),
        answered: reader.u16(),
        asked: reader.u16(),
        standIns: reader.u16(),
      };
      return { result, explained: readLongTextOrNone(reader) };
    },
  },
});

export function forwardedPut(put: Put): ForwardedPut {
  const { at, change, seen, levels, durability, resolving, zone, session, past } = put;
  return {
    ...{ namespace: at.namespace, key: at.key, change, seen, durability, resolving, zone },
    ...{ session, past },
    levels: levels.map(({ name }) => name),
    explains: put.explanation !== undefined,
  };
}

/**
 * As the primary executes it.
 * @throws OperatingError `invalid_level`
 */
export function putOf(forwarded: ForwardedPut, deadline: number, partitionCount: number): Put {
  const { namespace, key, levels, explains: _, ...put } = forwarded;
  return {
    ...put,
    at: recordKey(namespace, key, partitionCount),
    levels: levels.map((name) => parseLevel(name, 'write')),
    deadline,
    forwarded: true,
  };
}

function writeResolving(writer: LayoutWriter, { strategy, by, dropped }: Resolving): void {
  writer.text(strategy);
  writer.text(by);
  writeList(writer, dropped, writeDropped);
}

function readResolving(reader: LayoutReader): Resolving {
  const strategy = reader.text();
  const by = reader.text();
  return { strategy, by, dropped: readList(reader, readDropped) };
}

function writeDropped(writer: LayoutWriter, row: DroppedVersion): void {
  writer.text(row.version);
  writer.text(row.contentType);
  writeBytesOrNone(writer, row.value);
  writer.u53(row.bytes);
  writer.u53(row.writtenAt);
}

function readDropped(reader: LayoutReader): DroppedVersion {
  return {
    version: reader.text(),
    contentType: reader.text(),
    value: readBytesOrNone(reader),
    bytes: reader.u53(),
    writtenAt: reader.u53(),
  };
}

function writeFloor(writer: LayoutWriter, { dots, flag, one, mark }: PartitionFloor): void {
  writer.bytes(encodeDots(dots));
  writeOneOf(writer, FLAGS, flag);
  writeFlag(writer, one);
  writer.u53(mark);
}

function readFloor(reader: LayoutReader): PartitionFloor {
  return {
    dots: decodeDots(reader.bytes()),
    flag: readOneOf(reader, FLAGS),
    one: readFlag(reader),
    mark: reader.u53(),
  };
}
