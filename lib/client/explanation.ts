/** How an answer came about, as the node reports it. See docs/http-api.md, Explained answers. */
import { type Fields, fieldsOf, textField } from './fields.js';

/** Something that was done or met; members beside these say what of it. */
export interface ExplainedStep {
  /** Milliseconds since the request came to the node of the course. */
  readonly at_ms: number;
  readonly did: string;
  readonly node?: string;
  /** Of a question: milliseconds until its answer. */
  readonly took_ms?: number;
  /** Of a question; null: there was none by then. */
  readonly answer?: Readonly<Record<string, unknown>> | null;
  readonly [member: string]: unknown;
}

/** What one node did for the request. */
export interface ExplainedCourse {
  readonly node: string;
  readonly course: string;
  readonly steps: readonly ExplainedStep[];
  readonly [member: string]: unknown;
}

export interface ExplainedAnswer {
  /** That was asked. */
  readonly node: string;
  readonly took_ms: number;
  /** Steps for which there was no room. */
  readonly left_out?: number;
  readonly courses: readonly ExplainedCourse[];
}

/** Undefined where the answer has none. @param fields of the answer */
export function explanationIn({ explain }: Fields): ExplainedAnswer | undefined {
  if (explain === undefined) return undefined;
  const fields = fieldsOf(explain);
  for (const course of listIn(fields, 'courses')) {
    const { course: kind, ...rest } = fieldsOf(course);
    textField({ kind }, 'kind');
    for (const step of listIn(rest, 'steps')) textField(fieldsOf(step), 'did');
  }
  return explain as ExplainedAnswer;
}

function listIn(fields: Fields, name: string): readonly unknown[] {
  const list = fields[name];
  if (!Array.isArray(list)) throw new Error(`${name} is no list`);
  return list;
}
