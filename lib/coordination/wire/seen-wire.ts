/** What a writer has seen, as it travels. */
import { z } from 'zod';
import { wireDot } from '../../rpc/shapes.js';
import type { Context, Seen } from '../../versioning/context.js';

export const contextShape = z.object({
  vector: z.array(z.tuple([z.string(), z.number()])),
  beyond: z.array(wireDot),
});

export const seenShape = contextShape.extend({ stamp: z.number() });

type WireContext = z.infer<typeof contextShape>;
type WireSeen = z.infer<typeof seenShape>;

export function contextToWire({ vector, beyond }: Context): WireContext {
  return { vector: [...vector], beyond: [...beyond] };
}

export function contextFromWire({ vector, beyond }: WireContext): Context {
  return { vector: new Map(vector), beyond };
}

export function seenToWire(seen: Seen): WireSeen {
  return { ...contextToWire(seen), stamp: seen.stamp };
}

export function seenFromWire(seen: WireSeen): Seen {
  return { ...contextFromWire(seen), stamp: seen.stamp };
}
