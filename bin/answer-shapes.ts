/**
 * What the answers of nodes are made of, where commands read them. A node of another version may
 * lack what came later, and tell what is not known here: only what a row is about is required.
 */
import { z } from 'zod';

export const maybeText = z.string().optional();
export const maybeNumber = z.number().optional();

/** Empty where it is not told. */
export function maybeList<Item extends z.ZodType>(item: Item) {
  return z.array(item).default([]);
}

/** A cell of a table. */
export function cellText(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value);
}
