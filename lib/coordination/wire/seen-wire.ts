/** A context, as it travels in messages of named fields. */
import { z } from 'zod';
import { wireDot } from '../../rpc/shapes.js';
import type { Context } from '../../versioning/context.js';

export const contextShape = z.object({
  vector: z.array(z.tuple([z.string(), z.number()])),
  beyond: z.array(wireDot),
});

type WireContext = z.infer<typeof contextShape>;

export function contextToWire({ vector, beyond }: Context): WireContext {
  return { vector: [...vector], beyond: [...beyond] };
}

export function contextFromWire({ vector, beyond }: WireContext): Context {
  return { vector: new Map(vector), beyond };
}
