/**
 * What the answers of nodes are made of, where commands read them. A node of another version may
 * lack what came later, and tell what is not known here: only what a row is about is required.
 */
import { z } from 'zod';

export const optionalText = z.string().optional();
export const optionalNumber = z.number().optional();

/** Empty where it is not told. */
export function optionalList<Item extends z.ZodType>(item: Item) {
  return z.array(item).default([]);
}

/** A cell of a table. */
export function shown(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value);
}
