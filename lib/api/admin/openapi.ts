/** The OpenAPI 3.1 document, built from the same rows that the router serves (docs/http-api.md). */
import { PROBLEM_TYPE } from '../http/problem.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { ANSWER_HEADERS, type AnswerHeader } from './answer-header-rows.js';
import { NamedSchemas } from './named-schemas.js';
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
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Json;
}

const PROBLEM_SCHEMA = { $ref: '#/components/schemas/Problem' };
const PROBLEM = { [PROBLEM_TYPE]: { schema: PROBLEM_SCHEMA } };
const NO_BODY_BELOW = 400;
/** Statuses that ask for one more header. */
const HEADER_OF: Readonly<Record<string, readonly AnswerHeader[]>> = {
  302: ['Location'],
  429: ['Retry-After'],
  503: ['Retry-After'],
  '4XX': ['Allow', 'Retry-After'],
  default: ['Retry-After'],
};
/** Of a body whose type is that of what is stored. */
const ANY_TYPE = '*/*';

export function openApiDocument(
  routes: readonly RouteDescription[],
  version: string,
): OpenApiDocument {
  const schemas = new NamedSchemas(routes);
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const path = documentPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quorate',
      version,
      description: 'A leaderless key-value store with a consistency level for every request.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // There are no credentials in this version.
    security: [],
    paths,
    components: { schemas: schemas.all(), headers: headerComponents() },
  };
}

/** `/kv/{key}` of `/kv/:key` */
export function documentPath(path: string): string {
  return path.replace(/:([a-z]+)/g, '{$1}');
}

function headerComponents(): Json {
  return Object.fromEntries(
    Object.entries(ANSWER_HEADERS).map(([name, { description, example }]) => {
      return [name, { description, schema: { type: 'string' }, example }];
    }),
  );
}

function headersOf(
  status: string,
  { everyAnswer = [] }: RouteDescription,
  { headers = [] }: Partial<AnswerRow> = {},
): Json {
  const names = ['X-Request-Id', ...headers, ...everyAnswer, ...(HEADER_OF[status] ?? [])];
  return Object.fromEntries(
    names.map((name) => [name, { $ref: `#/components/headers/${name}` }] as const),
  );
}

function operationOf(route: RouteDescription, schemas: NamedSchemas): OpenApiOperation {
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = responseOf(status, answer, route, schemas);
  }
  const problem = route.method === 'HEAD' ? {} : { content: PROBLEM };
  const refused = 'Refused: nothing has happened; `detail` says what would be right.';
  responses['4XX'] = { description: refused, headers: headersOf('4XX', route), ...problem };
  responses['default'] = {
    description: 'Any other failure.',
    headers: headersOf('default', route),
    ...problem,
  };
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    parameters: route.parameters.map(parameterOf),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route, schemas) }),
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

function bodyOf(
  { body = {}, bodyExample: example }: RouteDescription,
  schemas: NamedSchemas,
): Json {
  const content: Record<string, Json> = {};
  for (const [type, shape] of Object.entries(body)) {
    content[type] = shape === undefined ? {} : mediaOf(schemas.reference(shape), example);
  }
  return { required: true, content };
}

function mediaOf(schema: Json, example: unknown): Json {
  return example === undefined ? { schema } : { schema, example };
}

function responseOf(
  status: string,
  answer: AnswerRow,
  route: RouteDescription,
  schemas: NamedSchemas,
): Json {
  const { description, contentType, schema, example, isAnyType } = answer;
  const head = { description, headers: headersOf(status, route, answer) };
  if (route.method === 'HEAD') return head;
  if (Number(status) >= NO_BODY_BELOW) {
    return { ...head, content: { [PROBLEM_TYPE]: mediaOf(PROBLEM_SCHEMA, example) } };
  }
  if (schema === undefined && contentType === undefined) return head;
  const media = schema === undefined ? {} : mediaOf(schemas.reference(schema), example);
  const others = isAnyType === true ? { [ANY_TYPE]: {} } : {};
  return { ...head, content: { [contentType ?? JSON_TYPE]: media, ...others } };
}
