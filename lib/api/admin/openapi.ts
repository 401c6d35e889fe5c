/** The OpenAPI 3.1 document, built from the same rows that the router serves (docs/http-api.md). */
import { z } from 'zod';
import { PROBLEM_TYPE } from '../http/problem.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { problemShape } from './problem-shape.js';
import type { AnswerRow, ParameterRow, RouteDescription } from './route.js';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Json;
}

const PROBLEM = {
  [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } },
};
const NO_BODY_BELOW = 400;

export function openApiDocument(
  routes: readonly RouteDescription[],
  version: string,
): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const path = documentPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quorate',
      version,
      description: 'A leaderless key-value store with a consistency level for every request.',
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: schemaOf(problemShape) } },
  };
}

/** `/kv/{key}` of `/kv/:key` */
export function documentPath(path: string): string {
  return path.replace(/:([a-z]+)/g, '{$1}');
}

function operationOf(route: RouteDescription): OpenApiOperation {
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = responseOf(Number(status), answer, route.method);
  }
  responses['default'] = { description: 'Any other refusal or failure.', content: PROBLEM };
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    parameters: route.parameters.map(parameterOf),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    responses,
  };
}

function parameterOf({ name, in: place, description, schema }: ParameterRow): Json {
  return {
    name,
    in: place,
    description,
    required: place === 'path',
    schema: schema ?? { type: 'string' },
  };
}

function bodyOf(body: NonNullable<RouteDescription['body']>): Json {
  const content: Record<string, Json> = {};
  for (const [type, shape] of Object.entries(body)) {
    content[type] = shape === undefined ? {} : { schema: schemaOf(shape) };
  }
  return { required: true, content };
}

function responseOf(status: number, answer: AnswerRow, method: string): Json {
  const { description, contentType, schema } = answer;
  if (method === 'HEAD') return { description };
  if (status >= NO_BODY_BELOW) return { description, content: PROBLEM };
  if (schema === undefined && contentType === undefined) return { description };
  const media = schema === undefined ? {} : { schema: schemaOf(schema) };
  return { description, content: { [contentType ?? JSON_TYPE]: media } };
}

function schemaOf(shape: z.ZodType): Json {
  const { $schema, ...schema } = z.toJSONSchema(shape, { io: 'input' });
  return schema;
}
