/** The shapes of the document under names, each once: bodies refer to them. */
import { z } from 'zod';
import { listShape, timeToLive, valueShape, writtenShape } from './data-shapes.js';
import { problemShape } from './problem-shape.js';
import type { RouteDescription } from './route.js';

type Json = Readonly<Record<string, unknown>>;

/** Those that several operations share, or that generated clients should name well. */
const SHARED: readonly (readonly [name: string, shape: z.ZodType])[] = [
  ['Problem', problemShape],
  ['Value', valueShape],
  ['Siblings', listShape],
  ['Written', writtenShape],
  ['TimeToLive', timeToLive],
];

export class NamedSchemas {
  readonly #registry = z.registry<{ id: string }>();

  constructor(routes: readonly RouteDescription[]) {
    for (const [name, shape] of SHARED) this.#add(name, shape);
    for (const { operationId, body = {}, answers } of routes) {
      const name = operationId.replace(/^[a-z]/, (letter) => letter.toUpperCase());
      for (const shape of Object.values(body)) this.#add(`${name}Request`, shape);
      for (const { schema } of Object.values(answers)) this.#add(`${name}Answer`, schema);
    }
  }

  /** All of them, by name. */
  all(): Json {
    const { schemas } = z.toJSONSchema(this.#registry, { io: 'input', uri: pathOf });
    return Object.fromEntries(
      Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
    );
  }

  reference(shape: z.ZodType): Json {
    const known = this.#registry.get(shape);
    if (known === undefined) throw new Error('a shape of no route');
    return { $ref: pathOf(known.id) };
  }

  /** The first name that a shape is given stays. */
  #add(name: string, shape: z.ZodType | undefined): void {
    if (shape !== undefined && !this.#registry.has(shape)) this.#registry.add(shape, { id: name });
  }
}

function pathOf(name: string): string {
  return `#/components/schemas/${name}`;
}
