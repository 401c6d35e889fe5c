/** A row of the table of routes: what is served, and what the document says of it. */
import type { z } from 'zod';
import type { AnswerHeader } from './answer-header-rows.js';
import type { Query } from '../http/query.js';
import type { HttpReply } from '../http/reply.js';
import type { RequestHeaders } from '../http/request-headers.js';

export interface ParameterRow {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  /** What it may be; without one any text. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

export interface AnswerRow {
  readonly description: string;
  /** Undefined: `application/json`. */
  readonly contentType?: string;
  /** Undefined: no body, or one without a shape. */
  readonly schema?: z.ZodType;
  /** May be of any other type too: bytes as they were stored. */
  readonly isAnyType?: true;
  /** Besides `X-Request-Id`, which every answer has. */
  readonly headers?: readonly AnswerHeader[];
  /** A body of the shape. */
  readonly example?: unknown;
}

export interface RouteDescription {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  /** `/api/v1/kv/:key` */
  readonly path: string;
  /** Unique: generated clients name their functions by it. */
  readonly operationId: string;
  readonly tag: 'Keys' | 'Settings' | 'Cluster' | 'Health' | 'About';
  readonly summary: string;
  readonly parameters: readonly ParameterRow[];
  /** Types of bodies that are taken, each with its shape where it has one. */
  readonly body?: Readonly<Record<string, z.ZodType | undefined>>;
  /** A body in JSON, of its shape. */
  readonly bodyExample?: unknown;
  /** Headers that any of its answers may have. */
  readonly everyAnswer?: readonly AnswerHeader[];
  /** By status. Problems that any route may answer are added to every row. */
  readonly answers: Readonly<Record<number, AnswerRow>>;
}

export interface ControlCall {
  /** As it was requested. */
  readonly url: string;
  readonly query: Query;
  readonly headers: RequestHeaders;
  /** Validated against the row's `application/json` shape; undefined where there is none. */
  readonly body: unknown;
  /** Who asks, for histories. */
  readonly by: string;
  /** What the request asks for, or what is usual. */
  readonly timeoutMilliseconds: number;
}

export interface ControlRoute extends RouteDescription {
  /** Another way to the same, for those who guess: the document does not name it. */
  readonly isAlias?: true;
  /** Takes long: as much time as any request may have, unless it asks for less. */
  readonly isLong?: true;
  /** Asks nobody, and is how an operator looks at a node that sheds: always answered. */
  readonly isUnbounded?: true;
  /** Answered whatever parameters it is sent beside its own. */
  readonly ignoresQuery?: true;
  readonly handle: (call: ControlCall) => Promise<HttpReply> | HttpReply;
}
