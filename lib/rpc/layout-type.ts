/** Typed messages of fixed layout: each is declared by the folder that owns it. */
import type { LayoutReader, LayoutWriter } from '../encoding/layout.js';

/** How something is written, and read again. */
export interface FixedLayout<Value> {
  write(writer: LayoutWriter, value: Value): void;
  /** Checks every length and range: it is the validation. @throws OperatingError `corrupt_bytes` */
  read(reader: LayoutReader): Value;
}

/**
 * For what requests of clients need so often that a schema costs too much (docs/decisions/0043).
 * What leaves for a peer in one turn is one message of the type.
 */
export interface LayoutType<Request, Reply> {
  /** `folder.verb`; unique. */
  readonly name: string;
  /** Stands for the name as it travels: 1 to 255, unique. */
  readonly number: number;
  /** May it be sent without waiting for an answer? Then it is served however often it arrives. */
  readonly mayBeNotification: boolean;
  readonly request: FixedLayout<Request>;
  readonly reply: FixedLayout<Reply>;
}

export function layoutType<Request, Reply>(
  name: string,
  number: number,
  layouts: { readonly request: FixedLayout<Request>; readonly reply: FixedLayout<Reply> },
  mayBeNotification = false,
): LayoutType<Request, Reply> {
  return { name, number, ...layouts, mayBeNotification };
}

/** Is it such a type, and no type by a schema, or nothing of the kind? */
export function isLayout(type: unknown): type is LayoutType<unknown, unknown> {
  return typeof type === 'object' && type !== null && 'number' in type;
}
