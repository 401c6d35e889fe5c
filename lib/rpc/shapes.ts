/** Shapes that messages of several folders share. */
import { z } from 'zod';

export const wireBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** A key by its names. Whoever receives it finds its partition anew. */
export const keyNames = { namespace: z.string(), key: z.string() };

export const wireDot = z.object({ writer: z.string(), n: z.number() });
