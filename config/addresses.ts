/** Addresses in settings: `host:port`, lists of them, and the list of founders. */
import { z } from 'zod';
import type { ListedFounder } from './setting.js';

const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
const LIST_MAX = 1000;

export const addressSchema = z.string('must be host:port').refine((text) => {
  const found = ADDRESS.exec(text);
  return found !== null && Number(found[1]) <= 65_535;
}, 'must be host:port, with a port up to 65535');

const founderSchema = z.strictObject(
  {
    id: z
      .string('must be id=host:port')
      .regex(
        /^[a-z0-9][a-z0-9-]{0,62}$/,
        'has an id that is not of small letters, digits and hyphens',
      ),
    address: addressSchema,
    zone: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'has a zone that is no name')
      .optional(),
    weight: z
      .number('has a weight that is no number')
      .min(0.1, 'has a weight below 0.1')
      .max(100, 'has a weight above 100')
      .optional(),
  },
  'must be id=host:port, and behind it at most ;zone=name and ;weight=number',
);

export const addressesSchema = z
  .array(addressSchema, 'must be a list of host:port')
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine(distinct, 'must name each address once');

/** Host names, without a port. */
export const namesSchema = z
  .array(
    z
      .string('must be a list of host names')
      .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/, 'must be host names'),
    'must be a list of host names',
  )
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine(distinct, 'must name each host once');

/** `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`; not everything: `/0`. */
export const subnetsSchema = z
  .array(
    z.union(
      [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()].map((one) =>
        one.refine((text) => !text.endsWith('/0'), 'must not trust everybody'),
      ),
      'must be IP addresses or subnets, as 10.0.0.0/8',
    ),
    'must be a list of IP addresses or subnets',
  )
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine(distinct, 'must name each subnet once');

export const foundersSchema = z
  .array(founderSchema, 'must be a list of id=host:port')
  .max(LIST_MAX, `must name at most ${LIST_MAX}`)
  .refine((list) => distinct(list.map(({ id }) => id)), 'must name each id once')
  .refine((list) => distinct(list.map(({ address }) => address)), 'must name each address once');

export function parseList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/**
 * `n1=host:port`, with `;zone=z` and `;weight=w` behind it where they are not the default. What has
 * no `=` has an empty id, and what is no number no weight, which the schema refuses.
 */
export function parseFounder(text: string): ListedFounder {
  const [entry = '', ...properties] = text.split(';');
  const [id, address] = divide(entry);
  const given = properties
    .map(divide)
    .map(([name, value]) => [name, name === 'weight' ? Number(value) : value]);
  // A name that is none of the schema's is refused there, by its strictness.
  return { ...Object.fromEntries(given), id, address };
}

export function formatFounder({ id, address, zone, weight }: ListedFounder): string {
  const properties = Object.entries({ zone, weight }).flatMap(([name, value]) =>
    value === undefined ? [] : [`;${name}=${value}`],
  );
  return `${id}=${address}${properties.join('')}`;
}

function divide(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  return [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
}

function distinct(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}
