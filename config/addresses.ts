/** Addresses in settings: `host:port`, lists of them, and the list of founders. */
import { z } from 'zod';
import type { Founder } from './setting.js';

const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
const LIST_MAX = 1000;

export const addressSchema = z.string('must be host:port').refine((text) => {
  const found = ADDRESS.exec(text);
  return found !== null && Number(found[1]) <= 65_535;
}, 'must be host:port, with a port up to 65535');

const founderSchema = z.strictObject({
  id: z
    .string('must be id=host:port')
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'has an id that is no name of a node'),
  address: addressSchema,
});

export const addressesSchema = z
  .array(addressSchema, 'must be a list of host:port')
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine(distinct, 'must name each address once');

export const foundersSchema = z
  .array(founderSchema, 'must be a list of id=host:port')
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine((list) => distinct(list.map(({ id }) => id)), 'must name each id once')
  .refine((list) => distinct(list.map(({ address }) => address)), 'must name each address once');

export function parseList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/** `n1=host:port`; what has no `=` has an empty id, which the schema refuses. */
export function parseFounder(text: string): Founder {
  const equals = text.indexOf('=');
  return { id: text.slice(0, Math.max(equals, 0)), address: text.slice(equals + 1) };
}

function distinct(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}
